//! Feather's bodies as they stand on the wire (docs.featherhq.com, API reference).

mod chat;
mod message;
mod thread;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use chat::*;
pub use message::*;
pub use thread::*;

/// A page's size and where the next one begins.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    pub limit: i64,
    /// What to send as `cursor` for the next page; null when there is none.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// How many rows a page has: 1 to 100, by default `DEFAULT`.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
pub struct PageLimit<const DEFAULT: i64>(pub i64);

impl<const DEFAULT: i64> Default for PageLimit<DEFAULT> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<const DEFAULT: i64> TryFrom<i64> for PageLimit<DEFAULT> {
    type Error = &'static str;

    fn try_from(limit: i64) -> Result<Self, Self::Error> {
        if (1..=100).contains(&limit) { Ok(Self(limit)) } else { Err("must be 1 to 100") }
    }
}

/// Every error.
#[derive(Serialize, ToSchema)]
pub struct ErrorResponse {
    /// The status of the answer.
    pub status: u16,
    pub message: String,
    /// Stable, in upper snake case: `NOT_FOUND`.
    pub code: String,
    /// Always false.
    pub success: bool,
}
