//! A body that is checked as it goes out.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use serde_json::Value;

use super::{Tell, schema};

/// Larger bodies are not checked. Tests of memory have them.
const BYTES_MAX: usize = 4 << 20;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Json,
    /// Server-sent events. The schema is that of their `data:`.
    Events,
}

pub(super) struct Held {
    body: Body,
    document: &'static Value,
    schema: &'static Value,
    kind: Kind,
    place: String,
    tell: Tell,
    /// Sent bytes that are not yet checked. `None` once there is nothing more to check.
    seen: Option<Vec<u8>>,
}

impl Held {
    pub fn new(document: &'static Value, schema: &'static Value, kind: Kind, place: String, tell: Tell) -> Self {
        Self { body: Body::empty(), document, schema, kind, place, tell, seen: Some(Vec::new()) }
    }

    pub fn around(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    fn see(&mut self, piece: &[u8]) {
        let Some(seen) = &mut self.seen else { return };
        seen.extend_from_slice(piece);
        if seen.len() > BYTES_MAX {
            self.seen = None;
            return;
        }
        if self.kind == Kind::Events {
            while let Some(end) = self.seen.as_ref().and_then(|seen| seen.windows(2).position(|two| two == b"\n\n")) {
                let block: Vec<u8> = self.seen.iter_mut().flat_map(|seen| seen.drain(..end + 2)).collect();
                self.event(&String::from_utf8_lossy(&block));
            }
        }
    }

    /// A block without an id is not an event of the log.
    fn event(&self, block: &str) {
        let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name));
        if let (Some(_), Some(data)) = (field("id: "), field("data: ")) {
            self.hold(data.as_bytes());
        }
    }

    fn ended(&mut self) {
        if let Some(seen) = self.seen.take()
            && self.kind == Kind::Json
        {
            self.hold(&seen);
        }
    }

    fn hold(&self, json: &[u8]) {
        let found = match serde_json::from_slice::<Value>(json) {
            Ok(value) => schema::strict_misfits(self.document, self.schema, &value),
            Err(why) => vec![format!("no JSON: {why}")],
        };
        for misfit in found {
            (self.tell)(&format!("{} {misfit}", self.place));
        }
    }
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                frame.data_ref().into_iter().for_each(|piece| this.see(piece));
                // A body with an announced length is not polled again.
                if this.body.is_end_stream() {
                    this.ended();
                }
            }
            Poll::Ready(None) => this.ended(),
            Poll::Ready(Some(Err(_))) => this.seen = None,
            Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
