//! Stored bytes.

use domain::{
    AttachmentId, Map, ProjectId, Result, StoredSecret, ThreadId, attachment::Attachment, overrides::Overrides,
    variables::Variables,
};
use store::{Tx, attachments, extras, forks, log, messages, overrides, removals, stored, threads, variables};
use uuid::Uuid;

use super::log::{AT, entry, thread};
use crate::samples::id;

super::in_a_transaction! {
    an_append_adds_its_bytes_to_the_threads
    a_thread_of_before_is_counted_once
    what_is_stored_is_found_in_the_order_of_ids
}

const NOTHING: ThreadId = ThreadId(Uuid::nil());

/// The count of the thread's entries, one at a time.
async fn counted(tx: &mut Tx, thread: ThreadId) -> Result<i64> {
    let (mut sum, mut after) = (0, 0);
    while let Some((last, bytes)) = stored::of_entries(tx, thread, after, 1).await? {
        (sum, after) = (sum + bytes, last);
    }
    Ok(sum)
}

async fn an_append_adds_its_bytes_to_the_threads(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    assert_eq!(stored::of_thread(tx, head.id).await?, Some(0));
    let entries = vec![entry(&mut head, None, None), entry(&mut head, Some("Grüße"), None)];
    let sizes = log::append(tx, &head, &entries, 7).await?;
    let sum = sizes.iter().sum::<usize>() as i64;
    assert_eq!(stored::of_thread(tx, head.id).await?, Some(sum + 7));
    assert_eq!(counted(tx, head.id).await?, sum);
    assert_eq!(stored::of_entry(tx, head.id, 2).await?, sizes[1] as i64);
    assert_eq!(stored::of_entry(tx, head.id, 3).await?, 0, "there is none");
    stored::grow(tx, head.id, -7).await?;
    assert_eq!(stored::of_thread(tx, head.id).await?, Some(sum));
    let mut message = entries[1].message.clone().unwrap();
    message.body.client_id = Some("x".into());
    messages::save(tx, &message).await?;
    let is = store::json(&message.body)?.len() as i64;
    assert_eq!(stored::of_entry(tx, head.id, 2).await?, sizes[1] as i64 + is, "what it said is kept, too");
    assert_eq!(stored::of_thread(tx, NOTHING).await?, None);
    Ok(())
}

async fn a_thread_of_before_is_counted_once(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    tx.execute("UPDATE threads SET stored_bytes = NULL", &[]).await?;
    let entries = vec![entry(&mut head, Some("a"), None)];
    log::append(tx, &head, &entries, 0).await?;
    assert_eq!(stored::of_thread(tx, head.id).await?, None, "nobody knows yet");
    let metadata = store::json(&head.metadata)?.len() as i64;
    assert_eq!(stored::lock(tx, head.id).await?, Some((head.project, 1, metadata)));
    assert_eq!(stored::lock(tx, NOTHING).await?, None);
    stored::fill(tx, head.id, 40).await?;
    stored::fill(tx, head.id, 50).await?;
    assert_eq!(stored::of_thread(tx, head.id).await?, Some(40));

    let (project, thread) = (head.project, head.id);
    assert_eq!(stored::beside(tx, project, thread).await?, 0);
    let own = Overrides { instructions: Some("Be brief".into()), ..Overrides::default() };
    let set: Map = serde_json::from_str(r#"{"a":"ü"}"#).unwrap();
    let filled: Variables = [("name".to_owned(), "Ann".to_owned())].into_iter().collect();
    overrides::save(tx, project, thread, &own).await?;
    extras::save(tx, project, thread.0, &StoredSecret::new(store::json(&set)?)).await?;
    variables::set(tx, project, thread, &filled).await?;
    let sum = store::json(&own)?.len() + store::json(&set)?.len() + store::json(&filled)?.len();
    assert_eq!(stored::beside(tx, project, thread).await?, sum as i64);
    Ok(())
}

async fn what_is_stored_is_found_in_the_order_of_ids(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let mut heads = [thread(project), thread(forks::NOBODY), thread(project)];
    heads.sort_by_key(|head| head.id);
    for head in &heads {
        threads::insert(tx, head).await?;
        stored::grow(tx, head.id, 5).await?;
        if head.project == forks::NOBODY {
            let from = ThreadId(id());
            let fork = forks::Fork { thread: head.id, project, from, last_seq: 9, copied_seq: 4 };
            forks::insert(tx, &fork, AT).await?;
        }
    }
    let ids = heads.each_ref().map(|head| head.id);
    assert_eq!(stored::of_threads(tx, NOTHING, 2).await?, [(ids[0], project, Some(5)), (ids[1], project, Some(5))]);
    assert_eq!(stored::of_threads(tx, ids[1], 2).await?, [(ids[2], project, Some(5))]);
    assert_eq!(removals::begin(tx, project, ids[0], AT).await?, 5);
    assert_eq!(stored::of_removals(tx, NOTHING.0, 2).await?, [(ids[0].0, project, 5)]);
    assert_eq!(stored::of_removals(tx, ids[0].0, 2).await?, []);
    let file = Attachment {
        id: AttachmentId(id()),
        project,
        hash: [7; 32],
        name: "a".into(),
        media_type: "text/plain".into(),
        size_bytes: 12,
        created_at: AT,
        thread: None,
    };
    attachments::insert(tx, &file).await?;
    let none = AttachmentId(Uuid::nil());
    assert_eq!(stored::of_attachments(tx, none, 2).await?, [(file.id, project, 12)]);
    assert_eq!(stored::of_attachments(tx, file.id, 2).await?, []);
    Ok(())
}
