//! The error body.

use serde::Serialize;
use utoipa::ToSchema;

/// Every error.
#[derive(Serialize, ToSchema)]
pub struct APIErrors {
    /// Two: the error, then the same as older clients know it.
    #[schema(min_items = 2, max_items = 2)]
    pub errors: Vec<APIError>,
}

#[derive(Serialize, ToSchema)]
pub struct APIError {
    /// Stable: `thread_not_found`, and deprecated `NOT_FOUND`.
    pub code: String,
    pub deprecated: bool,
    pub message: String,
    pub will_be_deprecated: bool,
}
