//! A project's own providers of models, and its routes.

use dialect_kit::Given;
use domain::{
    Error, Result, Timestamp,
    controls::{Reasoning, Speed},
    provider::{self, Kind, Overrides, Protocol, RouteSettings},
    usage::{self, Usd},
};
use engine::app::{checks, switches};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;

/// A service that runs models, for this project alone.
#[derive(Debug, Serialize, ToSchema)]
pub struct Provider {
    pub name: String,
    #[schema(value_type = schema::ProviderKind)]
    pub kind: Kind,
    /// Absent: the vendor's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Absent: by kind and address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::ProviderWire>)]
    pub wire: Option<Protocol>,
    /// Whether the provider has a key. No answer shows the key.
    pub has_key: bool,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
    #[schema(value_type = schema::Time)]
    pub updated_at: Timestamp,
}

/// The settings of a provider. They replace the present ones, the key excepted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderFields {
    /// `openai` is also for every server that speaks OpenAI's API.
    #[schema(value_type = schema::ProviderKind)]
    pub kind: Kind,
    /// An address with http or https, without credentials, query and fragment. It must be public, with port 80, 443, 8080 or 8443,
    /// unless the installation allows others. Absent: the vendor's own.
    #[serde(default)]
    pub base_url: Option<String>,
    /// Absent: `responses` for OpenAI itself, `chat` for other servers of the kind `openai`.
    #[serde(default)]
    #[schema(value_type = Option<schema::ProviderWire>)]
    pub wire: Option<Protocol>,
    /// Absent: the present key stays, unless `kind` or `base_url` changes. Null removes the key.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub api_key: Given<String>,
}

/// A route leads from a public name to a provider's model, for this project alone.
#[derive(Debug, Serialize, ToSchema)]
pub struct Route {
    /// The public name, which messages and agents choose. `default` serves agents without a model.
    pub name: String,
    pub provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    pub fallback: Vec<String>,
    pub disabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub context: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub images: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<schema::Reasoning>>)]
    pub reasoning: Option<Vec<Reasoning>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<schema::Speed>>)]
    pub speeds: Option<Vec<Speed>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prices: Option<Price>,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
    #[schema(value_type = schema::Time)]
    pub updated_at: Timestamp,
}

/// The settings of a route. They replace the present ones.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteFields {
    /// The name of a provider of this project.
    pub provider: String,
    /// The provider's name of the model. Absent: the public name.
    #[serde(default)]
    pub model: Option<String>,
    /// Public names. They answer in order when this route fails for a passing reason, or is disabled.
    #[serde(default)]
    pub fallback: Vec<String>,
    /// A disabled route is not called, and its running calls are stopped.
    #[serde(default)]
    pub disabled: bool,
    /// Tokens of the model's window. Absent here and below: as the catalogue has it for the model.
    #[serde(default)]
    pub context: Option<u64>,
    /// Most tokens of an answer.
    #[serde(default)]
    pub output: Option<u64>,
    /// Whether the model reads pictures.
    #[serde(default)]
    pub images: Option<bool>,
    /// The words of `reasoning` that the model takes.
    #[serde(default)]
    #[schema(value_type = Option<Vec<schema::Reasoning>>)]
    pub reasoning: Option<Vec<Reasoning>>,
    /// The words of `speed` that the model takes.
    #[serde(default)]
    #[schema(value_type = Option<Vec<schema::Speed>>)]
    pub speeds: Option<Vec<Speed>>,
    #[serde(default)]
    pub prices: Option<PriceFields>,
}

/// The price of a model, in dollars for a million tokens, as decimal numbers.
#[derive(Debug, Serialize, ToSchema)]
pub struct Price {
    #[schema(example = "0.25")]
    pub input: String,
    #[schema(example = "1")]
    pub output: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<String>,
}

/// The price of a model, in dollars for a million tokens, as decimal numbers.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PriceFields {
    #[schema(example = "0.25")]
    pub input: String,
    #[schema(example = "1")]
    pub output: String,
    /// Absent: the price of the input.
    #[serde(default)]
    pub cache_read: Option<String>,
    /// Absent: the price of the input.
    #[serde(default)]
    pub cache_write: Option<String>,
}

/// A route of the configuration.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConfiguredRoute {
    /// The name, or the pattern that ends in `*`.
    pub name: String,
    pub provider: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    pub fallback: Vec<String>,
    /// Whether the route is switched off.
    pub disabled: bool,
    /// The number of projects whose turns do not call the route for a while, because it failed again and again on this
    /// server.
    pub broken_for: u64,
}

/// The switch of a route.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RouteSwitch {
    /// True: the route is not called, and its running calls are stopped.
    pub disabled: bool,
}

impl From<switches::ConfiguredRoute> for ConfiguredRoute {
    fn from(route: switches::ConfiguredRoute) -> Self {
        let switches::ConfiguredRoute { name, settings, disabled, broken_for } = route;
        let RouteSettings { provider, model, fallback, .. } = settings;
        Self { name, provider, model, fallback, disabled, broken_for }
    }
}

impl From<provider::Provider> for Provider {
    fn from(provider: provider::Provider) -> Self {
        let provider::Provider { name, kind, base_url, wire, key, created_at, updated_at, .. } = provider;
        Self { name, kind, base_url, wire, has_key: key.is_some(), created_at, updated_at }
    }
}

impl From<provider::Route> for Route {
    fn from(route: provider::Route) -> Self {
        let provider::Route { name, settings, created_at, updated_at, .. } = route;
        let RouteSettings { provider, model, fallback, disabled, overrides } = settings;
        let Overrides { context, output, images, reasoning, speeds, price } = overrides;
        let prices = price.map(Price::from);
        Self {
            name,
            provider,
            model,
            fallback,
            disabled,
            context,
            output,
            images,
            reasoning,
            speeds,
            prices,
            created_at,
            updated_at,
        }
    }
}

impl From<usage::Price> for Price {
    fn from(price: usage::Price) -> Self {
        let text = |usd: Usd| usd.to_string();
        Self {
            input: text(price.input),
            output: text(price.output),
            cache_read: price.cache_read.map(text),
            cache_write: price.cache_write.map(text),
        }
    }
}

impl RouteFields {
    /// # Errors
    /// `invalid` for a price.
    pub fn settings(self) -> Result<RouteSettings> {
        let Self { provider, model, fallback, disabled, context, output, images, reasoning, speeds, prices } = self;
        let price = prices.map(PriceFields::price).transpose()?;
        let overrides = Overrides { context, output, images, reasoning, speeds, price };
        Ok(RouteSettings { provider, model, fallback, disabled, overrides })
    }
}

impl PriceFields {
    fn price(self) -> Result<usage::Price> {
        let usd = |name: &str, text: &str| {
            let wrong = || Error::field(format!("prices.{name}"), "must be dollars in digits, as \"0.25\"");
            Usd::parse(text).ok_or_else(wrong)
        };
        let cache_read = self.cache_read.map(|text| usd("cache_read", &text)).transpose()?;
        let cache_write = self.cache_write.map(|text| usd("cache_write", &text)).transpose()?;
        Ok(usage::Price {
            input: usd("input", &self.input)?,
            output: usd("output", &self.output)?,
            cache_read,
            cache_write,
            cache_write_1h: cache_write,
        })
    }
}

/// The result of asking the model of a route a short question.
#[derive(Debug, Serialize, ToSchema)]
pub struct Checked {
    /// The name of the route.
    pub route: String,
    /// True if the model has answered.
    pub ok: bool,
    pub provider: String,
    /// The provider's name of the model.
    pub model: String,
    pub latency_ms: u64,
    /// The kind of the failure, as a turn has it. Absent if the model has answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// The reason in plain words, and in the provider's own. Absent if the model has answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl From<checks::Checked> for Checked {
    fn from(checked: checks::Checked) -> Self {
        let checks::Checked { route, provider, model, latency_ms, problem } = checked;
        let (code, words) = problem.map(|problem| (problem.fault.as_str(), problem.words)).unzip();
        Self { route, ok: code.is_none(), provider, model, latency_ms, code, problem: words }
    }
}
