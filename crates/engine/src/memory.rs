//! The memory budget of the process. Large things reserve memory before they are made, and are refused without room
//! (backpressure).
//!
//! Half of the budget is lent by shares. It holds bodies while they are read and decoded, answers until they are sent,
//! and bytes that wait for slow readers. An eighth is for the tails of followed threads, and a thirty-second for recent
//! transcripts. The rest is for small and steady things: the program, the database's caches, connections, small requests.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use domain::{
    Error, Result,
    shares::{Holder, Place, Pool},
};

/// A budget of bytes. A clone is the same budget.
#[derive(Clone)]
pub struct Memory {
    pool: Pool,
    budget: u64,
    tails: Tails,
}

/// The memory of all tails of followed threads.
#[derive(Clone)]
pub(crate) struct Tails(Arc<Room>);

struct Room {
    bytes: u64,
    used: AtomicU64,
}

/// The memory of one tail.
pub(crate) struct Kept {
    tails: Tails,
    bytes: u64,
}

/// A larger request also checks the process's real memory.
const LOOKED_AT: u64 = 262_144;

impl Memory {
    /// `budget`: the number of bytes that the process may have.
    pub fn new(budget: u64) -> Self {
        let lent = usize::try_from(budget / 2).unwrap_or(usize::MAX);
        let tails = Tails(Arc::new(Room { bytes: budget / 8, used: AtomicU64::new(0) }));
        Self { pool: Pool::new(lent), budget, tails }
    }

    /// Room for this many bytes, until it is returned.
    ///
    /// # Errors
    /// `unavailable` while others have it; `payload_too_large` if the holder can never have so much.
    pub fn take(&self, holder: Holder, bytes: u64) -> Result<Place> {
        let place = self.pool.try_take(holder, bytes).filter(|_| !self.is_short());
        place.ok_or_else(|| self.refusal(holder, bytes))
    }

    /// Enlarges the room.
    ///
    /// # Errors
    /// As [`Memory::take`].
    pub fn grow(&self, place: &mut Place, bytes: u64) -> Result<()> {
        if (bytes < LOOKED_AT || !self.is_short()) && place.try_grow(bytes) {
            return Ok(());
        }
        Err(self.refusal(place.holder(), place.places() + bytes))
    }

    /// Number of bytes that the process may have.
    pub(crate) fn budget(&self) -> u64 {
        self.budget
    }

    /// Number of lent bytes.
    pub fn lent(&self) -> u64 {
        self.pool.used()
    }

    pub(crate) fn tails(&self) -> &Tails {
        &self.tails
    }

    /// Tells whether the process is close to its budget, by the system's count. If little is lent, a refusal would not
    /// help, because freed memory is not always returned to the system.
    fn is_short(&self) -> bool {
        let (lent, size) = (self.pool.used(), self.pool.size());
        lent > size / 8 && resident().is_some_and(|bytes| bytes > self.budget / 8 * 7)
    }

    fn refusal(&self, holder: Holder, bytes: u64) -> Error {
        match self.pool.fits(holder, bytes) {
            true => Error::unavailable("The server has no free memory for this request now, try again later"),
            false => Error::too_large("The request is larger than this server's memory budget"),
        }
    }
}

impl Tails {
    pub(crate) fn keep(&self) -> Kept {
        Kept { tails: self.clone(), bytes: 0 }
    }
}

impl Kept {
    /// Sets the kept bytes, if there is room.
    pub(crate) fn resize(&mut self, bytes: usize) -> bool {
        let (room, own, bytes) = (&*self.tails.0, self.bytes, bytes as u64);
        let fits = |used: u64| {
            let used = used - own + bytes;
            (bytes <= own || used <= room.bytes).then_some(used)
        };
        let resized = room.used.fetch_update(Relaxed, Relaxed, fits).is_ok();
        if resized {
            self.bytes = bytes;
        }
        resized
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.tails.0.used.fetch_sub(self.bytes, Relaxed);
    }
}

/// The process's resident bytes without those of files, which the system can reclaim. `None` if the system does not
/// tell.
fn resident() -> Option<u64> {
    let text = fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1_024)
}

#[cfg(test)]
mod tests {
    use domain::Kind;

    use super::*;

    #[test]
    fn what_never_fits_is_too_large_and_what_does_not_fit_now_is_unavailable() {
        let memory = Memory::new(1 << 40);
        let (one, other) = (Holder::address(1), Holder::address(2));
        let held = memory.take(one, 3 << 37).unwrap();
        assert_eq!(memory.take(one, 1 << 37).map(drop).unwrap_err().kind, Kind::Unavailable);
        assert_eq!(memory.take(one, 1 << 39).map(drop).unwrap_err().kind, Kind::TooLarge);
        assert!(memory.take(other, 1 << 37).is_ok(), "a quarter is kept for others");
        drop(held);
        assert_eq!(memory.lent(), 0);
        assert!(memory.take(one, 3 << 37).is_ok());
    }

    #[test]
    fn a_process_beyond_its_budget_is_lent_no_more_than_a_little() {
        // This process already has more.
        let memory = Memory::new(1 << 18);
        let one = Holder::address(1);
        let little = memory.take(one, 1 << 14).unwrap();
        let refused = memory.take(one, 1 << 10).map(drop).unwrap_err();
        assert_eq!((refused.kind, refused.retry_after_s), (Kind::Unavailable, Some(1)));
        drop(little);
        assert!(memory.take(one, 1 << 10).is_ok());
    }

    #[test]
    fn tails_keep_no_more_together_than_an_eighth() {
        let memory = Memory::new(8_000);
        let (mut one, mut other) = (memory.tails().keep(), memory.tails().keep());
        assert!(one.resize(600) && other.resize(400));
        assert!(!one.resize(601));
        assert!(other.resize(100) && one.resize(900));
        drop(one);
        assert!(other.resize(1_000));
    }
}
