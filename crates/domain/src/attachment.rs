//! Bytes under a name.

use crate::{AttachmentId, ProjectId, ThreadId, Timestamp};

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
    /// The thread that its sender said it was for; nothing follows from it.
    pub thread: Option<ThreadId>,
}

/// The types of pictures that models read.
pub const IMAGE_TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

impl Attachment {
    /// Whether it is one of the picture types that models read.
    pub fn is_image(&self) -> bool {
        IMAGE_TYPES.contains(&self.media_type.as_str())
    }
}
