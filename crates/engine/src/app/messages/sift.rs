//! Searches a log for entries that match.
//!
//! One call reads at most [`domain::Limits::search_scan`] entries, or [`domain::Limits::search_bytes`] of their text,
//! and returns the unread rest.

use domain::{Caller, Result, ThreadId, caller::Scope, event::Entry};
pub use store::events::Stretch;
use store::{Bound, Fitted, Operation, Tx};

use crate::{App, app::access::bounds};

/// The range to search, and the bound of the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sift {
    pub stretch: Stretch,
    pub newest_first: bool,
    /// True if every entry matches. Then no more is read than is taken.
    pub every: bool,
    pub limit: i64,
    /// Bytes of the taken entries.
    pub bytes: i64,
    /// True to take the first match whatever its size.
    pub one_at_least: bool,
}

/// The result of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Sifted {
    pub entries: Vec<Entry>,
    pub bytes: i64,
    /// True if the bound is reached: the rest begins with a match.
    pub full: bool,
    /// The range that was not read or not taken, in the same order. Absent: it contains no match.
    pub rest: Option<Stretch>,
}

/// Entries read at once, and their bytes.
const ROWS: i64 = 256;
const BYTES: i64 = 1 << 20;

impl App {
    /// The first entries of a range for which `is` is true.
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

    /// Like [`App::sift_events`], for every entry and clients that read a whole log: a piece of at most
    /// [`domain::Limits::piece_bytes`], read off the async threads.
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

/// The remaining budget.
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
            // One row more than is taken, to know whether there is one.
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

/// The rest of the range from the entry on, or from `by` entries after it.
fn beyond(stretch: Stretch, newest_first: bool, seq: i64, by: i64) -> Stretch {
    match newest_first {
        false => Stretch { from: seq + by, ..stretch },
        true => Stretch { to: seq - by, ..stretch },
    }
}
