//! Capy's bodies as they stand on the wire (its OpenAPI document, `components.schemas`).

pub mod field;
mod filter;
mod message;
mod model;
mod project;
mod schema;
mod snapshot;
mod tag;
mod task;
mod thread;
pub mod usage;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use filter::{ListThreadsQuery, PrState, ThreadOrigin};
pub use message::{
    ListMessagesQuery, ListMessagesResponse, ListedMessage, Mode, Reasoning, ReasoningMode, SendMessageResponse,
    SendThreadMessageBody, Source, Speed, Status,
};
pub use model::{ListModelsResponse, ListedModel, listed_models};
pub use project::{ListProjectsQuery, ListProjectsResponse, Project};
pub use snapshot::{
    BrowserSnapshotDetail, CreateBrowserSnapshotBody, DeleteBrowserSnapshotResponse, ListBrowserSnapshotsResponse,
    ListedBrowserSnapshot, UpdateBrowserSnapshotBody,
};
pub use tag::{
    Color, CreateThreadTagBody, ListThreadTagsResponse, SetThreadTagsBody, SetThreadTagsResponse, ThreadTag,
};
pub use task::{ListTasksQuery, ListTasksResponse, Task};
pub use thread::{
    ArchiveThreadBody, ArchiveThreadResponse, CarriedTag, CreateThreadBody, CreateThreadResponse, ListThreadsResponse,
    Participant, RunState, StopThreadResponse, ThreadListItem, ThreadStatus, UnarchiveThreadBody, UserType, WaitingOn,
};

/// An object without a field.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Every error.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorResponse {
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
    #[schema(nullable = false)]
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
