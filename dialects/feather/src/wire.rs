//! Feather's bodies as they stand on the wire (docs.featherhq.com, API reference).

mod chat;
mod message;
mod thread;

use serde::Serialize;
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
