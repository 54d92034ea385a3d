//! Models.

use domain::model;
use serde::Serialize;
use utoipa::ToSchema;

use super::schema;

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListModelsResponse {
    pub models: Vec<ListedModel>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListedModel {
    #[schema(schema_with = schema::listed_model)]
    pub id: &'static str,
    pub name: &'static str,
    pub provider: &'static str,
    /// True if a message may choose this model.
    pub captain_eligible: bool,
}

/// The models that a message may choose: `SendThreadMessageBody.model.enum` of the contract, in its order.
pub(super) const MODELS: [&str; 26] = [
    "claude-opus-4-8",
    "claude-opus-4-7",
    "claude-opus-4-6",
    "claude-opus-4-5",
    "claude-sonnet-4-6",
    "claude-haiku-4-5",
    "gpt-5.5",
    "gpt-5.5-pro",
    "gpt-5.4",
    "gpt-5.4-mini",
    "gpt-5.3-codex",
    "gpt-5.3-codex-spark",
    "gemini-3.1-pro-preview",
    "gemini-3-flash-preview",
    "grok-4-1-fast",
    "glm-5.2",
    "glm-5.1",
    "glm-5v-turbo",
    "glm-5",
    "deepseek-v4-pro",
    "glm-5-turbo",
    "glm-4.7",
    "kimi-k2.7-code",
    "kimi-k2.6",
    "qwen3-coder",
    "claude-fable-5",
];

/// A message may choose it, and Capy's list of models leaves it out.
const UNLISTED_MODEL: &str = "claude-fable-5";

/// The names of models in other revisions of Capy's API, and `auto`, its own choice of one.
pub(super) const FORMER_MODELS: &[&str] = &[
    "auto",
    "claude-opus-4-6-fast",
    "claude-sonnet-4-5",
    "claude-sonnet-5",
    "composer-2.5-fast",
    "gemini-3-flash",
    "gemini-3-pro",
    "gemini-3.1-pro",
    "gpt-5",
    "gpt-5-codex",
    "gpt-5.1",
    "gpt-5.1-codex",
    "gpt-5.1-codex-max",
    "gpt-5.2",
    "gpt-5.2-codex",
    "gpt-5.2-codex-fast",
    "gpt-5.2-fast",
    "gpt-5.2-pro",
    "gpt-5.3-codex-fast",
    "gpt-5.4-fast",
    "gpt-5.6-luna",
    "gpt-5.6-sol",
    "gpt-5.6-terra",
    "grok-4",
    "grok-4-5",
    "grok-4.1-fast",
    "kimi-k2",
    "kimi-k2.5",
    "kimi-k3",
    "qwen-3-coder",
];

/// The names of the models that Capy lists.
pub(super) fn listed_names() -> impl Iterator<Item = &'static str> {
    MODELS.into_iter().filter(|name| *name != UNLISTED_MODEL)
}

/// The models that Capy lists.
pub fn listed_models() -> impl Iterator<Item = &'static model::Model> {
    listed_names().filter_map(model::by_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_model_of_the_contract_stands_in_the_catalogue() {
        for name in MODELS {
            assert!(model::by_name(name).is_some(), "{name}");
            assert!(!FORMER_MODELS.contains(&name), "{name}");
        }
    }
}
