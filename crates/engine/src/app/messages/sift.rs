//! A log looked through for the entries that somebody wants.
//!
//! One look reads no more than [`domain::Limits::search_scan`] entries, or [`domain::Limits::search_bytes`] of their text, and says what
//! it has left.

use domain::{Caller, Result, ThreadId, caller::Scope, event::Entry};
pub use store::events::Stretch;
use store::{Bound, Fitted, Operation, Tx};

use crate::{App, app::access::bounds};

/// What is looked through, and how much is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sift {
    pub stretch: Stretch,
    pub newest_first: bool,
    /// Every entry is wanted: then no more is read than is taken.
    pub every: bool,
    pub limit: i64,
    /// Of the entries that are taken.
    pub bytes: i64,
    /// Whether the first one is taken however large it is.
    pub one_at_least: bool,
}

/// What was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Sifted {
    pub entries: Vec<Entry>,
    pub bytes: i64,
    /// Whether no more may be taken: what is left begins with an entry that is wanted.
    pub full: bool,
    /// What was not looked at, or not taken, in the same order. Absent: nothing of it is wanted.
    pub rest: Option<Stretch>,
}

/// Entries read at once, and their bytes.
const ROWS: i64 = 256;
const BYTES: i64 = 1 << 20;

impl App {
    /// The first entries of a stretch that `is` true of.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    pub async fn sift_events(
        &self,
        caller: &Caller,
        thread: ThreadId,
        sift: Sift,
        is: impl Fn(&Entry) -> bool + Send + 'static,
    ) -> Result<Sifted> {
        caller.require_of_agent(Scope::Read)?;
        let left = Left { entries: self.limits.search_scan as i64, bytes: self.limits.search_bytes as i64 };
        let look = Look { caller: caller.clone(), thread, sift, left, is };
        if sift.every { self.store.read(look).await } else { self.store.read_long(look).await }
    }

    /// As [`App::sift_events`], of every entry, for who reads a log from its beginning to its end: a piece of it, of no more than
    /// [`domain::Limits::piece_bytes`], off the threads that serve.
    ///
    /// # Errors
    /// As [`App::sift_events`].
    #[crate::boxed]
    pub async fn next_events(&self, caller: &Caller, thread: ThreadId, stretch: Stretch) -> Result<Sifted> {
        let bytes = self.limits.piece_bytes as i64;
        let sift = Sift { stretch, newest_first: false, every: false, limit: ROWS, bytes, one_at_least: true };
        self.sift_events(caller, thread, sift, |_| true).await
    }
}

/// How much may still be looked at.
struct Left {
    entries: i64,
    bytes: i64,
}

struct Look<F> {
    caller: Caller,
    thread: ThreadId,
    sift: Sift,
    left: Left,
    is: F,
}

impl<F: Fn(&Entry) -> bool + Send + 'static> Operation for Look<F> {
    type Out = Sifted;

    async fn run(self, tx: &mut Tx) -> Result<Sifted> {
        let Self { caller, thread, sift, mut left, is } = self;
        let Sift { mut stretch, newest_first, limit, bytes, one_at_least, .. } = sift;
        bounds::find(tx, &caller, thread).await?;
        let (mut entries, mut taken) = (Vec::new(), 0);
        while left.entries > 0 && left.bytes > 0 {
            // One more than is taken, to see whether there is one.
            let rows = ROWS.min(limit.saturating_add(1)).min(left.entries);
            let bound = Bound::page(rows, BYTES.min(bytes).min(left.bytes));
            let Fitted { rows, sizes, more } = store::events::stretch(tx, thread, stretch, newest_first, bound).await?;
            for (entry, size) in rows.into_iter().zip(sizes.iter().map(|size| *size as i64)) {
                let entry: Entry = entry.shown_to(caller.subject);
                let (seq, wanted) = (entry.seq, is(&entry));
                let fits = taken + size <= bytes || (one_at_least && entries.is_empty());
                if wanted && (entries.len() as i64 >= limit || !fits) {
                    let rest = Some(beyond(stretch, newest_first, seq, 0));
                    return Ok(Sifted { entries, bytes: taken, full: true, rest });
                }
                stretch = beyond(stretch, newest_first, seq, 1);
                (left.entries, left.bytes) = (left.entries - 1, left.bytes - size);
                if wanted {
                    taken += size;
                    entries.push(entry);
                }
            }
            if !more {
                return Ok(Sifted { entries, bytes: taken, full: false, rest: None });
            }
        }
        Ok(Sifted { entries, bytes: taken, full: false, rest: Some(stretch) })
    }
}

/// What is left of the stretch from the entry on, or from `by` entries behind it.
fn beyond(stretch: Stretch, newest_first: bool, seq: i64, by: i64) -> Stretch {
    match newest_first {
        false => Stretch { from: seq + by, ..stretch },
        true => Stretch { to: seq - by, ..stretch },
    }
}
