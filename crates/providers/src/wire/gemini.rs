//! The wire `gemini`: Google's Gemini API.
//!
//! Source: Google's reference of `streamGenerateContent` and of thought signatures, and the types of its SDK 3.6;
//! 2026-11-30.
//!
//! Each event is a piece of the answer. No event ends it: the piece with a finish reason is the last, and a stream
//! without one was cut.
//!
//! | part | chunks | given back |
//! |---|---|---|
//! | `text` | text | verbatim; pieces without a signature are joined |
//! | `text` with `thought` | thinking | as text |
//! | `functionCall` | call | verbatim, with the message's id if it has one |
//! | any other | none | verbatim |
//!
//! A `thoughtSignature` stays on the part with which it came, whether or not the part is empty. An answer that another
//! origin made has none: its first call gets `NO_SIGNATURE`.
//!
//! | finish reason | stop or fault |
//! |---|---|
//! | `STOP`, unknown | tool calls if there are any, otherwise end |
//! | `MAX_TOKENS`, `CONTINUATION` | most output |
//! | those of `FILTERS` | filter; without any text a failure, refused |
//! | `MISSING_THOUGHT_SIGNATURE` | blocks refused |
//! | those of `FAILURES` | upstream |
//!
//! A prompt with `promptFeedback.blockReason` is refused. An `error` is the failure of its status: the faults are those
//! of the module `fault`.
//!
//! Usage: `promptTokenCount` includes the cached tokens, and `candidatesTokenCount` is without the thoughts.

mod content;
mod reader;
mod request;
mod thinking;

use http::{HeaderMap, HeaderName, StatusCode};

use self::{reader::Answer, request::Body};
use super::{Call, Outgoing, Reader, Wire, encoded, fault::Faults, headers::headers};
use crate::model::Failure;

const NAME: &str = "gemini";
/// The documented stand-in for the signature of a call that this model did not make.
const NO_SIGNATURE: &str = "skip_thought_signature_validator";
/// Finish reasons of filters.
const FILTERS: [&str; 12] = [
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "ESCALATION",
    "PUP_LIMITED_DISABLED",
    "MODEL_ARMOR",
];
/// Finish reasons of answers that went wrong. Another try may succeed.
const FAILURES: [&str; 7] = [
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MALFORMED_RESPONSE",
    "OTHER",
    "IMAGE_OTHER",
    "NO_IMAGE",
];

/// Google's Gemini API.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gemini;

impl Wire for Gemini {
    fn name(&self) -> &'static str {
        NAME
    }

    fn request(&self, call: &Call<'_>) -> Result<Outgoing, Failure> {
        let model = call.model.strip_prefix("models/").unwrap_or(call.model);
        Ok(Outgoing {
            url: format!("{}/models/{model}:streamGenerateContent?alt=sse", call.base_url),
            headers: headers(call.key.map(|key| (HeaderName::from_static("x-goog-api-key"), key)))?,
            body: encoded(&Body::of(call))?,
        })
    }

    fn reader(&self, call: &Call<'_>) -> Box<dyn Reader> {
        Box::new(Answer::new(call))
    }

    fn failure(&self, call: &Call<'_>, status: StatusCode, _headers: &HeaderMap, body: &[u8]) -> Failure {
        Faults::of(call).status(status, body)
    }
}
