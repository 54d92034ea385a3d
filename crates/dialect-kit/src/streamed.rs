//! Streamed answers. Each piece's reads are counted, and the answer's memory is reserved until its end.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};

use crate::account::Account;

pub(crate) struct Streamed {
    body: Body,
    account: Account,
}

impl Streamed {
    pub fn new(body: Body, account: Account) -> Self {
        Self { body, account }
    }
}

impl HttpBody for Streamed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let scale = self.account.scale();
        engine::at_once_weighed_by(scale, || Pin::new(&mut self.body).poll_frame(cx))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
