//! The record of a model call: what was asked, and what it cost.

use domain::{
    controls::{Reasoning, Speed},
    spent::Spent,
    step, usage,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema::{self, Id};

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
    /// Facts that the call's caller should know. Empty for almost every call. `input_cut`: the provider has read far less
    /// than it was sent, so it may have cut the prompt without a word. Set the model's `context` to its real window.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<schema::Warning>)]
    pub warnings: Vec<step::Warning>,
    /// Whether the agent's own program reported it. The server has only bounded the numbers.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub reported: bool,
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

/// The use of model calls, failed calls included.
#[derive(Debug, Serialize, ToSchema)]
pub struct Usage {
    /// Number of calls that used tokens.
    pub calls: u64,
    /// Number of these calls that failed.
    pub failed_calls: u64,
    /// Number of these calls without a known price. Their cost is missing in `cost_usd`.
    pub unpriced_calls: u64,
    /// Number of these calls that programs of external agents reported. The server has only bounded their numbers.
    pub reported_calls: u64,
    pub tokens: Tokens,
    /// US dollars as a decimal number. Absent if no call has a known price.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0.00325")]
    pub cost_usd: Option<String>,
}

impl From<Spent> for Usage {
    fn from(spent: Spent) -> Self {
        Self {
            calls: spent.calls,
            failed_calls: spent.failed,
            unpriced_calls: spent.unpriced,
            reported_calls: spent.reported,
            tokens: spent.usage.into(),
            cost_usd: spent.known_cost().map(|cost| cost.to_string()),
        }
    }
}

/// The use of a project's model calls on a day, by an agent, for a key, or of a model, as `by` asks.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsageGroup {
    /// The day in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "2026-11-30", format = Date)]
    pub day: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Id>,
    /// The agent's present name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent_name: Option<String>,
    /// The key that sent the first message of the turn. Absent for people who came without a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Id>,
    /// The key's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_name: Option<String>,
    /// The configured name of the provider. Absent for `echo`, `scripted`, and calls of programs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The provider's name of the model. Absent if a program did not say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    pub usage: Usage,
}

/// A page of groups, and the use of the whole period.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsagePage {
    pub data: Vec<UsageGroup>,
    /// The `cursor` of the next page, for an otherwise equal query. Null on the last page.
    #[schema(required)]
    pub next: Option<String>,
    pub total: Usage,
}

/// Tokens that a scripted call reports. Absent buckets are 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScriptedTokens {
    pub input: u32,
    pub cache_read: u32,
    pub cache_write: u32,
    pub output: u32,
    pub reasoning: u32,
}

impl From<ScriptedTokens> for usage::Usage {
    fn from(tokens: ScriptedTokens) -> Self {
        Self {
            input: tokens.input.into(),
            cache_read: tokens.cache_read.into(),
            cache_write: tokens.cache_write.into(),
            cache_write_1h: 0,
            output: tokens.output.into(),
            reasoning: tokens.reasoning.into(),
        }
    }
}

impl From<usage::Usage> for ScriptedTokens {
    fn from(usage: usage::Usage) -> Self {
        let count = |tokens: u64| u32::try_from(tokens).unwrap_or(u32::MAX);
        Self {
            input: count(usage.input),
            cache_read: count(usage.cache_read),
            cache_write: count(usage.cache_write.saturating_add(usage.cache_write_1h)),
            output: count(usage.output),
            reasoning: count(usage.reasoning),
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
            warnings: record.warnings,
            reported: record.reported,
        }
    }
}
