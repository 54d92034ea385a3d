//! The catalogue: models, and the only harness.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A model.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ModelWithProvider {
    pub id: String,
    /// The model's name.
    pub model_id: String,
    pub display_name: String,
    pub provider_id: String,
    pub provider_name: String,
    pub provider_type: String,
    /// Absent for a vendor that the contract does not name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model_vendor: Option<ModelVendor>,
    pub capabilities: Vec<String>,
    /// Always false.
    pub is_favorite: bool,
    /// Always true.
    pub enabled: bool,
    /// Always true.
    pub healthy: bool,
    /// `predefined` for a model of the catalogue, `manual` for one of the server's configuration.
    pub source: ModelSource,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Timestamp,
    /// Path of this resource in this API.
    pub self_url: String,
    /// The same as `self_url`.
    pub view_url: String,
    /// The same as `self_url`.
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

/// The filter of a list of models.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ModelsQuery {
    #[param(inline)]
    pub source: Option<ModelSource>,
    /// Has no effect, because no model is stale.
    pub include_stale: Option<bool>,
    /// `true` lists nothing, because no model is a favorite.
    pub favorites_only: Option<bool>,
}

/// The environment of agents and sessions. There is one.
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

/// The filter of a list of harnesses.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct HarnessesQuery {
    /// Only harnesses with this text in their name; case does not matter.
    pub search: Option<String>,
}

/// A provider of models.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Provider {
    pub id: String,
    pub name: String,
    pub provider_type: String,
    /// Always false: the server stores no provider keys.
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
