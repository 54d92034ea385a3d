//! The body of an answer, as it arrives.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream::BoxStream};
use tokio::time::{Sleep, sleep};

use crate::Failure;

/// The body of an answer: a stream of its pieces, within the request's time-outs and bytes.
///
/// Nothing follows an error. Dropping the body closes the connection, unless the body was read to its end.
pub struct Body {
    /// `None` after the end or an error.
    pieces: Option<BoxStream<'static, reqwest::Result<Bytes>>>,
    origin: String,
    between: Duration,
    /// The end of the reader's patience. It counts only while the reader waits.
    silence: Pin<Box<Sleep>>,
    is_waiting: bool,
    whole: Option<Pin<Box<Sleep>>>,
    bytes_left: Option<u64>,
}

impl Body {
    /// `whole` runs since the start of the request.
    pub(crate) fn new(
        response: reqwest::Response,
        origin: String,
        between: Duration,
        whole: Option<Pin<Box<Sleep>>>,
        bytes_max: Option<u64>,
    ) -> Self {
        let pieces = Some(response.bytes_stream().boxed());
        let silence = Box::pin(sleep(between));
        Self { pieces, origin, between, silence, is_waiting: false, whole, bytes_left: bytes_max }
    }

    fn advance(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Failure>>> {
        let Some(pieces) = &mut self.pieces else { return Poll::Ready(None) };
        if self.whole.as_mut().is_some_and(|whole| whole.as_mut().poll(cx).is_ready()) {
            return Poll::Ready(Some(Err(Failure::WholeTimedOut)));
        }
        match pieces.poll_next_unpin(cx) {
            Poll::Ready(next) => {
                self.is_waiting = false;
                let next = next.map(|piece| piece.map_err(|error| Failure::of(error, &self.origin)));
                Poll::Ready(next.map(|piece| piece.and_then(|piece| self.count(piece))))
            }
            Poll::Pending => {
                if !self.is_waiting {
                    self.is_waiting = true;
                    self.silence.set(sleep(self.between));
                }
                self.silence.as_mut().poll(cx).map(|()| Some(Err(Failure::IdleTimedOut)))
            }
        }
    }

    fn count(&mut self, piece: Bytes) -> Result<Bytes, Failure> {
        if let Some(left) = &mut self.bytes_left {
            *left = left.checked_sub(piece.len() as u64).ok_or(Failure::TooManyBytes)?;
        }
        Ok(piece)
    }
}

impl Stream for Body {
    type Item = Result<Bytes, Failure>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.advance(cx);
        if matches!(next, Poll::Ready(None | Some(Err(_)))) {
            self.pieces = None;
        }
        next
    }
}
