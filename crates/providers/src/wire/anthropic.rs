//! The wire `anthropic`: Anthropic's Messages, and servers that speak them.
//!
//! Source: Anthropic's reference of Messages and the types of its SDK 2.14; 2026-11-30.
//!
//! | event | meaning |
//! |---|---|
//! | `message_start` | usage of the input |
//! | `content_block_start`, `_delta` | one block after the other; the next start or the end closes a block |
//! | `content_block_stop`, `ping`, unknown | skipped |
//! | `message_delta` | stop reason; usage, cumulative |
//! | `message_stop` | the end. A stream without it was cut |
//! | `error` | the failure of its type |
//!
//! | block | chunks | given back |
//! |---|---|---|
//! | `text` | text | verbatim, unless blank |
//! | `thinking` | thinking, signature | verbatim, if it has a signature |
//! | `redacted_thinking` | none | verbatim |
//! | `tool_use` | call | verbatim, with the message's id |
//! | any other | none | verbatim, if all of its deltas were understood |
//!
//! | stop reason | stop |
//! |---|---|
//! | `end_turn` | end |
//! | `tool_use` | tool calls |
//! | `max_tokens` | most output |
//! | `stop_sequence` | sequence |
//! | `pause_turn`, `compaction` | pause |
//! | `refusal` | refusal; without any text a failure, refused |
//! | `model_context_window_exceeded` | window |
//! | unknown | tool calls if there are any, otherwise end |
//!
//! Faults are those of the module `fault`, where the types `api_error` and `timeout_error` are upstream.
//!
//! Usage: `input_tokens` is without the cache; `cache_creation` splits the written tokens by their time to live.

mod content;
mod reader;
mod request;
mod thinking;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use self::{reader::Answer, request::Body};
use super::{Call, Outgoing, Reader, Wire, encoded, fault::Faults, headers::headers};
use crate::model::Failure;

pub(super) const NAME: &str = "anthropic";
/// The vendor's own host, which fetches pictures by their address.
const HOST: &str = "https://api.anthropic.com/";
/// The version of the protocol that this file speaks.
const VERSION: &str = "2023-06-01";
/// The beta that some models demand for any speed.
const FAST_BETA: &str = "fast-mode-2026-02-01";

/// Anthropic's Messages.
#[derive(Clone, Copy, Debug)]
pub struct Anthropic;

impl Wire for Anthropic {
    fn name(&self) -> &'static str {
        NAME
    }

    fn request(&self, call: &Call<'_>) -> Result<Outgoing, Failure> {
        let body = Body::of(call);
        let mut headers = headers(call.key.map(|key| (HeaderName::from_static("x-api-key"), key)))?;
        headers.insert("anthropic-version", HeaderValue::from_static(VERSION));
        if body.is_fast() {
            headers.insert("anthropic-beta", HeaderValue::from_static(FAST_BETA));
        }
        Ok(Outgoing { url: format!("{}/messages", call.base_url), headers, body: encoded(&body)? })
    }

    fn takes_picture_urls(&self, base_url: &str) -> bool {
        base_url.starts_with(HOST)
    }

    fn reader(&self, call: &Call<'_>) -> Box<dyn Reader> {
        Box::new(Answer::new(call))
    }

    fn failure(&self, call: &Call<'_>, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Failure {
        let id = headers.get("request-id").and_then(|id| id.to_str().ok());
        Failure { request_id: id.map(str::to_owned), ..Faults::of(call).status(status, body) }
    }
}
