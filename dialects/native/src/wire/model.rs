//! Public names of models.

use domain::{
    controls::{Reasoning, Speed},
    model::Tier,
};
use engine::app::models::{Place, PublicModel, Way};
use serde::Serialize;
use utoipa::ToSchema;

use super::schema::{self, Id};

/// A public name of a model, which a message or an agent may choose.
///
/// The abilities are those of the model to which the name leads, by the catalogue and the configuration. An ability is null where
/// nobody describes it, and every word is then sent on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Model {
    /// An id that is the same on every installation: the UUIDv5 of the name.
    pub id: Id,
    pub name: String,
    pub display_name: String,
    /// Absent for a name that only the configuration has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor: Option<&'static str>,
    /// The model is retired. This is the one that its vendor names as the nearest.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "grok-4.3")]
    pub nearest: Option<&'static str>,
    /// Whether the name leads to a provider. `echo` needs none. While no provider is configured, `echo` answers for the others.
    pub connected: bool,
    /// Where the name leads. Absent for `echo`, for a name that is not connected, and below the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route: Option<ModelRoute>,
    /// Tokens of the whole window: input and output.
    #[schema(required)]
    pub context_tokens: Option<u64>,
    /// Most tokens of an input, with room for an answer.
    #[schema(required)]
    pub input_tokens: Option<u64>,
    /// Most tokens of an answer.
    #[schema(required)]
    pub output_tokens: Option<u64>,
    #[schema(required)]
    pub images: Option<bool>,
    /// Whether the model calls tools.
    #[schema(required)]
    pub tools: Option<bool>,
    /// The words of reasoning that the model takes, from the least to the most.
    #[schema(required, value_type = Option<Vec<schema::Reasoning>>)]
    pub reasoning: Option<Vec<Reasoning>>,
    /// The speeds that the model takes, from the slowest on.
    #[schema(required, value_type = Option<Vec<schema::Speed>>)]
    pub speeds: Option<Vec<Speed>>,
    /// By the size of the input, from the smallest on. Null: the price is unknown.
    #[schema(required)]
    pub prices: Option<Vec<ModelPrice>>,
}

/// Where a public name leads.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelRoute {
    #[serde(flatten)]
    pub first: ModelPlace,
    /// The models that answer in its place when it fails for a passing reason, in order.
    pub fallbacks: Vec<ModelPlace>,
}

/// A provider's model.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelPlace {
    /// The public name.
    pub name: String,
    /// The configured name of the provider.
    pub provider: String,
    /// The protocol: `chat`, `responses`, `anthropic` or `gemini`.
    #[schema(example = "chat")]
    pub wire: &'static str,
    /// The provider's address. Only for keys that administer the installation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The provider's name of the model.
    pub model: String,
}

/// A price, in US dollars for a million tokens, as decimal numbers.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelPrice {
    /// The price holds for calls with more tokens of input. 0 for the first price.
    pub above_input_tokens: u64,
    #[schema(example = "2.5")]
    pub input_usd: String,
    #[schema(example = "15")]
    pub output_usd: String,
    /// Input that is read from the provider's cache. Absent: as other input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read_usd: Option<String>,
    /// Input that is written to the provider's cache for some minutes. Absent: as other input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write_usd: Option<String>,
    /// The factor of the fast speed in hundredths. Absent: unknown, and calls at that speed have no cost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fast_percent: Option<u32>,
}

impl From<PublicModel> for Model {
    fn from(public: PublicModel) -> Self {
        let PublicModel { id, name, model, abilities, calls_tools, is_connected, way } = public;
        let abilities = abilities.unwrap_or_default();
        Self {
            id: Id(id.0),
            display_name: model.map_or_else(|| name.clone(), |model| model.display_name.into()),
            name,
            vendor: model.map(|model| model.vendor),
            nearest: model.and_then(domain::model::Model::nearest),
            connected: is_connected,
            route: way.map(Into::into),
            context_tokens: abilities.context,
            input_tokens: abilities.input_tokens(),
            output_tokens: abilities.output,
            images: abilities.images,
            tools: calls_tools,
            reasoning: abilities.reasoning,
            speeds: abilities.speeds,
            prices: Some(abilities.prices.iter().map(Into::into).collect::<Vec<_>>())
                .filter(|prices| !prices.is_empty()),
        }
    }
}

impl From<Way> for ModelRoute {
    fn from(way: Way) -> Self {
        Self { first: way.first.into(), fallbacks: way.fallbacks.into_iter().map(Into::into).collect() }
    }
}

impl From<Place> for ModelPlace {
    fn from(place: Place) -> Self {
        let Place { name, provider, wire, base_url, model, .. } = place;
        Self { name, provider, wire, base_url, model }
    }
}

impl From<&Tier> for ModelPrice {
    fn from(tier: &Tier) -> Self {
        let price = tier.price;
        Self {
            above_input_tokens: tier.above,
            input_usd: price.input.to_string(),
            output_usd: price.output.to_string(),
            cache_read_usd: price.cache_read.map(|usd| usd.to_string()),
            cache_write_usd: price.cache_write.map(|usd| usd.to_string()),
            fast_percent: tier.fast_percent,
        }
    }
}
