//! Server-sent events: turns a stream of frames into a body that keeps the connection alive and ends with a last flush.

use std::{
    borrow::Cow,
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    extract::FromRequestParts,
    response::Response,
};
use bytes::{BufMut, Bytes, BytesMut};
use domain::{
    Caller, Error,
    caller::Subject,
    shares::{Holder, Place},
};
use engine::watches::Watch;
use futures_util::{FutureExt, Stream, StreamExt, future::BoxFuture, stream::BoxStream};
use http::{HeaderValue, header, request::Parts};
use tokio::time::{Instant, Sleep, sleep};

use crate::{Answer, Fault, Peer, edge::Edge, held::HoldsItself, one_line};

/// Ready frames are sent together up to about this size.
const CHUNK_BYTES: usize = 16_384;

/// One event of a stream, or a part of one. Only present fields are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// A text after a colon, invisible to readers.
    pub comment: Option<Cow<'static, str>>,
    pub event: Option<Cow<'static, str>>,
    /// The id that a reconnecting reader sends as `Last-Event-ID`.
    pub id: Option<String>,
    pub retry_ms: Option<u32>,
    /// JSON. Each line would become a `data:` line; line breaks that only some readers recognize are escaped.
    pub data: Option<String>,
}

impl Frame {
    pub fn comment(text: impl Into<Cow<'static, str>>) -> Self {
        Self { comment: Some(text.into()), ..Self::default() }
    }

    fn encode(&self, out: &mut BytesMut) {
        let size = self.data.as_ref().map_or(0, String::len) + self.id.as_ref().map_or(0, String::len) + 96;
        out.reserve(size);
        if let Some(comment) = &self.comment {
            line(out, ": ", comment);
        }
        if let Some(event) = &self.event {
            line(out, "event: ", event);
        }
        if let Some(id) = &self.id {
            line(out, "id: ", id);
        }
        if let Some(retry_ms) = self.retry_ms {
            line(out, "retry: ", &retry_ms.to_string());
        }
        if let Some(data) = &self.data {
            data_lines(out, &one_line(data));
        }
        out.put_u8(b'\n');
    }
}

/// Writes one field without the line breaks of its value, which would start another field.
fn line(out: &mut BytesMut, name: &str, value: &str) {
    out.put_slice(name.as_bytes());
    for part in value.split(['\r', '\n', '\0']) {
        out.put_slice(part.as_bytes());
    }
    out.put_u8(b'\n');
}

fn data_lines(out: &mut BytesMut, data: &str) {
    let mut rest = data;
    loop {
        let end = rest.find(['\r', '\n']).unwrap_or(rest.len());
        let (text, after) = rest.split_at(end);
        out.put_slice(b"data: ");
        out.put_slice(text.as_bytes());
        out.put_u8(b'\n');
        rest = match after.strip_prefix("\r\n").or_else(|| after.strip_prefix(['\r', '\n'])) {
            Some(next) => next,
            None => return,
        };
    }
}

/// Frames that a stream adds by itself.
#[derive(Clone, Debug)]
pub struct Keep {
    /// The comment that is sent after a silence.
    pub comment: &'static str,
    /// Length of the silence. Default: `heartbeat_s`.
    pub every: Option<Duration>,
    /// The last frame at a shutdown.
    pub farewell: Option<Frame>,
}

impl Keep {
    /// `: <comment>` after each `heartbeat_s` of silence.
    pub fn alive(comment: &'static str) -> Self {
        Self { comment, every: None, farewell: None }
    }
}

/// Opens streams. An extractor.
#[derive(Clone)]
pub struct Streams {
    edge: Arc<Edge>,
    peer: Peer,
}

impl Streams {
    /// Sends the caller the frames until the frames end, the client leaves, or the server shuts down. At a shutdown,
    /// ready frames and the farewell are still sent. The stream ends when the credential becomes invalid. A reader
    /// below `reader_bytes_per_s` is disconnected; little is buffered for it.
    ///
    /// # Errors
    /// As [`Streams::place`]; `unavailable` during shutdown.
    pub fn open(
        &self,
        caller: &Caller,
        watch: Watch,
        frames: impl Stream<Item = Frame> + Send + 'static,
        keep: Keep,
    ) -> Answer {
        let edge = &self.edge;
        if edge.shutdown.is_on() {
            return Err(Error::unavailable("The server is shutting down").into());
        }
        let place = self.place(caller)?;
        let every = keep.every.unwrap_or(Duration::from_secs(edge.limits.heartbeat_s)).max(Duration::from_millis(1));
        let shutdown = edge.shutdown.clone();
        let events = Events {
            _place: place,
            frames: frames.boxed(),
            chunk: BytesMut::new(),
            beat: Box::pin(sleep(every)),
            every,
            comment: keep.comment,
            farewell: keep.farewell,
            down: async move { shutdown.wait().await }.boxed(),
            over: async move { watch.over().await }.boxed(),
            ended: false,
        };
        let mut response = Response::new(Body::new(events));
        response.extensions_mut().insert(HoldsItself);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        // Proxies of the nginx family buffer a stream without this header.
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        Ok(response)
    }

    /// Takes one of the `stream_readers` places, for a stream or a long poll. Projects share them. Within a project,
    /// keys, customers, and the addresses of guests share them, because anybody can become another guest.
    ///
    /// # Errors
    /// `rate_limited` if the caller may not have a place now.
    pub fn place(&self, caller: &Caller) -> Result<Place, Fault> {
        let holder = match caller.subject {
            Subject::Thread(_) => Holder::project(caller.project).within(self.peer.holder()),
            _ => Holder::of(caller),
        };
        self.edge.readers.try_take(holder, 1).ok_or_else(too_many)
    }
}

fn too_many() -> Fault {
    let mut error = Error::rate_limited(5);
    error.message = "Too many streams are open, try again later".into();
    error.into()
}

impl<S: Sync> FromRequestParts<S> for Streams {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self { edge: Arc::clone(Edge::of(&parts.extensions)), peer: Peer::of(&parts.extensions) })
    }
}

/// The body of a stream. It takes a frame only when the connection can send more.
struct Events {
    /// First, so that the place is released before the frames' source learns of the end.
    _place: Place,
    frames: BoxStream<'static, Frame>,
    /// Empty, and without allocated memory, between two polls.
    chunk: BytesMut,
    beat: Pin<Box<Sleep>>,
    every: Duration,
    comment: &'static str,
    farewell: Option<Frame>,
    down: BoxFuture<'static, ()>,
    /// Completes when the credential becomes invalid.
    over: BoxFuture<'static, ()>,
    ended: bool,
}

impl Events {
    /// Encodes the ready frames.
    fn fill(&mut self, cx: &mut Context<'_>) {
        while !self.ended && self.chunk.len() < CHUNK_BYTES {
            match self.frames.poll_next_unpin(cx) {
                Poll::Ready(Some(frame)) => frame.encode(&mut self.chunk),
                Poll::Ready(None) => self.ended = true,
                Poll::Pending => return,
            }
        }
    }

    /// Writes the comment, or the farewell, while no frame is ready.
    fn fill_silence(&mut self, cx: &mut Context<'_>) {
        if self.down.poll_unpin(cx).is_ready() {
            self.ended = true;
            if let Some(farewell) = self.farewell.take() {
                farewell.encode(&mut self.chunk);
            }
        } else if self.beat.poll_unpin(cx).is_ready() {
            Frame::comment(self.comment).encode(&mut self.chunk);
        }
    }
}

impl HttpBody for Events {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if !this.ended && this.over.poll_unpin(cx).is_ready() {
            this.ended = true;
        }
        this.fill(cx);
        if this.chunk.is_empty() && !this.ended {
            this.fill_silence(cx);
        }
        if this.chunk.is_empty() {
            return if this.ended { Poll::Ready(None) } else { Poll::Pending };
        }
        let every = this.every;
        this.beat.as_mut().reset(Instant::now() + every);
        let bytes = std::mem::take(&mut this.chunk).freeze();
        Poll::Ready(Some(Ok(hyper::body::Frame::data(bytes))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(frame: &Frame) -> String {
        let mut out = BytesMut::new();
        frame.encode(&mut out);
        String::from_utf8(out.to_vec()).unwrap()
    }

    #[test]
    fn a_frame_is_its_fields_and_an_empty_line() {
        let frame = Frame {
            event: Some("turn.started".into()),
            id: Some("12.57".into()),
            retry_ms: Some(100),
            data: Some("{}".into()),
            ..Frame::default()
        };
        assert_eq!(encoded(&frame), "event: turn.started\nid: 12.57\nretry: 100\ndata: {}\n\n");
        assert_eq!(encoded(&Frame::comment("keep-alive")), ": keep-alive\n\n");
    }

    #[test]
    fn no_value_can_begin_another_field() {
        let frame = Frame {
            event: Some("a\nevent: b".into()),
            id: Some("1\r\n\r\ndata: x\0".into()),
            data: Some("one\r\ntwo\rthree\n".into()),
            ..Frame::default()
        };
        assert_eq!(encoded(&frame), "event: aevent: b\nid: 1data: x\ndata: one\ndata: two\ndata: three\ndata: \n\n");
    }
}
