//! What a guest does beside writing: types, reads, asks for a person, leaves contact data, and sends files.

use dialect_kit::Given;
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Whether the guest types. Other fields are ignored.
#[derive(Deserialize, ToSchema)]
pub struct TypingBody {
    /// False once the guest has stopped.
    pub typing: bool,
}

/// Whether the guest types.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TypingResponse {
    pub thread_id: String,
    pub typing: bool,
}

/// How far the guest has read. Other fields are ignored.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadUpToBody {
    /// Id of a message of the thread.
    #[schema(format = "uuid")]
    pub up_to: String,
}

/// How far the guest has read.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadUpToResponse {
    pub thread_id: String,
    #[schema(format = "uuid")]
    pub up_to: String,
}

/// A guest's request for a person. Other fields are ignored.
#[derive(Deserialize, ToSchema)]
pub struct AskBody {
    /// For the team.
    #[serde(default)]
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

/// A change of the guest's contact data. An absent field stays, and null removes one. Other fields are ignored.
#[derive(Deserialize, ToSchema)]
pub struct ContactBody {
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    pub name: Given<String>,
    /// An e-mail address.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 320)]
    pub email: Given<String>,
}

/// The guest's contact data. Nobody has checked them.
#[derive(Serialize, ToSchema)]
pub struct ContactResponse {
    #[schema(required = true)]
    pub name: Option<String>,
    #[schema(required = true)]
    pub email: Option<String>,
}

/// An upload as a form. Only its schema is used: the form is read as a stream.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub struct FileForm {
    /// The one field of the form.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// A file that waits for its message.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileResponse {
    /// For `attachmentIds` of a message.
    #[schema(format = "uuid")]
    pub id: String,
    pub name: String,
    /// The type that the server found in the bytes.
    pub media_type: String,
    pub size_bytes: i64,
    #[schema(value_type = String)]
    pub created_at: Timestamp,
}

/// The data of `typing`: whether somebody of the team types.
#[derive(PartialEq, Eq, Serialize, ToSchema)]
pub struct ChatTyping {
    pub typing: bool,
    /// The display name of a member who types.
    #[schema(required = true)]
    pub name: Option<String>,
}
