//! Pages.

use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListMessagesQuery {
    /// How many messages to pass by, from the oldest on.
    #[serde(default)]
    #[param(value_type = i64, required = false, minimum = 0, default = 0)]
    pub offset: Offset,
    /// How many messages to show.
    #[serde(default)]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 100, default = 50)]
    pub limit: PageLimit,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(try_from = "i64")]
pub struct Offset(pub i64);

impl TryFrom<i64> for Offset {
    type Error = &'static str;

    fn try_from(offset: i64) -> Result<Self, Self::Error> {
        if offset >= 0 { Ok(Self(offset)) } else { Err("must not be negative") }
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
pub struct PageLimit(pub i64);

impl Default for PageLimit {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<i64> for PageLimit {
    type Error = &'static str;

    fn try_from(limit: i64) -> Result<Self, Self::Error> {
        if (1..=100).contains(&limit) { Ok(Self(limit)) } else { Err("must be 1 to 100") }
    }
}
