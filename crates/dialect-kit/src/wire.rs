//! The socket of a connection: watched for what the parser hides, and cut when the other side takes nothing.

use std::{
    io,
    pin::Pin,
    sync::{Arc, OnceLock},
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

use crate::{framing::Framing, head::Flaw};

/// A connection's socket.
pub(crate) struct Wire {
    stream: TcpStream,
    framing: Framing,
    flaw: Shared,
    /// Runs while the other side takes nothing of what is to be written.
    stalled: Option<Pin<Box<Sleep>>>,
    stall: Duration,
}

/// What the connection has been found out in. Once is enough: all that follows on it is refused.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<OnceLock<Flaw>>);

impl Shared {
    pub fn get(&self) -> Option<Flaw> {
        self.0.get().copied()
    }
}

impl Wire {
    /// `stall`: how long the other side may take nothing of an answer.
    pub fn new(stream: TcpStream, stall: Duration) -> Self {
        Self { stream, framing: Framing::default(), flaw: Shared::default(), stalled: None, stall }
    }

    pub fn flaw(&self) -> Shared {
        self.flaw.clone()
    }

    /// Passes on what a write came to, or that it has come to nothing for too long.
    fn written(&mut self, cx: &mut Context<'_>, write: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if write.is_ready() {
            self.stalled = None;
            return write;
        }
        let stall = self.stall;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(stall)));
        stalled.poll_unpin(cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Wire {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        ready!(Pin::new(&mut this.stream).poll_read(cx, buffer))?;
        if let Some(flaw) = this.framing.feed(&buffer.filled()[before..]) {
            this.flaw.0.get_or_init(|| flaw);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let write = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.written(cx, write)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let write = Pin::new(&mut this.stream).poll_write_vectored(cx, slices);
        this.written(cx, write)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
