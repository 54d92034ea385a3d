//! Measures how fast a client reads. The connection of a slow client is closed, and so is one whose waiting bytes have
//! no room (backpressure).

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use domain::{Limits, shares::Place};
use engine::Memory;
use futures_util::FutureExt;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::{account::UNASKED_BYTES, crowd::Seat};

/// Memory is reserved in steps of this size.
const STEP_BYTES: usize = 65_536;

/// The reading speed of one connection, measured only while bytes wait.
pub(crate) struct Pace {
    /// Bytes that the client must read in one window.
    least: u64,
    window: Duration,
    memory: Memory,
    seat: Seat,
    /// Bytes have been waiting since this instant.
    since: Option<Instant>,
    /// In this window: the earlier waiting time, and the bytes read.
    waited: Duration,
    taken: u64,
    /// Fires at the end of the window.
    alarm: Option<Pin<Box<Sleep>>>,
    /// Room for the waiting bytes.
    place: Option<Place>,
}

impl Pace {
    pub fn new(limits: &Limits, memory: Memory, seat: Seat) -> Self {
        Self {
            least: limits.reader_bytes_per_s.saturating_mul(limits.reader_s),
            window: Duration::from_secs(limits.reader_s),
            memory,
            seat,
            since: None,
            waited: Duration::ZERO,
            taken: 0,
            alarm: None,
            place: None,
        }
    }

    /// Passes on the result of writing `bytes`, or an error if the client is too slow.
    pub fn written(
        &mut self,
        cx: &mut Context<'_>,
        write: Poll<io::Result<usize>>,
        bytes: usize,
    ) -> Poll<io::Result<usize>> {
        match write {
            Poll::Ready(Ok(taken)) => self.taken(taken),
            Poll::Ready(Err(_)) => {}
            Poll::Pending => {
                self.hold(bytes)?;
                self.wait(cx)?;
            }
        }
        write
    }

    /// Nothing waits any more.
    pub fn flushed(&mut self) {
        self.place = None;
    }

    fn taken(&mut self, bytes: usize) {
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
        }
        // Before the first wait, there is nothing to measure.
        if self.alarm.is_some() {
            self.taken = self.taken.saturating_add(bytes as u64);
        }
    }

    fn wait(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let now = Instant::now();
        let begins = self.since.is_none();
        let mut until = *self.since.get_or_insert(now) + self.window.saturating_sub(self.waited);
        let alarm = self.alarm.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if begins {
            alarm.as_mut().reset(until);
        }
        while alarm.poll_unpin(cx).is_ready() {
            if self.taken < self.least {
                return Err(io::ErrorKind::TimedOut.into());
            }
            (self.since, self.waited, self.taken) = (Some(now), Duration::ZERO, 0);
            until = now + self.window;
            alarm.as_mut().reset(until);
        }
        Ok(())
    }

    fn hold(&mut self, bytes: usize) -> io::Result<()> {
        if bytes as u64 <= UNASKED_BYTES {
            return Ok(());
        }
        let whole = bytes.next_multiple_of(STEP_BYTES) as u64;
        let held = match &mut self.place {
            None => self.memory.take(self.seat.holder(), whole).map(|place| self.place = Some(place)),
            Some(place) if place.places() < whole => self.memory.grow(place, whole - place.places()),
            Some(_) => Ok(()),
        };
        held.map_err(|_| io::ErrorKind::OutOfMemory.into())
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::{Peer, crowd::Crowd};

    const SECOND: Duration = Duration::from_secs(1);

    fn pace(memory: &Memory) -> Pace {
        let limits = Limits { reader_bytes_per_s: 100, reader_s: 10, ..Limits::default() };
        let seat = Crowd::new(&limits).enter(Peer([192, 0, 2, 1].into()));
        Pace::new(&limits, memory.clone(), seat)
    }

    /// The time until the cut, if in each second this many bytes are read at once.
    async fn seconds_until_cut(pace: &mut Pace, taken: impl Fn(u64) -> usize) -> Option<u64> {
        let mut cx = Context::from_waker(Waker::noop());
        for second in 0..1_000 {
            if pace.written(&mut cx, Poll::Pending, 1).is_ready() {
                return Some(second);
            }
            tokio::time::advance(SECOND).await;
            match taken(second) {
                0 => {}
                taken => drop(pace.written(&mut cx, Poll::Ready(Ok(taken)), 1)),
            }
        }
        None
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_is_cut_when_it_takes_too_little_over_a_window() {
        let memory = Memory::new(1 << 40);
        assert_eq!(seconds_until_cut(&mut pace(&memory), |_| 0).await, Some(10));
        assert_eq!(seconds_until_cut(&mut pace(&memory), |_| 99).await, Some(10));
        assert_eq!(seconds_until_cut(&mut pace(&memory), |_| 100).await, None);
        let in_bursts = |second: u64| if second % 5 == 4 { 500 } else { 0 };
        assert_eq!(seconds_until_cut(&mut pace(&memory), in_bursts).await, None);
        let then_nothing = |second: u64| if second < 10 { 1_000 } else { 0 };
        assert_eq!(seconds_until_cut(&mut pace(&memory), then_nothing).await, Some(20));
    }

    #[tokio::test(start_paused = true)]
    async fn while_nothing_waits_no_time_runs() {
        let memory = Memory::new(1 << 40);
        let mut pace = pace(&memory);
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..100 {
            assert!(pace.written(&mut cx, Poll::Pending, 1).is_pending());
            tokio::time::advance(Duration::from_millis(1)).await;
            assert!(pace.written(&mut cx, Poll::Ready(Ok(1)), 1).is_ready());
            pace.flushed();
            tokio::time::advance(100 * SECOND).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_waits_has_room_or_is_cut() {
        const MIB: usize = 1 << 20;
        let memory = Memory::new(1 << 30);
        let mut cx = Context::from_waker(Waker::noop());
        let (mut one, mut other) = (pace(&memory), pace(&memory));
        assert!(one.written(&mut cx, Poll::Pending, 16_384).is_pending());
        assert_eq!(memory.lent(), 0);
        assert!(one.written(&mut cx, Poll::Pending, 320 * MIB - 1).is_pending());
        assert_eq!(memory.lent(), 320 * MIB as u64);
        let cut = other.written(&mut cx, Poll::Pending, 200 * MIB);
        assert!(matches!(cut, Poll::Ready(Err(why)) if why.kind() == io::ErrorKind::OutOfMemory));
        one.flushed();
        assert_eq!(memory.lent(), 0);
        assert!(other.written(&mut cx, Poll::Pending, 200 * MIB).is_pending());
    }
}
