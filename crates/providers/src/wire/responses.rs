//! The wire `responses`: OpenAI's Responses, without storage at the provider.
//!
//! Source: OpenAI's reference of Responses, as of 2026-11-30; llama.cpp's server, whose events name no `output_index`.
//!
//! | event | meaning |
//! |---|---|
//! | `response.created` | the id of the request |
//! | `response.output_text.delta` | text |
//! | `response.refusal.delta` | text of a refusal |
//! | `response.reasoning_summary_text.delta`, `response.reasoning_text.delta` | thinking |
//! | `response.output_item.done` | a whole item: a block; a call if it is a `function_call` |
//! | `response.completed` | the end |
//! | `response.incomplete` | the end, by `incomplete_details.reason` |
//! | `response.failed`, `response.cancelled`, `error` | a failure |
//! | any other, and `[DONE]` | skipped |
//!
//! | outcome | stop or fault |
//! |---|---|
//! | completed | `tool_calls` with calls, `refusal` after a refusal, else `end` |
//! | incomplete: `content_filter` | `filter`, or the fault `refused` if nothing was said |
//! | incomplete: `max_output_tokens` and other reasons | `max_tokens` |
//! | failed | the fault of `error.code` |
//!
//! The blocks are the items of the output, whole: messages with their `phase`, calls, and reasoning with its encrypted
//! content. An item that did not arrive whole makes the others worthless, because the provider demands the reasoning of
//! each item and an item behind each reasoning.

mod blocks;
mod body;
mod event;
mod reader;

use http::{HeaderMap, StatusCode};

use super::{Call, Outgoing, Reader, Wire, fault::Faults, headers::bearer, openai::Host};
use crate::model::Failure;

/// The name of the wire in the origin of blocks.
const NAME: &str = "responses";

/// The wire.
#[derive(Clone, Copy, Debug, Default)]
pub struct Responses;

impl Wire for Responses {
    fn name(&self) -> &'static str {
        NAME
    }

    fn request(&self, call: &Call<'_>) -> Result<Outgoing, Failure> {
        let (url, headers) = (format!("{}/responses", call.base_url), bearer(call.key)?);
        Ok(Outgoing { url, headers, body: body::body(call)? })
    }

    fn takes_picture_urls(&self, base_url: &str) -> bool {
        Host::at(base_url) == Host::OpenAi
    }

    fn reader(&self, call: &Call<'_>) -> Box<dyn Reader> {
        Box::new(reader::ResponsesReader::of(call))
    }

    fn failure(&self, call: &Call<'_>, status: StatusCode, _headers: &HeaderMap, body: &[u8]) -> Failure {
        Faults::of(call).status(status, body)
    }
}
