//! For whom a request is: what it reads and writes counts as the sender's, and so does what its answer reads on the way out.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use domain::{Caller, shares::Holder};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use crate::Peer;

/// Who holds what the request needs: the caller, or the address of one that has shown no key.
pub(crate) fn holder(caller: Option<&Caller>, peer: Peer) -> Holder {
    caller.map_or_else(|| Holder::address(peer.holder()), Holder::of)
}

/// The answer, so that a body that is made while it is read is made on behalf of the holder.
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
