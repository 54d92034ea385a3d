//! Feather's bodies as they stand on the wire (docs.featherhq.com, API reference).

mod chat;
mod guest;
mod message;
mod thread;
mod visit;
mod widget;

use serde::Serialize;
use utoipa::ToSchema;

pub use chat::*;
pub use guest::*;
pub use message::*;
pub use thread::*;
pub use visit::*;
pub use widget::*;

/// The size of a page and the cursor of the next one.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Pagination {
    pub limit: i64,
    /// Send it as `cursor` to get the next page. Null if there is no next page.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
}

/// The body of every error answer.
#[derive(Serialize, ToSchema)]
pub struct ErrorResponse {
    /// The answer's HTTP status.
    pub status: u16,
    pub message: String,
    /// A stable code in upper snake case, for example `NOT_FOUND`.
    pub code: String,
    /// Always false.
    pub success: bool,
}
