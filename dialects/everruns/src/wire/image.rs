//! Pictures.

use domain::{Map, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ImageUploadResponse {
    /// `img_` and 32 hex digits: what `image_file` parts name.
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
    /// `session_id`, when it was uploaded for one.
    #[schema(value_type = Object)]
    pub metadata: Map,
}

/// The form of an upload. Only its schema is used: it is read as a stream.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct ImageForm {
    /// The session that it is for; before the file.
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
    /// The session that it is for; kept, and nothing follows from it.
    pub session_id: Option<String>,
}

/// `GET /v1/images`.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ImagesQuery {
    /// 50 when absent.
    #[param(minimum = 1, maximum = 1000)]
    pub limit: Option<u32>,
    /// Items to skip; 0 when absent.
    #[param(minimum = 0)]
    pub offset: Option<u32>,
}
