//! Bodies of answers.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::body::Frame;

/// The whole body at once.
pub(super) fn whole(text: String) -> BoxBody<Bytes, Infallible> {
    Full::new(Bytes::from(text)).boxed()
}

/// Server-sent events, with this pause before each.
pub(super) fn events(events: Vec<String>, pause: Duration) -> BoxBody<Bytes, Infallible> {
    let frames = stream::iter(events).then(move |event| async move {
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        Ok(Frame::data(Bytes::from(event)))
    });
    BodyExt::boxed(StreamBody::new(frames))
}
