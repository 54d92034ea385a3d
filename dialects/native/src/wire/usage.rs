//! The record of a model call: what was asked, and what it cost.

use domain::{
    controls::{Reasoning, Speed},
    step, usage,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::schema;

/// The record of a finished model call.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepRecord {
    /// The configured name of the provider. Absent for `echo` and `scripted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The provider's name of the model.
    pub model: String,
    pub usage: Tokens,
    #[schema(value_type = schema::Stop)]
    pub stop: step::Stop,
    /// US dollars as a decimal number. Absent if the price is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0.00325")]
    pub cost_usd: Option<String>,
    /// Number of failed calls before it.
    pub failed_tries: u32,
    /// The reasoning that was asked for, in a word that the model takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Reasoning>)]
    pub reasoning: Option<Reasoning>,
    /// The speed that was asked for, in a word that the model takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Speed>)]
    pub speed: Option<Speed>,
    /// The provider's id of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// Tokens in buckets, as the provider counts them. The buckets of the input do not overlap.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tokens {
    /// Input that came from no cache.
    pub input: u64,
    /// Input that the provider read from its cache.
    pub cache_read: u64,
    /// Input that the provider wrote to its cache.
    pub cache_write: u64,
    /// All output, thinking included.
    pub output: u64,
    /// The part of the output that is thinking. 0 where the provider does not say it.
    pub reasoning: u64,
}

impl From<usage::Usage> for Tokens {
    fn from(usage: usage::Usage) -> Self {
        Self {
            input: usage.input,
            cache_read: usage.cache_read,
            cache_write: usage.cache_write.saturating_add(usage.cache_write_1h),
            output: usage.output,
            reasoning: usage.reasoning,
        }
    }
}

impl From<step::Record> for StepRecord {
    fn from(record: step::Record) -> Self {
        Self {
            provider: record.provider,
            model: record.model,
            usage: record.usage.into(),
            stop: record.stop,
            cost_usd: record.cost.map(|cost| cost.to_string()),
            failed_tries: record.failed_tries,
            reasoning: record.reasoning,
            speed: record.speed,
            request_id: record.request_id,
        }
    }
}
