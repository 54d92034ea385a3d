//! The error body.

use serde::Serialize;
use utoipa::ToSchema;

/// The body of every error answer.
#[derive(Serialize, ToSchema)]
pub struct APIErrors {
    /// Two entries: the error, and the same error in the form that older clients know.
    #[schema(min_items = 2, max_items = 2)]
    pub errors: Vec<APIError>,
}

#[derive(Serialize, ToSchema)]
pub struct APIError {
    /// A stable code, for example `thread_not_found`; the deprecated form is `NOT_FOUND`.
    pub code: String,
    pub deprecated: bool,
    pub message: String,
    pub will_be_deprecated: bool,
}
