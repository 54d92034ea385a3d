//! A large answer, sent piece by piece so that sent pieces are released.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use domain::shares::Place;
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

/// Bytes that are given to the connection at once.
pub(crate) const PIECE_BYTES: usize = 65_536;
/// An answer that takes longer to send is moved to less memory from time to time. For a faster one, the copy would cost
/// more.
const SLOW: Duration = Duration::from_secs(1);

/// The body of an answer, with its reserved memory.
pub(crate) struct Pieces {
    body: Body,
    /// The rest of the frame that is being sent.
    rest: Bytes,
    /// Bytes that `rest` keeps in memory.
    kept: usize,
    place: Option<Place>,
    since: Instant,
}

impl Pieces {
    pub fn new(body: Body, place: Option<Place>) -> Self {
        Self { body, rest: Bytes::new(), kept: 0, place, since: Instant::now() }
    }

    fn next(&mut self) -> Bytes {
        let piece = self.rest.split_to(self.rest.len().min(PIECE_BYTES));
        if self.rest.len() <= self.kept / 2 && self.rest.len() > PIECE_BYTES && self.since.elapsed() > SLOW {
            self.rest = Bytes::copy_from_slice(&self.rest);
            self.kept = self.rest.len();
            if let Some(place) = &mut self.place {
                place.shrink_to(self.kept as u64);
            }
        }
        piece
    }
}

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if this.rest.is_empty() {
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => (this.kept, this.rest) = (data.len(), data),
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                ended => return Poll::Ready(ended),
            }
        }
        Poll::Ready(Some(Ok(Frame::data(this.next()))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (rest, more) = (self.rest.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        if let Some(upper) = more.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(more.lower() + rest);
        hint
    }
}

#[cfg(test)]
mod tests {
    use domain::shares::Holder;
    use engine::Memory;
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_is_read_to_from_ever_less_memory() {
        let memory = Memory::new(1 << 40);
        let size = 8 * PIECE_BYTES;
        let text: Bytes = (0..size).map(|n| (n / 1_000) as u8).collect::<Vec<_>>().into();
        let place = memory.take(Holder::address(1), size as u64).unwrap();
        let mut pieces = Pieces::new(Body::from(text.clone()), Some(place));
        let (mut read, mut lent) = (Vec::new(), Vec::new());
        while let Some(frame) = pieces.frame().await {
            read.extend_from_slice(&frame.unwrap().into_data().unwrap());
            assert_eq!(pieces.size_hint().exact(), Some((size - read.len()) as u64));
            lent.push(memory.lent() / PIECE_BYTES as u64);
            tokio::time::advance(SLOW).await;
        }
        assert_eq!(read, text);
        assert_eq!(lent, [8, 8, 8, 4, 4, 2, 2, 2]);
        drop(pieces);
        assert_eq!(memory.lent(), 0);
    }
}
