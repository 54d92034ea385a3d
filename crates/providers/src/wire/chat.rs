//! The wire `chat`: OpenAI's Chat Completions, and all servers that are compatible with it.
//!
//! Source: OpenAI's reference of Chat Completions and the documentation of Ollama, vLLM, llama.cpp, LM Studio, OpenRouter,
//! LiteLLM, DeepSeek, Moonshot, Z.AI and xAI, as of 2026-11-30.
//!
//! | event's data | meaning |
//! |---|---|
//! | `choices[0].delta.content` | text |
//! | `choices[0].delta.refusal` | text of a refusal |
//! | `choices[0].delta.reasoning_content`, `.reasoning` | thinking; one of the two is shown if both come |
//! | `choices[0].delta.reasoning_details` | thinking as OpenRouter gives it back, shown if neither of the two comes |
//! | `choices[0].delta.tool_calls` | pieces of calls ([`calls`]) |
//! | `choices[0].finish_reason` | the terminal sign; usage may follow |
//! | `usage`, `choices[0].usage` | the usage, as often as it comes |
//! | `error`, `object: "error"`, `event: error` | a failure |
//! | `[DONE]`, or the end of the connection | the end, if the terminal sign came |
//! | anything else, and choices other than the first | skipped |
//!
//! | finish reason | stop or fault |
//! |---|---|
//! | `tool_calls`, `function_call`, `stop`, an unknown word | `tool_calls` with calls, `refusal` after a refusal, else `end` |
//! | `length`, `max_tokens` | `max_tokens` |
//! | `model_context_window_exceeded` | `window` |
//! | `content_filter`, `sensitive` | `filter`, or the fault `refused` if nothing was said |
//! | `insufficient_system_resource` | the fault `unavailable` |
//! | `error`, `network_error` | the fault `upstream` |
//!
//! The blocks are one assistant message: content, reasoning and calls as the provider gave them.

mod blocks;
mod body;
mod calls;
mod controls;
mod details;
mod event;
mod reader;

use http::{HeaderMap, StatusCode};

use super::{Call, Outgoing, Reader, Wire, fault::Faults, headers::bearer, openai::Host};
use crate::model::Failure;

/// The name of the wire in the origin of blocks.
const NAME: &str = "chat";

/// The wire.
#[derive(Clone, Copy, Debug, Default)]
pub struct Chat;

impl Wire for Chat {
    fn name(&self) -> &'static str {
        NAME
    }

    fn request(&self, call: &Call<'_>) -> Result<Outgoing, Failure> {
        Ok(Outgoing {
            url: format!("{}/chat/completions", call.base_url),
            headers: bearer(call.key)?,
            body: body::body(call)?,
        })
    }

    fn takes_picture_urls(&self, base_url: &str) -> bool {
        Host::at(base_url) == Host::OpenAi
    }

    fn reader(&self, call: &Call<'_>) -> Box<dyn Reader> {
        Box::new(reader::ChatReader::of(call))
    }

    fn failure(&self, call: &Call<'_>, status: StatusCode, _headers: &HeaderMap, body: &[u8]) -> Failure {
        Faults::of(call).status(status, body)
    }
}
