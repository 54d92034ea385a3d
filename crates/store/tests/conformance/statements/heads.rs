//! Heads as an inbox lists them, how far members have read, and saved replies.

use domain::{
    MemberId, ProjectId, Result, SavedReplyId, ThreadId,
    handling::{People, Unanswered, Wanted},
    project::SavedReply,
    thread::Thread,
};
use store::{
    Bound, Tx, saved_replies, seen,
    testing::Scratch,
    threads::{self, Filter, Latest, awaited_place},
};

use super::log::{AT, thread};
use crate::samples::id;

super::in_a_transaction! {
    awaited_threads_are_listed_by_how_long_their_customers_wait
    threads_that_moved_are_listed_by_their_newest_entries
    the_latest_threads_are_listed_by_their_newest_entries
    members_have_read_as_far_as_their_furthest_mark
    saved_replies_have_names_of_their_own
}

fn held(project: ProjectId, since_s: Option<i64>) -> Thread {
    let unanswered = since_s.map(|s| Unanswered { since: AT.plus_s(s), seq: 1 });
    Thread { people: People { held_since: Some(AT), unanswered, ..People::default() }, ..thread(project) }
}

async fn awaited_threads_are_listed_by_how_long_their_customers_wait(tx: &mut Tx) -> Result<()> {
    let (project, foreign) = (ProjectId(id()), ProjectId(id()));
    let (late, early, answered) = (held(project, Some(20)), held(project, Some(10)), held(project, None));
    let same = held(project, Some(20));
    let mut wanted = thread(project);
    wanted.people.wanted = Some(Wanted { by: None, reason: "x".into(), at: AT, until: None });
    let mut alone = thread(project);
    alone.people.unanswered = early.people.unanswered;
    for head in [&late, &early, &answered, &same, &wanted, &alone, &held(foreign, Some(1))] {
        threads::insert(tx, head).await?;
    }
    let expected = [&early, &late, &same, &answered, &wanted].map(|head| head.id);
    let mut found: Vec<ThreadId> = Vec::new();
    let mut after = None;
    for _ in 0..3 {
        let page = threads::awaited(tx, project, &Filter::default(), after, Bound::rows(2)).await?;
        assert_eq!(page.more, found.len() < 4);
        after = page.rows.last().map(awaited_place);
        found.extend(page.rows.iter().map(|head| head.id));
    }
    assert_eq!(found, expected);
    let filter = Filter { wanted: Some(true), ..Filter::default() };
    let page = threads::awaited(tx, project, &filter, None, Bound::rows(9)).await?;
    assert_eq!(page.rows, [wanted]);
    Ok(())
}

#[tokio::test]
async fn an_index_serves_the_list_of_awaited_threads() {
    let db = Scratch::sqlite().await;
    let plan = db.store.read(store::op(|tx| Box::pin(threads::plan_of_awaited(tx)))).await.unwrap();
    assert!(plan[0].contains("SEARCH threads USING INDEX threads_awaited"), "{plan:?}");
    assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY")), "{plan:?}");
}

async fn threads_that_moved_are_listed_by_their_newest_entries(tx: &mut Tx) -> Result<()> {
    let (project, foreign) = (ProjectId(id()), ProjectId(id()));
    let at = |s: i64, project| Thread { last_at: AT.plus_s(s), ..thread(project) };
    let [old, newer, newest] = [0, 700, 1_400].map(|s| at(s, project));
    for head in [&newest, &old, &newer, &at(900, foreign)] {
        threads::insert(tx, head).await?;
    }
    let since = |s: i64| AT.plus_s(s);
    assert_eq!(threads::moved(tx, project, since(-1), 9).await?, [old, newer.clone(), newest.clone()]);
    assert_eq!(threads::moved(tx, project, since(0), 1).await?, [newer]);
    assert_eq!(threads::moved(tx, project, since(700), 9).await?, [newest]);
    assert_eq!(threads::moved(tx, project, since(1_400), 9).await?, []);
    Ok(())
}

async fn the_latest_threads_are_listed_by_their_newest_entries(tx: &mut Tx) -> Result<()> {
    let (project, foreign) = (ProjectId(id()), ProjectId(id()));
    let at = |s: i64, project| Thread { last_at: AT.plus_s(s), ..thread(project) };
    // The third has the time of the second, and two are in the same ten minutes.
    let [old, one, same, newest] = [0, 700, 700, 1_400].map(|s| at(s, project));
    for head in [&newest, &old, &one, &same, &at(900, foreign)] {
        threads::insert(tx, head).await?;
    }
    let mut expected = [&newest, &one, &same, &old].map(|head| (head.last_at, head.id));
    expected.sort_unstable();
    expected.reverse();
    let (mut found, mut before) = (Vec::new(), None);
    for _ in 0..4 {
        let page = threads::latest(tx, project, &Filter::default(), before, Bound::rows(1)).await?;
        assert_eq!(page.more, found.len() < 3);
        found.extend(page.rows.iter().map(|head| (head.last_at, head.id)));
        before = page.rows.last().map(|last| Latest { at: last.last_at, thread: last.id });
    }
    assert_eq!(found, expected);
    let filter = Filter { wanted: Some(true), ..Filter::default() };
    assert_eq!(threads::latest(tx, project, &filter, None, Bound::rows(9)).await?.rows, []);
    Ok(())
}

async fn members_have_read_as_far_as_their_furthest_mark(tx: &mut Tx) -> Result<()> {
    let (project, foreign) = (ProjectId(id()), ProjectId(id()));
    let (ann, ben) = (MemberId(id()), MemberId(id()));
    let head = thread(project);
    threads::insert(tx, &head).await?;
    assert_eq!(seen::put(tx, foreign, (head.id, ann), 3, AT).await?, 0);
    assert_eq!(seen::put(tx, project, (head.id, ann), 3, AT).await?, 1);
    assert_eq!(seen::put(tx, project, (head.id, ann), 2, AT).await?, 0, "an earlier entry");
    assert_eq!(seen::find(tx, project, head.id, ann).await?, Some(3));
    assert_eq!(seen::put(tx, project, (head.id, ann), 4, AT).await?, 1);
    assert_eq!(seen::find(tx, project, head.id, ann).await?, Some(4));
    assert_eq!(seen::find(tx, project, head.id, ben).await?, None);
    assert_eq!(seen::find(tx, foreign, head.id, ann).await?, None);
    store::removals::begin(tx, project, head.id, AT).await?;
    threads::insert(tx, &head).await?;
    assert_eq!(seen::find(tx, project, head.id, ann).await?, None, "removed with its thread");
    Ok(())
}

async fn saved_replies_have_names_of_their_own(tx: &mut Tx) -> Result<()> {
    let (project, foreign) = (ProjectId(id()), ProjectId(id()));
    let reply = |name: &str, project| {
        let (id, text) = (SavedReplyId(id()), "Hello é.".to_owned());
        SavedReply { id, project, name: name.into(), text, created_at: AT, updated_at: AT }
    };
    let (mut b, a) = (reply("b", project), reply("B", project));
    assert!(saved_replies::insert(tx, &b).await? && saved_replies::insert(tx, &a).await?);
    assert!(!saved_replies::insert(tx, &reply("b", project)).await?);
    assert!(saved_replies::insert(tx, &reply("b", foreign)).await?);
    assert_eq!(saved_replies::list(tx, project, None, 9).await?, [a.clone(), b.clone()]);
    assert_eq!(saved_replies::list(tx, project, Some("B"), 9).await?, [b.clone()]);
    assert_eq!(saved_replies::list(tx, project, None, 1).await?, [a]);
    assert_eq!(saved_replies::count(tx, project).await?, 2);
    assert_eq!(saved_replies::find_by_name(tx, project, "b").await?, Some(b.clone()));
    assert_eq!(saved_replies::find_by_name(tx, project, "c").await?, None);
    b = SavedReply { name: "c".into(), text: "x".into(), updated_at: AT.plus_s(1), ..b };
    assert_eq!(saved_replies::save(tx, &b).await?, 1);
    assert_eq!(saved_replies::lock(tx, project, b.id).await?, Some(b.clone()));
    assert_eq!(saved_replies::find(tx, foreign, b.id).await?, None);
    assert_eq!(saved_replies::delete(tx, foreign, b.id).await?, 0);
    assert_eq!(saved_replies::delete(tx, project, b.id).await?, 1);
    assert_eq!(saved_replies::find(tx, project, b.id).await?, None);
    Ok(())
}
