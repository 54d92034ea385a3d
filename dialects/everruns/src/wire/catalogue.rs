//! What there is to choose from: models, and the one harness.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A model of the catalogue.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ModelWithProvider {
    pub id: String,
    /// The model's name.
    pub model_id: String,
    pub display_name: String,
    pub provider_id: String,
    pub provider_name: String,
    pub provider_type: String,
    /// Absent where the contract has no word for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_vendor: Option<ModelVendor>,
    pub capabilities: Vec<String>,
    /// Always false.
    pub is_favorite: bool,
    /// Always true.
    pub enabled: bool,
    /// Always true.
    pub healthy: bool,
    /// Always `predefined`.
    pub source: ModelSource,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Where it is in this API.
    pub self_url: String,
    /// As `self_url`.
    pub view_url: String,
    /// As `self_url`.
    pub ui_link: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ModelSource {
    Manual,
    Discovered,
    Predefined,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ModelVendor {
    Openai,
    Anthropic,
    Google,
    Nvidia,
    Qwen,
    Microsoft,
    Minimax,
    Moonshot,
    Xai,
    Llmsim,
}

/// Which models a list shows.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ModelsQuery {
    #[param(inline)]
    pub source: Option<ModelSource>,
    /// None is stale.
    pub include_stale: Option<bool>,
    /// None is a favourite: `true` lists nothing.
    pub favorites_only: Option<bool>,
}

/// What agents and sessions run in; there is one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Harness {
    pub id: String,
    pub name: String,
    pub display_name: String,
    pub system_prompt: String,
    pub status: HarnessStatus,
    pub is_built_in: bool,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum HarnessStatus {
    Active,
}

/// Which harnesses a list shows.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct HarnessesQuery {
    /// Part of the name, whatever the case.
    pub search: Option<String>,
}

/// Who offers models.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Provider {
    pub id: String,
    pub name: String,
    pub provider_type: String,
    /// Always false: keys are not kept here.
    pub api_key_set: bool,
    pub status: ProviderStatus,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ProviderStatus {
    Active,
}
