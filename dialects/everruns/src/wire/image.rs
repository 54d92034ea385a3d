//! Pictures.

use domain::{Map, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImageUploadResponse {
    /// `img_` and 32 hex digits, for use in `image_file` parts.
    pub id: String,
    pub filename: String,
    pub content_type: String,
    pub size_bytes: i64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImageInfo {
    pub id: String,
    pub filename: String,
    pub content_type: String,
    pub size_bytes: i64,
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Contains `session_id` if the upload named a session.
    #[schema(value_type = Object)]
    pub metadata: Map,
}

/// The form of an upload. Only the schema is used, because the body is read as a stream.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct ImageForm {
    /// The session of the picture. Must come before the file.
    session_id: Option<String>,
    /// A PNG, JPEG, GIF or WebP picture.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// `POST /v1/images`.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct UploadQuery {
    /// The session of the picture. Stored without effect.
    pub session_id: Option<String>,
}

/// `GET /v1/images`.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ImagesQuery {
    /// Default: 50.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// Number of items to skip. Default: 0.
    #[param(minimum = 0)]
    pub offset: Option<u32>,
}
