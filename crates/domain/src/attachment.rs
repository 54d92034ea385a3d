//! Bytes under a name.

use crate::{AttachmentId, ProjectId, Timestamp};

/// An uploaded file: its bytes are stored once by their hash, its name and type belong to the upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    pub id: AttachmentId,
    pub project: ProjectId,
    /// SHA-256 of the bytes.
    pub hash: [u8; 32],
    /// Without folders and control characters.
    pub name: String,
    /// What the bytes are by their first ones, whatever the sender claims.
    pub media_type: String,
    pub size_bytes: i64,
    pub created_at: Timestamp,
}

impl Attachment {
    /// Whether it is one of the picture types that models read.
    pub fn is_image(&self) -> bool {
        matches!(self.media_type.as_str(), "image/png" | "image/jpeg" | "image/gif" | "image/webp")
    }
}
