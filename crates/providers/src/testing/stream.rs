//! Bodies of answers.

use std::{io, time::Duration};

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http::{Response, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use tokio::sync::watch;

use super::Body;

/// The end of a body that fails.
#[derive(Clone, Debug)]
pub(super) enum Ending {
    Whole,
    /// The connection breaks within the body.
    Broken,
    /// The body goes on for ever, without a byte. The number counts such bodies, as soon as the silence begins.
    Never(watch::Sender<usize>),
}

/// The whole body at once.
pub(super) fn whole(text: String) -> Body {
    Full::new(Bytes::from(text)).map_err(|never| match never {}).boxed_unsync()
}

/// Server-sent events, with this pause before each.
pub(super) fn events(events: Vec<String>, pause: Duration) -> Body {
    let frames = stream::iter(events).then(move |event| async move {
        if !pause.is_zero() {
            tokio::time::sleep(pause).await;
        }
        Ok(Frame::data(Bytes::from(event)))
    });
    BodyExt::boxed_unsync(StreamBody::new(frames))
}

/// Server-sent events, and an end.
pub(super) fn broken(events: Vec<String>, ending: Ending) -> Body {
    let frames = stream::iter(events).map(|event| Ok(Frame::data(Bytes::from(event))));
    let end = match ending {
        Ending::Whole => stream::empty().boxed(),
        // Otherwise the break would overtake the events in the buffer of the connection.
        Ending::Broken => stream::once(async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Err(io::Error::other("the peer breaks the connection"))
        })
        .boxed(),
        Ending::Never(held) => stream::once(async move {
            held.send_modify(|held| *held += 1);
            std::future::pending().await
        })
        .boxed(),
    };
    BodyExt::boxed_unsync(StreamBody::new(frames.chain(end)))
}

/// A successful answer with a body of server-sent events.
pub(super) fn event_stream(body: Body) -> Response<Body> {
    Response::builder().header(CONTENT_TYPE, "text/event-stream").body(body).expect("a header that is a constant")
}
