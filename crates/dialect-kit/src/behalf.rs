//! The holder of a request. Its reads and writes count for the sender, and so do the reads of its answer.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use domain::{Caller, shares::Holder};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use crate::Peer;

/// The holder: the caller, or the address of a request without a key.
pub(crate) fn holder(caller: Option<&Caller>, peer: Peer) -> Holder {
    caller.map_or_else(|| Holder::address(peer.holder()), Holder::of)
}

/// Wraps the answer, so that a streamed body is made on behalf of the holder.
pub(crate) fn answered(response: Response, holder: Holder) -> Response {
    if response.body().size_hint().exact().is_some() {
        return response;
    }
    response.map(|body| Body::new(OnBehalf { body, holder }))
}

struct OnBehalf {
    body: Body,
    holder: Holder,
}

impl HttpBody for OnBehalf {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let holder = self.holder;
        engine::at_once_on_behalf_of(holder, || Pin::new(&mut self.body).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
