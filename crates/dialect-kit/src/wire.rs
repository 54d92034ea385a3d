//! The socket of a connection. It is watched for details that the parser hides, and closed if the other side neither
//! sends nor reads.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use domain::Limits;
use futures_util::FutureExt;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};

use crate::{
    framing::{Framing, Stand},
    head::Flaw,
    pace::Pace,
};

/// A connection's socket.
pub(crate) struct Wire {
    stream: TcpStream,
    framing: Framing,
    shared: Shared,
    /// The number of the latest head, and its start.
    head: (u64, Instant),
    /// Time of the next check for a silent peer. It may be too early and is then moved, so that no request needs its
    /// own timer.
    look: Pin<Box<Sleep>>,
    head_wait: Duration,
    rest_wait: Duration,
    pace: Pace,
}

/// State that a connection shares with its requests.
#[derive(Clone)]
pub(crate) struct Shared(Arc<State>);

struct State {
    /// The connection's flaw. One is enough, because everything after it is refused.
    flaw: OnceLock<Flaw>,
    opened: Instant,
    /// Milliseconds since the start, at the end of the last answer; [`BUSY`] while a request is being answered.
    rested_ms: AtomicU64,
}

const BUSY: u64 = u64::MAX;

/// A request in progress, until the end of its answer's body.
pub(crate) struct Busy(Shared);

impl Shared {
    fn new() -> Self {
        Self(Arc::new(State { flaw: OnceLock::new(), opened: Instant::now(), rested_ms: AtomicU64::new(0) }))
    }

    pub fn flaw(&self) -> Option<Flaw> {
        self.0.flaw.get().copied()
    }

    pub fn begin(&self) -> Busy {
        self.0.rested_ms.store(BUSY, Ordering::Relaxed);
        Busy(self.clone())
    }

    /// Time since when the connection is idle. `None` while it is not.
    fn rested(&self) -> Option<Instant> {
        match self.0.rested_ms.load(Ordering::Relaxed) {
            BUSY => None,
            ms => Some(self.0.opened + Duration::from_millis(ms)),
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let State { opened, rested_ms, .. } = &*self.0.0;
        rested_ms.store(u64::try_from(opened.elapsed().as_millis()).unwrap_or(BUSY - 1), Ordering::Relaxed);
    }
}

impl Wire {
    pub fn new(stream: TcpStream, limits: &Limits, pace: Pace) -> Self {
        let shared = Shared::new();
        let head_wait = Duration::from_secs(limits.header_wait_s);
        Self {
            stream,
            framing: Framing::default(),
            head: (0, shared.0.opened),
            look: Box::pin(sleep(head_wait)),
            shared,
            head_wait,
            rest_wait: Duration::from_secs(limits.idle_connection_s),
            pace,
        }
    }

    pub fn shared(&self) -> Shared {
        self.shared.clone()
    }

    /// The reaction to a silence.
    fn waited(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            let due = self.due();
            let look = due.unwrap_or_else(|| Instant::now() + self.rest_wait);
            if look < self.look.deadline() {
                self.look.as_mut().reset(look);
            }
            if self.look.poll_unpin(cx).is_pending() {
                return Poll::Pending;
            }
            if due.is_some_and(|due| due <= Instant::now()) {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.look.as_mut().reset(look);
        }
    }

    /// The time limit of a silence. A head has its time from its first byte. An idle connection has another one, and a
    /// new connection has that of a head. The reader of a body watches the body.
    fn due(&self) -> Option<Instant> {
        let rested = self.shared.rested()?;
        match self.framing.stand() {
            Stand::Rest(0) => Some(self.shared.0.opened + self.head_wait),
            Stand::Rest(_) => Some(rested + self.rest_wait),
            Stand::Head(_) => Some(self.head.1 + self.head_wait),
            Stand::Body => None,
        }
    }

    /// Follows the received bytes.
    fn follow(&mut self, bytes: &[u8]) {
        if let Some(flaw) = self.framing.feed(bytes) {
            self.shared.0.flaw.get_or_init(|| flaw);
        }
        if let Stand::Head(number) = self.framing.stand()
            && number != self.head.0
        {
            self.head = (number, Instant::now());
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        match Pin::new(&mut this.stream).poll_read(cx, buffer) {
            Poll::Ready(read) => read?,
            Poll::Pending => return this.waited(cx),
        }
        this.follow(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let write = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.pace.written(cx, write, bytes.len())
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let write = Pin::new(&mut this.stream).poll_write_vectored(cx, slices);
        this.pace.written(cx, write, slices.iter().map(|slice| slice.len()).sum())
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.pace.flushed();
        Pin::new(&mut this.stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
