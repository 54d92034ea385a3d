//! The index of searches.

use domain::{
    MessageId, ProjectId, Result, ThreadId, Timestamp, fold,
    message::Message,
    project::Project,
    thread::Thread,
    trigrams::{self, Kind},
};
use store::{
    Bound, Tx, forks, log, projects, removals,
    search::{self, Doc, Indexed, Late},
    threads,
};
use uuid::Uuid;

use super::log::{AT, entry, thread};
use crate::samples::id;

super::in_a_transaction! {
    a_project_is_indexed_as_far_as_it_says
    a_project_is_behind_while_a_message_or_a_title_is_not_indexed
    a_text_is_found_by_its_tokens_within_its_project
    a_text_is_replaced_and_goes_with_its_thread
    what_is_not_indexed_is_read_in_order
    a_late_text_is_kept_until_it_is_indexed_as_noted
    messages_are_read_by_their_ids
}

/// A thread of a project with messages of these texts.
async fn said(tx: &mut Tx, project: ProjectId, texts: &[&str]) -> Result<(Thread, Vec<Message>)> {
    let mut head = thread(project);
    threads::insert(tx, &head).await?;
    let entries: Vec<_> = texts.iter().map(|text| entry(&mut head, Some(text), None)).collect();
    log::append(tx, &head, &entries, 0).await?;
    Ok((head, entries.into_iter().filter_map(|entry| entry.message).collect()))
}

async fn begun(tx: &mut Tx) -> Result<(ProjectId, Indexed)> {
    let project = ProjectId(id());
    search::begin(tx, project).await?;
    let indexed = search::of_project(tx, project).await?.expect("it has begun");
    Ok((project, indexed))
}

async fn index(tx: &mut Tx, number: i64, message: &Message) -> Result<()> {
    let tokens = trigrams::of_text(number, Kind::Message, &message.body.plain_text());
    search::put(tx, &[(Doc::message(message), tokens)]).await
}

async fn find(tx: &mut Tx, number: i64, text: &str) -> Result<Vec<i64>> {
    let tokens = trigrams::of_search(number, Kind::Message, &fold::fold(text));
    let wide = trigrams::wide(number, Kind::Message);
    let mut found: Vec<i64> = search::matching(tx, &tokens, &wide, 100).await?.into_iter().map(|doc| doc.seq).collect();
    found.sort_unstable();
    Ok(found)
}

async fn a_project_is_indexed_as_far_as_it_says(tx: &mut Tx) -> Result<()> {
    assert_eq!(search::of_project(tx, ProjectId(id())).await?, None);
    assert_eq!(search::newest(tx).await?, None);
    let (project, indexed) = begun(tx).await?;
    let (other, others) = begun(tx).await?;
    assert_eq!((indexed.number, others.number), (1, 2), "numbers are given once");
    assert_eq!((indexed.messages_to, indexed.titles_to), (MessageId(Uuid::nil()), ThreadId(Uuid::nil())));
    search::begin(tx, project).await?;
    assert_eq!(search::lock(tx, project).await?, Some(indexed), "a second begin changes nothing");
    let to = Indexed { messages_to: MessageId(id()), titles_to: ThreadId(id()), ..indexed };
    search::advance(tx, project, to).await?;
    assert_eq!(search::of_project(tx, project).await?, Some(to));
    assert_eq!(search::of_project(tx, other).await?, Some(others));
    assert_eq!(search::newest(tx).await?, Some(to.messages_to.0.max(to.titles_to.0)));
    Ok(())
}

async fn a_project_is_behind_while_a_message_or_a_title_is_not_indexed(tx: &mut Tx) -> Result<()> {
    let mut all = Vec::new();
    for name in ["one", "two", "empty"] {
        let project = Project { id: ProjectId(id()), name: name.into(), created_at: AT, budgets: Vec::new() };
        assert!(projects::insert(tx, &project).await?);
        all.push(project.id);
    }
    all.sort_unstable();
    let (head, messages) = said(tx, all[0], &["a", "b"]).await?;
    said(tx, all[1], &["c"]).await?;
    let end = Uuid::max();
    assert_eq!(search::behind(tx, None, end, 10).await?, all[..2]);
    assert_eq!(search::behind(tx, None, end, 1).await?, all[..1]);
    assert_eq!(search::behind(tx, Some(all[0]), end, 10).await?, all[1..2]);
    assert_eq!(search::behind(tx, None, Uuid::nil(), 10).await?, [], "nothing is old enough");
    search::begin(tx, all[0]).await?;
    let begun = search::of_project(tx, all[0]).await?.expect("it has begun");
    let half = Indexed { messages_to: messages[0].id, titles_to: head.id, ..begun };
    search::advance(tx, all[0], half).await?;
    assert_eq!(search::behind(tx, None, end, 10).await?, all[..2], "a message is left");
    search::advance(tx, all[0], Indexed { messages_to: messages[1].id, ..begun }).await?;
    assert_eq!(search::behind(tx, None, end, 10).await?, all[..2], "a title is left");
    search::advance(tx, all[0], Indexed { messages_to: messages[1].id, ..half }).await?;
    assert_eq!(search::behind(tx, None, end, 10).await?, all[1..2]);
    assert_eq!(search::ends(tx, all[0]).await?, Some((messages[0].id, messages[1].id)));
    assert_eq!(search::ends(tx, all[2]).await?, None);
    Ok(())
}

async fn a_text_is_found_by_its_tokens_within_its_project(tx: &mut Tx) -> Result<()> {
    let ((one, of_one), (other, of_other)) = (begun(tx).await?, begun(tx).await?);
    let texts = ["The Änderung is in", "nothing", "ÄNDERUNG", "100% \"quoted\" (x) OR *", "漢字かな", "🇩🇪🇫🇷"];
    for (project, number) in [(one, of_one.number), (other, of_other.number)] {
        for message in said(tx, project, &texts).await?.1 {
            index(tx, number, &message).await?;
        }
    }
    let number = of_one.number;
    for (sought, expected) in [
        ("änderung", vec![1, 3]),
        ("nder", vec![1, 3]),
        ("\"quoted\" (x) OR *", vec![4]),
        ("字かな", vec![5]),
        ("🇩🇪🇫🇷", vec![6]),
        ("absent", vec![]),
    ] {
        assert_eq!(find(tx, number, sought).await?, expected, "{sought}");
    }
    assert_eq!(find(tx, 3, "änderung").await?, Vec::<i64>::new(), "the number of no project");
    let tokens = trigrams::of_search(number, Kind::Message, "der");
    let wide = trigrams::wide(number, Kind::Message);
    assert_eq!(search::matching(tx, &tokens, &wide, 1).await?.len(), 1);
    let (_, huge) = said(tx, one, &["huge"]).await?;
    search::put(tx, &[(Doc::message(&huge[0]), vec![wide])]).await?;
    assert_eq!(find(tx, number, "absent").await?, [1], "a text with too many tokens is always found");
    Ok(())
}

async fn a_text_is_replaced_and_goes_with_its_thread(tx: &mut Tx) -> Result<()> {
    let (project, Indexed { number, .. }) = begun(tx).await?;
    let (head, messages) = said(tx, project, &["first words", "other words"]).await?;
    let (_, kept) = said(tx, project, &["words", "to stay", "here are words"]).await?;
    for message in messages.iter().chain(&kept) {
        index(tx, number, message).await?;
    }
    let title = trigrams::of_text(number, Kind::Title, "Title of words");
    search::put(tx, &[(Doc::title(head.id), title.clone())]).await?;
    assert_eq!(find(tx, number, "words").await?, [1, 1, 2, 3]);
    let wide = trigrams::wide(number, Kind::Title);
    assert_eq!(search::matching(tx, &title, &wide, 10).await?, [Doc::title(head.id)]);
    search::put(tx, &[(Doc::message(&messages[0]), trigrams::of_text(number, Kind::Message, "changed"))]).await?;
    assert_eq!(find(tx, number, "words").await?, [1, 2, 3], "the former text is gone");
    assert_eq!(find(tx, number, "changed").await?, [1]);
    search::put(tx, &[(Doc::message(&messages[0]), Vec::new())]).await?;
    assert_eq!(find(tx, number, "changed").await?, Vec::<i64>::new());

    search::note_late(tx, project, &[Doc::title(head.id)]).await?;
    removals::begin(tx, project, head.id, AT).await?;
    assert_eq!(search::late(tx, 10).await?, []);
    assert!(removals::step(tx, head.id.0, 1, 1 << 20).await?, "one entry");
    assert_eq!(search::matching(tx, &title, &wide, 10).await?, [], "the title goes with the first");
    assert_eq!(find(tx, number, "words").await?, [1, 2, 3]);
    assert!(removals::step(tx, head.id.0, 1, 1 << 20).await?, "the other");
    assert_eq!(find(tx, number, "words").await?, [1, 3], "in the step of its entry");
    let rows: Option<i64> = tx.query_opt("SELECT COUNT(*) FROM search_rows WHERE thread_id = ?1", &[&head.id]).await?;
    assert_eq!(rows, Some(0));
    Ok(())
}

async fn what_is_not_indexed_is_read_in_order(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let (head, messages) = said(tx, project, &["a", "bb", "c"]).await?;
    let (gone, _) = said(tx, project, &["gone"]).await?;
    let (_, foreign) = said(tx, ProjectId(id()), &["foreign"]).await?;
    removals::begin(tx, project, gone.id, AT).await?;
    let (mut unfinished, nil, end) = (thread(forks::NOBODY), MessageId(Uuid::nil()), Uuid::max());
    threads::insert(tx, &unfinished).await?;
    let fork = forks::Fork { thread: unfinished.id, project, from: head.id, last_seq: 3, copied_seq: 0 };
    forks::insert(tx, &fork, AT).await?;
    let copied = entry(&mut unfinished, Some("copied"), None);
    log::append(tx, &unfinished, std::slice::from_ref(&copied), 0).await?;

    let ids = |rows: &[Message]| rows.iter().map(|message| message.id).collect::<Vec<_>>();
    let bound = Bound::rows(10);
    let found = search::unindexed(tx, project, nil, end, bound).await?;
    let mut expected = ids(&messages);
    expected.push(copied.message.expect("a message").id);
    assert_eq!((ids(&found.rows), found.more), (expected.clone(), false), "an unfinished fork's too, not a deleted's");
    let found = search::unindexed(tx, project, messages[0].id, messages[2].id.0, bound).await?;
    assert_eq!(ids(&found.rows), [messages[1].id]);
    let found = search::unindexed(tx, project, nil, end, Bound::page(10, 1)).await?;
    assert_eq!((ids(&found.rows), found.more), (vec![messages[0].id], true));

    let titles = search::untitled(tx, project, ThreadId(Uuid::nil()), end, 10).await?;
    assert_eq!(titles, [(head.id, None)]);
    assert_eq!(search::untitled(tx, project, head.id, end, 10).await?, []);
    assert_eq!(search::untitled(tx, project, ThreadId(Uuid::nil()), head.id.0, 10).await?, []);
    assert_eq!(search::threads_above(tx, project, ThreadId(Uuid::nil()), 10).await?, [head.id]);
    assert_eq!(search::threads_above(tx, project, head.id, 10).await?, []);

    let above = search::messages_above(tx, project, messages[1].id, 10).await?;
    assert!(above.contains(&Doc::message(&messages[2])) && !above.contains(&Doc::message(&messages[1])));
    assert_eq!(search::messages_above(tx, project, nil, 1).await?.len(), 1);
    assert_eq!(search::said(tx, project, head.id, 2).await?.as_ref(), Some(&messages[1]));
    assert_eq!(search::said(tx, project, head.id, 4).await?, None);
    assert_eq!(search::said(tx, project, gone.id, 1).await?, None);
    assert_eq!(search::said(tx, project, foreign[0].thread, 1).await?, None);
    Ok(())
}

async fn a_late_text_is_kept_until_it_is_indexed_as_noted(tx: &mut Tx) -> Result<()> {
    let (project, other) = (ProjectId(id()), ProjectId(id()));
    let doc = |seq| Doc { thread: ThreadId(id()), seq, id: id() };
    let (message, title, foreign) = (doc(4), doc(0), doc(1));
    search::note_late(tx, project, &[message, title]).await?;
    search::note_late(tx, other, &[foreign]).await?;
    search::note_late(tx, project, &[message]).await?;
    assert_eq!(search::late_of_project(tx, project, false, 10).await?, [message]);
    assert_eq!(search::late_of_project(tx, project, true, 10).await?, [title]);
    assert_eq!(search::late_of_project(tx, project, true, 0).await?, []);
    let all = search::late(tx, 10).await?;
    assert_eq!(all.len(), 3);
    assert_eq!(search::late(tx, 2).await?, all[..2]);
    search::forget_late(tx, &Late { project, doc: message, noted: 1 }).await?;
    assert_eq!(search::late_of_project(tx, project, false, 10).await?, [message], "it was noted again");
    search::forget_late(tx, &Late { project, doc: message, noted: 2 }).await?;
    assert_eq!(search::late_of_project(tx, project, false, 10).await?, []);
    assert_eq!(search::late(tx, 10).await?.len(), 2);
    Ok(())
}

async fn messages_are_read_by_their_ids(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    let (_, messages) = said(tx, project, &["a", "b", "c"]).await?;
    let (gone, left) = said(tx, project, &["gone"]).await?;
    let (_, foreign) = said(tx, ProjectId(id()), &["foreign"]).await?;
    removals::begin(tx, project, gone.id, Timestamp(1)).await?;
    let ids = [messages[0].id, left[0].id, messages[2].id, foreign[0].id, MessageId(id())];
    let found = search::by_ids(tx, project, &ids, Bound::rows(10)).await?;
    assert_eq!((found.rows, found.more), (vec![messages[2].clone(), messages[0].clone()], false));
    let found = search::by_ids(tx, project, &ids, Bound::page(10, 1)).await?;
    assert_eq!((found.rows, found.more), (vec![messages[2].clone()], true));
    assert_eq!(search::by_ids(tx, project, &[], Bound::rows(10)).await?.rows, []);
    Ok(())
}
