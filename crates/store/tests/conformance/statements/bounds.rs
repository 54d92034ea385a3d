//! Answers of bounded size: rows that fit exactly are taken, and the answer tells whether more follow.

use domain::{
    AgentId, ProjectId, Result, ThreadId, Timestamp,
    agent::{Agent, Settings},
    message::Message,
    thread::Thread,
};
use store::{
    Bound, Fitted, Tx, agents,
    events::{self, Stretch as Entries},
    log,
    messages::{self, Side},
    receipts,
    threads::{self, Filter, Stretch},
};

use super::log::{entry, thread};
use crate::samples::id;

super::in_a_transaction! {
    pages_of_a_log_end_at_their_bytes
    pages_of_other_rows_end_at_their_bytes
    a_page_is_found_by_its_number
    an_append_says_how_large_its_entries_are
}

/// A list of four rows.
#[derive(Clone, Copy, Debug)]
enum List {
    Messages(ThreadId, Side, bool),
    Entries(ThreadId, bool),
    Poll(ProjectId, ThreadId),
    Search(ProjectId),
    Numbered(ThreadId),
    Receipts(ThreadId),
    Agents(ProjectId),
    Threads(ProjectId),
}

/// The sizes of the taken rows, and whether more follow.
fn told<T>(found: Fitted<T>) -> (Vec<usize>, bool) {
    assert_eq!(found.rows.len(), found.sizes.len());
    assert_eq!(found.bytes(), found.sizes.iter().sum::<usize>() as i64);
    (found.sizes, found.more)
}

async fn read(tx: &mut Tx, list: List, bound: Bound) -> Result<(Vec<usize>, bool)> {
    Ok(match list {
        List::Messages(thread, side, listed) => told(messages::page(tx, thread, side, listed, bound).await?),
        List::Entries(thread, newest_first) => {
            told(events::stretch(tx, thread, Entries::above(0), newest_first, bound).await?)
        }
        List::Poll(project, thread) => {
            told(messages::listed_since(tx, project, thread, None, i64::MAX, bound).await?.unwrap().1)
        }
        List::Search(project) => told(messages::of_project(tx, project, (None, None), bound).await?),
        List::Numbered(thread) => told(messages::listed_at(tx, thread, 0, bound).await?),
        List::Receipts(thread) => told(receipts::listed_before(tx, thread, i64::MAX, (None, None), bound).await?),
        List::Agents(project) => told(agents::list(tx, project, true, None, bound).await?),
        List::Threads(project) => {
            told(threads::list(tx, project, &Filter::default(), Stretch::default(), bound).await?)
        }
    })
}

/// All cases of a bound, at its edge.
async fn check(tx: &mut Tx, list: List) -> Result<()> {
    let (sizes, more) = read(tx, list, Bound::rows(9)).await?;
    assert_eq!((sizes.len(), more), (4, false), "{list:?}");
    let [first, second, third, last] = [0, 1, 2, 3].map(|i| i64::try_from(sizes[i]).unwrap());
    assert!(sizes.iter().all(|size| *size > 80), "{list:?}: {sizes:?}");
    let whole = first + second + third + last;
    for (bound, expected) in [
        (Bound::page(9, whole), (4, false)),
        (Bound::page(9, whole - 1), (3, true)),
        (Bound::page(9, first + second), (2, true)),
        (Bound::page(9, first + second - 1), (1, true)),
        (Bound::page(9, 0), (1, true)),
        (Bound::rest(9, first), (1, true)),
        (Bound::rest(9, first - 1), (0, true)),
        (Bound::page(2, i64::MAX), (2, true)),
        (Bound::page(4, i64::MAX), (4, false)),
    ] {
        if matches!(list, List::Poll(..)) && expected.0 == 0 {
            // It also tells whether the thread exists, and so has at least one row.
            continue;
        }
        let (found, more) = read(tx, list, bound).await?;
        assert_eq!((found.len(), more), expected, "{list:?}: {bound:?}");
        assert_eq!(found, sizes[..found.len()], "{list:?}: {bound:?}");
    }
    Ok(())
}

/// A thread with four messages of different lengths, and entries between them that are none.
async fn said(tx: &mut Tx) -> Result<(Thread, Vec<Message>)> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let texts = [100, 90, 80, 120].map(|length| "Ä".repeat(length));
    let entries: Vec<_> = texts.iter().map(|text| entry(&mut head, Some(text), None)).collect();
    log::append(tx, &head, &entries, 0).await?;
    Ok((head, entries.into_iter().filter_map(|entry| entry.message).collect()))
}

async fn pages_of_a_log_end_at_their_bytes(tx: &mut Tx) -> Result<()> {
    let (head, said) = said(tx).await?;
    let (thread, project) = (head.id, head.project);
    for flag in [false, true] {
        check(tx, List::Messages(thread, Side::Above(0), flag)).await?;
        check(tx, List::Messages(thread, Side::Below(i64::MAX), flag)).await?;
        check(tx, List::Entries(thread, flag)).await?;
    }
    for list in [List::Poll(project, thread), List::Search(project), List::Numbered(thread), List::Receipts(thread)] {
        check(tx, list).await?;
    }
    let found = messages::page(tx, thread, Side::Below(i64::MAX), false, Bound::page(2, i64::MAX)).await?;
    assert_eq!(found.rows, [said[3].clone(), said[2].clone()], "the newest first");
    Ok(())
}

async fn pages_of_other_rows_end_at_their_bytes(tx: &mut Tx) -> Result<()> {
    let project = ProjectId(id());
    for number in 1..=4 {
        threads::insert(tx, &Thread { title: Some("x".repeat(100 + number)), ..thread(project) }).await?;
        let at = Timestamp(1);
        let instructions = "x".repeat(100 + number);
        let agent = Agent {
            id: AgentId(id()),
            project,
            number: number as i64,
            name: format!("agent-{number}"),
            settings: Settings { instructions, ..Settings::default() },
            created_at: at,
            updated_at: at,
            archived_at: None,
            guest_id: None,
        };
        assert!(agents::insert(tx, &agent).await?);
    }
    check(tx, List::Agents(project)).await?;
    check(tx, List::Threads(project)).await
}

async fn a_page_is_found_by_its_number(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let mut listed = Vec::new();
    // In appends of different lengths, with entries between that are not listed.
    for length in [1, 100, 27, 1, 150, 120, 2].into_iter() {
        let entries: Vec<_> = (0..length)
            .flat_map(|_| {
                [entry(&mut head, Some("a"), None), entry(&mut head, None, None), entry(&mut head, Some(""), None)]
            })
            .collect();
        listed.extend(entries.iter().filter(|e| e.message.as_ref().is_some_and(|m| m.body.is_listed())).map(|e| e.seq));
        log::append(tx, &head, &entries, 0).await?;
    }
    assert_eq!((head.listed, listed.len()), (401, 401));
    assert_eq!(threads::find(tx, head.project, head.id).await?.unwrap().listed, 401);
    for offset in [0, 1, 126, 127, 128, 129, 255, 256, 257, 383, 384, 385, 399, 400] {
        let found = messages::listed_at(tx, head.id, offset as i64, Bound::rows(3)).await?;
        let seqs: Vec<i64> = found.rows.iter().map(|message| message.seq).collect();
        assert_eq!(seqs, listed[offset..(offset + 3).min(401)], "{offset}");
        assert_eq!(found.more, offset + 3 < 401, "{offset}");
    }
    assert_eq!(messages::listed_at(tx, ThreadId(id()), 0, Bound::rows(3)).await?.rows, []);
    super::bounded::remove(tx, head.project, head.id).await?;
    let left = tx.query::<i64>("SELECT number FROM listed_marks WHERE thread_id = ?1", &[&head.id]).await?;
    assert!(left.is_empty(), "{left:?}");
    Ok(())
}

async fn an_append_says_how_large_its_entries_are(tx: &mut Tx) -> Result<()> {
    let mut head = thread(ProjectId(id()));
    threads::insert(tx, &head).await?;
    let entries = [entry(&mut head, None, None), entry(&mut head, Some("Äh \"x\""), None)];
    let sizes = log::append(tx, &head, &entries, 0).await?;
    let [event, body] =
        [store::json(&entries[1].event).unwrap(), store::json(&entries[1].message.as_ref().unwrap().body).unwrap()];
    assert_eq!(sizes, [store::json(&entries[0].event).unwrap().len(), event.len() + body.len()]);
    Ok(())
}
