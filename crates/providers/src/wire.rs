//! Wires: the protocols of providers.
//!
//! A wire is two pure functions: a call becomes an HTTP request, and the events of the answer become chunks. The
//! connection, the time-outs and the reading of server-sent events are the same for all of them.

pub mod anthropic;
mod calls;
pub mod chat;
mod fault;
pub mod gemini;
mod headers;
mod lenient;
mod openai;
pub mod responses;
mod transcript;

use bytes::Bytes;
use domain::{fault::Fault, model::Abilities};
use http::{HeaderMap, StatusCode};
use serde::Serialize;

use crate::{
    model::{Chunk, Failure, Request},
    provider::Protocol,
};

/// One call, as it is sent to a provider.
#[derive(Clone, Copy, Debug)]
pub struct Call<'c> {
    pub request: &'c Request,
    /// The configured name of the provider. Blocks go back only to the same provider, wire and model.
    pub provider: &'c str,
    /// The provider's name of the model.
    pub model: &'c str,
    /// The abilities of the model, if the catalogue knows it. Otherwise the wire's own words are sent as they are.
    pub abilities: Option<&'c Abilities>,
    /// The provider's origin and path, without a trailing slash: `https://api.openai.com/v1`.
    pub base_url: &'c str,
    /// The provider's key. It goes into a header only.
    pub key: Option<&'c str>,
}

/// The HTTP request of a call. It is always a POST with a JSON body.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub url: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// A protocol.
pub trait Wire: Send + Sync {
    /// The name in configurations and in the origin of blocks.
    fn name(&self) -> &'static str;

    /// The request of the call. The same call gives the same bytes.
    ///
    /// # Errors
    /// `invalid` if the wire cannot express the call.
    fn request(&self, call: &Call<'_>) -> Result<Outgoing, Failure>;

    /// Tells whether the provider at this address fetches pictures by theirs.
    fn takes_picture_urls(&self, base_url: &str) -> bool {
        let _ = base_url;
        false
    }

    /// A reader of the answer's events.
    fn reader(&self, call: &Call<'_>) -> Box<dyn Reader>;

    /// The failure that an answer with an error status tells. It has the provider's words without the call's key.
    /// `retry_after` is there only if the words tell it: the caller reads the headers.
    fn failure(&self, call: &Call<'_>, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure;
}

/// Reads the server-sent events of one answer.
pub trait Reader: Send {
    /// Adds the chunks of one event. After [`Chunk::End`] no more events are read, whether or not the connection is
    /// open.
    ///
    /// # Errors
    /// A failure that the event tells, or an event that breaks the protocol.
    fn read(&mut self, event: Option<&str>, data: &str, chunks: &mut Vec<Chunk>) -> Result<(), Failure>;

    /// Called once if the connection ends, breaks or falls silent before [`Chunk::End`]. Adds the last chunks if the
    /// answer was whole all the same: some wires send their terminal sign before their last event.
    ///
    /// # Errors
    /// The failure of [`Reader::cut`].
    fn eof(&mut self, chunks: &mut Vec<Chunk>) -> Result<(), Failure> {
        let _ = chunks;
        Err(self.cut())
    }

    /// The failure of an answer that ended early. It has the usage that was reported.
    fn cut(&self) -> Failure;
}

/// The bytes of a body.
fn encoded<T: Serialize>(body: &T) -> Result<Bytes, Failure> {
    let unwritable = |_| Failure::new(Fault::Invalid, "the call cannot be written as JSON");
    serde_json::to_vec(body).map(Bytes::from).map_err(unwritable)
}

/// The wire of a name.
pub(crate) fn of(protocol: Protocol) -> &'static dyn Wire {
    match protocol {
        Protocol::Chat => &chat::Chat,
        Protocol::Responses => &responses::Responses,
        Protocol::Anthropic => &anthropic::Anthropic,
        Protocol::Gemini => &gemini::Gemini,
    }
}
