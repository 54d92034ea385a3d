//! Budgets of model calls.

use domain::{
    budget::{self, Per},
    usage::Usd,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, schema::Type},
};

use super::schema;

/// The most that model calls of one period may use. At least one of `tokens` and `usd` is given. Zero allows no call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// One budget for each period.
    #[schema(value_type = schema::Per)]
    pub per: Per,
    /// All tokens, of the input and of the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    /// Under a budget of money, a turn fails if the price of its model is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd: Option<Dollars>,
}

/// An amount of US dollars as a decimal string.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dollars(pub Usd);

impl Serialize for Dollars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Dollars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Usd::parse(&text).map(Self).ok_or_else(|| D::Error::custom("expected dollars in digits, as \"0.25\""))
    }
}

impl PartialSchema for Dollars {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^[0-9]{1,6}(\\.[0-9]{1,12})?$"))
            .description(Some("Dollars as a decimal number, with at most 12 digits after the point."))
            .into()
    }
}

impl ToSchema for Dollars {}

impl From<Budget> for budget::Budget {
    fn from(budget: Budget) -> Self {
        Self { per: budget.per, tokens: budget.tokens, usd: budget.usd.map(|usd| usd.0) }
    }
}

impl From<budget::Budget> for Budget {
    fn from(budget: budget::Budget) -> Self {
        Self { per: budget.per, tokens: budget.tokens, usd: budget.usd.map(Dollars) }
    }
}

/// The budgets of the wire as the engine has them.
pub fn budgets(wire: Vec<Budget>) -> Vec<budget::Budget> {
    wire.into_iter().map(Into::into).collect()
}

/// The budgets of the engine as the wire has them.
pub fn shown(budgets: Vec<budget::Budget>) -> Vec<Budget> {
    budgets.into_iter().map(Into::into).collect()
}
