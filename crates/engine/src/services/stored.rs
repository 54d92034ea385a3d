//! Counts the stored amounts of all projects, at the start and now and then, one slice at a time. It also counts
//! threads that are older than the count of bytes.

use std::{sync::Arc, time::Duration};

use domain::{AttachmentId, ProjectId, Result, ThreadId, project};
use store::{Operation, Tx, op, stored};
use uuid::Uuid;

use super::{Next, Round, Service};
use crate::{
    inner::Inner,
    quotas::{FIRST, Place},
};

/// The place after everything.
const LAST: Place = Place::Attachment(Uuid::max());
/// Rows of one slice.
const SLICE: i64 = 256;
/// Entries of a thread whose bytes are added at once.
const ENTRIES: i64 = 1_000;
/// Pause between two counts. A count corrects the sums by the writes of other servers of the database, and by commits
/// with an unknown outcome.
const EVERY: Duration = Duration::from_secs(6 * 3_600);

#[derive(Default)]
pub struct Stored;

impl Service for Stored {
    const NAME: &'static str = "count of stored bytes";

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        count(inner).await?;
        Ok(Round { did: 0, next: Next::After(EVERY) })
    }
}

async fn count(inner: &Arc<Inner>) -> Result<()> {
    let _alone = inner.quotas.counting.lock().await;
    inner.quotas.begin();
    let mut from = FIRST;
    loop {
        match inner.store.write(Slice { inner: inner.clone(), from }).await? {
            Passed::To(LAST) => break,
            Passed::To(place) => from = place,
            Passed::UpTo(place, thread) => {
                from = place;
                weigh(inner, thread).await?;
            }
        }
    }
    Ok(())
}

enum Passed {
    To(Place),
    /// Up to this place, where an uncounted thread follows.
    UpTo(Place, ThreadId),
}

/// Counts the next slice without writing. It runs in the queue of writes, so that no other commit falls between its
/// read and its hook.
struct Slice {
    inner: Arc<Inner>,
    from: Place,
}

impl Operation for Slice {
    type Out = Passed;

    async fn run(self, tx: &mut Tx) -> Result<Passed> {
        let Self { inner, from: mut to } = self;
        let (mut found, mut uncounted) = (Vec::new(), None);
        while to != LAST {
            let left = SLICE - found.len() as i64;
            let rows = rows(tx, to, left).await?;
            let is_full = rows.len() as i64 == left;
            for Row { place, project, stored } in rows {
                let Some(stored) = stored else {
                    uncounted = Some(place);
                    break;
                };
                found.push((project, stored));
                to = place;
            }
            if is_full || uncounted.is_some() {
                break;
            }
            to = after(to);
        }
        tx.on_commit(move || {
            inner.quotas.pass(to, &found);
            if to == LAST {
                inner.quotas.end();
            }
        });
        Ok(match uncounted {
            Some(Place::Thread(id)) => Passed::UpTo(to, ThreadId(id)),
            _ => Passed::To(to),
        })
    }
}

/// The place where the next kind begins.
fn after(place: Place) -> Place {
    match place {
        Place::Removal(_) => Place::Thread(Uuid::nil()),
        Place::Thread(_) => Place::Attachment(Uuid::nil()),
        Place::Attachment(_) => LAST,
    }
}

struct Row {
    place: Place,
    project: ProjectId,
    /// Absent: not counted yet.
    stored: Option<project::Stored>,
}

async fn rows(tx: &mut Tx, from: Place, most: i64) -> Result<Vec<Row>> {
    let bytes = |bytes| Some(project::Stored { threads: 0, bytes });
    Ok(match from {
        Place::Removal(id) => {
            let rows = stored::of_removals(tx, id, most).await?.into_iter();
            rows.map(|(id, project, sum)| Row { place: Place::Removal(id), project, stored: bytes(sum) }).collect()
        }
        Place::Thread(id) => {
            let rows = stored::of_threads(tx, ThreadId(id), most).await?.into_iter();
            let counted = |sum: Option<i64>| sum.map(|bytes| project::Stored { threads: 1, bytes });
            rows.map(|(id, project, sum)| Row { place: Place::Thread(id.0), project, stored: counted(sum) }).collect()
        }
        Place::Attachment(id) => {
            let rows = stored::of_attachments(tx, AttachmentId(id), most).await?.into_iter();
            rows.map(|(id, project, size)| Row { place: Place::Attachment(id.0), project, stored: bytes(size) })
                .collect()
        }
    })
}

/// Counts the bytes of an uncounted thread: first without its lock, then the rest under its lock.
async fn weigh(inner: &Inner, thread: ThreadId) -> Result<()> {
    let (mut seq, mut bytes) = (0, 0);
    loop {
        let next = op(move |tx| Box::pin(async move { stored::of_entries(tx, thread, seq, ENTRIES).await }));
        if let Some((last, more)) = inner.store.read(next).await? {
            (seq, bytes) = (last, bytes + more);
        }
        if inner.store.write(op(move |tx| Box::pin(async move { fill(tx, thread, seq, bytes).await }))).await? {
            return Ok(());
        }
    }
}

/// Adds the entries since the first count. `false` if there are too many for holding the lock.
async fn fill(tx: &mut Tx, thread: ThreadId, seq: i64, bytes: i64) -> Result<bool> {
    let Some((project, last_seq, metadata)) = stored::lock(tx, thread).await? else { return Ok(true) };
    if last_seq - seq > ENTRIES {
        return Ok(false);
    }
    let rest = stored::of_entries(tx, thread, seq, ENTRIES).await?.map_or(0, |(_, bytes)| bytes);
    let beside = stored::beside(tx, project, thread).await?;
    stored::fill(tx, thread, bytes + rest + metadata + beside).await?;
    Ok(true)
}
