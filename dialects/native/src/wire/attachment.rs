//! Uploaded files.

use domain::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::schema::{self, Id};

/// An uploaded file. Its bytes are at `/threadline/v1/attachments/{id}/content`.
#[derive(Debug, Serialize, ToSchema)]
pub struct Attachment {
    pub id: Id,
    /// The file's name, without folders and control characters.
    pub name: String,
    /// The type that the bytes have. The sender's claim does not count.
    pub media_type: String,
    pub size_bytes: i64,
    /// The hash of the bytes, in lower-case hexadecimal digits.
    pub sha256: String,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
    /// The thread that the sender named. It has no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<Id>,
}

/// An upload as a form. Only its schema is used: the form is read as a stream.
#[derive(ToSchema)]
pub struct FileForm {
    /// The one field of the form.
    pub file: schema::Bytes,
}

impl From<domain::attachment::Attachment> for Attachment {
    fn from(attachment: domain::attachment::Attachment) -> Self {
        Self {
            id: Id(attachment.id.0),
            name: attachment.name,
            media_type: attachment.media_type,
            size_bytes: attachment.size_bytes,
            sha256: attachment.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            created_at: attachment.created_at,
            thread: attachment.thread.map(|id| Id(id.0)),
        }
    }
}
