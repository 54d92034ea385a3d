//! Stops answers that are still being sent when their credential becomes invalid.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, HttpBody},
    response::Response,
};
use bytes::Bytes;
use domain::{Caller, Error};
use engine::App;
use futures_util::{FutureExt, future::BoxFuture};
use hyper::body::Frame;

/// In the extensions of an answer that watches its credential itself, like an event stream.
#[derive(Clone, Copy)]
pub(crate) struct HoldsItself;

/// The answer, aborted when the caller's credential becomes invalid, so that the reader does not take a part for the
/// whole. An answer that is already in memory is sent at once and is not watched.
pub(crate) fn hold(app: &App, caller: &Caller, answer: Response) -> Response {
    if answer.body().size_hint().exact().is_some() || answer.extensions().get::<HoldsItself>().is_some() {
        return answer;
    }
    let watch = app.watch(caller, None);
    answer.map(|body| Body::new(Held { body, over: async move { watch.over().await }.boxed() }))
}

struct Held {
    body: Body,
    over: BoxFuture<'static, ()>,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if this.over.poll_unpin(cx).is_ready() {
            this.over = futures_util::future::ready(()).boxed();
            return Poll::Ready(Some(Err(axum::Error::new(Error::unauthenticated()))));
        }
        Pin::new(&mut this.body).poll_frame(cx)
    }
}
