//! Capy's bodies as they stand on the wire (its OpenAPI document, `components.schemas`).

mod field;
mod message;
mod snapshot;

use serde::Serialize;
use utoipa::ToSchema;

pub use message::{
    ListMessagesQuery, ListMessagesResponse, ListedMessage, Mode, Reasoning, ReasoningMode, SendMessageResponse,
    SendThreadMessageBody, Source, Speed, Status,
};
pub use snapshot::{BrowserSnapshotDetail, CreateBrowserSnapshotBody};

/// Every error.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorResponse {
    #[schema(inline)]
    pub error: ErrorBody,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorBody {
    /// Stable, in snake case: `not_found`.
    pub code: String,
    pub message: String,
    /// Of a `validation_error`: what is wrong where.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline, nullable = false)]
    pub details: Option<Vec<Detail>>,
}

/// One fault of a request.
#[derive(Serialize, ToSchema)]
pub struct Detail {
    /// Dotted path of the field from the body's root, or a query parameter's name; empty: the whole body.
    pub path: String,
    pub message: String,
    /// Stable, in snake case: `invalid_parameter`.
    pub code: String,
}
