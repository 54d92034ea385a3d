//! Providers and routes that a project sets for itself.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    ProjectId, StoredSecret, Timestamp,
    controls::{Reasoning, Speed, words},
    usage::Price,
};

words! {
    /// The vendor whose API a provider speaks.
    Kind {
        /// OpenAI, and every server that is compatible with it.
        Openai = "openai",
        Anthropic = "anthropic",
        Gemini = "gemini",
    }
}

words! {
    /// The name of a wire.
    Protocol { Chat = "chat", Responses = "responses", Anthropic = "anthropic", Gemini = "gemini" }
}

impl Kind {
    /// The vendor's address.
    pub fn base_url(self) -> &'static str {
        match self {
            Self::Openai => "https://api.openai.com/v1",
            Self::Anthropic => "https://api.anthropic.com/v1",
            Self::Gemini => "https://generativelanguage.googleapis.com/v1beta",
        }
    }

    /// The wires that a provider of the kind may speak.
    pub fn wires(self) -> &'static [Protocol] {
        match self {
            Self::Openai => &[Protocol::Chat, Protocol::Responses],
            Self::Anthropic => &[Protocol::Anthropic],
            Self::Gemini => &[Protocol::Gemini],
        }
    }
}

/// A provider of a project.
#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    pub id: Uuid,
    pub project: ProjectId,
    /// Unique within the project.
    pub name: String,
    pub kind: Kind,
    /// Absent: the vendor's own.
    pub base_url: Option<String>,
    /// Absent: by kind and address.
    pub wire: Option<Protocol>,
    pub key: Option<StoredSecret>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A route of a project: where a public name leads.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    pub project: ProjectId,
    /// The public name. Unique within the project.
    pub name: String,
    pub settings: RouteSettings,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The settings of a route. The stored form of a project's routes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RouteSettings {
    /// The name of a provider.
    pub provider: String,
    /// The provider's name of the model. Absent: the public one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Public names, tried in order when this route fails for a passing reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub fallback: Vec<String>,
    /// True for a route that is not called. Its fallbacks answer in its place.
    #[serde(skip_serializing_if = "is_false")]
    pub disabled: bool,
    #[serde(flatten)]
    pub overrides: Overrides,
}

/// Abilities that are set instead of the catalogue's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Overrides {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<Vec<Reasoning>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speeds: Option<Vec<Speed>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub price: Option<Price>,
}

fn is_false(flag: &bool) -> bool {
    !flag
}
