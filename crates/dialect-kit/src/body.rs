//! A request's body: awaited piece by piece, bounded, and read to its end when it is refused.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, HttpBody};
use bytes::{Bytes, BytesMut};
use domain::{Error, Limits};
use futures_util::{FutureExt, Stream, stream};
use http::{HeaderMap, header, request::Parts};
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::{Sleep, sleep, timeout};

use crate::{Fault, account::Account, head::Flaw, wire::Shared};

/// Highest memory cost of a byte of a body, beyond the body itself: the decoded value, the stored value, and the
/// fingerprint of an origin key.
pub(crate) const COST_OF_BYTE: u64 = 3;

/// The whole body of a request with this head, if it has at most `max` bytes. An announced length is checked at once.
///
/// # Errors
/// `too_large`; 503 without room in memory; 408 if the next piece does not arrive in time; 400 if the body is
/// incomplete.
pub async fn read(mut body: Body, head: &Parts, max: u64) -> Result<Bytes, Fault> {
    let length = head.headers.get(header::CONTENT_LENGTH);
    let announced: Option<u64> = length.and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok());
    if announced.is_some_and(|length| length > max) {
        return Err(too_large(max));
    }
    let account = Account::of(&head.extensions);
    let Some(first) = next_piece(&mut body).await? else { return Ok(Bytes::new()) };
    within(&first, 0, max)?;
    account.charge(first.len() as u64)?;
    if body.is_end_stream() {
        account.charge(first.len() as u64 * COST_OF_BYTE)?;
        return Ok(first);
    }
    // The system provides the pages only as they are written.
    let room = announced.unwrap_or(0).max(first.len() as u64);
    let mut whole = BytesMut::with_capacity(usize::try_from(room).unwrap_or_default());
    whole.extend_from_slice(&first);
    drop(first);
    while let Some(piece) = next_piece(&mut body).await? {
        within(&piece, whole.len(), max)?;
        // A body of unknown length is moved as it grows.
        account.charge(piece.len() as u64 * if announced.is_some() { 1 } else { 2 })?;
        whole.extend_from_slice(&piece);
    }
    account.charge(whole.len() as u64 * COST_OF_BYTE)?;
    Ok(whole.freeze())
}

/// The body piece by piece, for storing it as it arrives. A failure is the last piece. A late piece fails as
/// `request_timeout`, which [`Fault::body_too_slow`] renders.
pub fn pieces(body: Body) -> impl Stream<Item = Result<Bytes, Error>> + Send {
    stream::unfold(Some(body), async |body| {
        let mut body = body?;
        match next_piece(&mut body).await {
            Ok(piece) => piece.map(|piece| (Ok(piece), Some(body))),
            Err(fault) => Some((Err(*fault.error), None)),
        }
    })
}

async fn next_piece(body: &mut Body) -> Result<Option<Bytes>, Fault> {
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(broken)?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

fn within(piece: &Bytes, before: usize, max: u64) -> Result<(), Fault> {
    match (before + piece.len()) as u64 <= max {
        true => Ok(()),
        false => Err(too_large(max)),
    }
}

fn too_large(max: u64) -> Fault {
    Error::too_large(format!("The body is larger than {max} bytes")).into()
}

fn broken(error: axum::Error) -> Fault {
    match error.into_inner().downcast_ref::<Broken>() {
        Some(Broken::Idle) => Fault::body_too_slow(),
        Some(Broken::Flawed(Flaw(why))) => Fault::malformed(*why),
        _ => Fault::malformed("The body is incomplete or badly framed"),
    }
}

/// The reason why a body ended early.
#[derive(Debug)]
pub(crate) enum Broken {
    /// No piece arrived within `body_wait_s`.
    Idle,
    /// Other parsers may see another end of the body.
    Flawed(Flaw),
    /// The connection or the framing failed.
    Cut(hyper::Error),
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Idle => f.write_str("no more of the body came in time"),
            Self::Flawed(Flaw(why)) => f.write_str(why),
            Self::Cut(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Broken {}

/// The body that handlers read. Dropped early, it continues to read and discard in the background, so that a sender
/// that still writes gets its refusal instead of a reset.
pub(crate) struct Upload {
    body: Option<Incoming>,
    limits: Arc<Limits>,
    /// Runs while a piece is awaited.
    idle: Option<Pin<Box<Sleep>>>,
    /// True while the client waits for `100 Continue` and sends nothing.
    held_back: bool,
    connection: Shared,
}

impl Upload {
    pub fn new(body: Incoming, headers: &HeaderMap, limits: Arc<Limits>, connection: Shared) -> Self {
        let held_back = headers.contains_key(header::EXPECT);
        Self { body: Some(body), limits, idle: None, held_back, connection }
    }
}

impl HttpBody for Upload {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let this = self.get_mut();
        let Some(body) = &mut this.body else { return Poll::Ready(None) };
        this.held_back = false;
        if let Poll::Ready(frame) = Pin::new(body).poll_frame(cx) {
            this.idle = None;
            // The flaw is known before its piece arrives here.
            return Poll::Ready(match this.connection.flaw() {
                Some(flaw) => Some(Err(Broken::Flawed(flaw))),
                None => frame.map(|frame| frame.map_err(Broken::Cut)),
            });
        }
        let wait = Duration::from_secs(this.limits.body_wait_s);
        let idle = this.idle.get_or_insert_with(|| Box::pin(sleep(wait)));
        idle.poll_unpin(cx).map(|()| Some(Err(Broken::Idle)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let unread = self.body.take().filter(|body| !body.is_end_stream() && !self.held_back);
        if let (Some(body), Ok(runtime)) = (unread, tokio::runtime::Handle::try_current()) {
            let (bytes, ms) = (self.limits.drain_bytes, self.limits.drain_ms);
            runtime.spawn(timeout(Duration::from_millis(ms), drain(body, bytes)));
        }
    }
}

async fn drain(mut body: Incoming, max: u64) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, |data| data.len() as u64);
        if read > max {
            return;
        }
    }
}
