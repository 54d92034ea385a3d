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

/// The body of every error answer.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorResponse {
    pub error: ErrorBody,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErrorBody {
    /// A stable code in snake case, for example `not_found`.
    pub code: String,
    pub message: String,
    /// Present for a `validation_error`: each invalid field with its reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub details: Option<Vec<Detail>>,
}

/// One invalid field of a request.
#[derive(Serialize, ToSchema)]
pub struct Detail {
    /// Dotted path of the field from the body's root, or the name of a query parameter. Empty for the whole body.
    pub path: String,
    pub message: String,
    /// A stable code in snake case, for example `invalid_parameter`.
    pub code: String,
}
