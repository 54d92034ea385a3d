//! Attachments: stored bytes with a name.

use crate::{AttachmentId, ProjectId, ThreadId, Timestamp, message::Part};

/// An uploaded file. The bytes are stored once by their hash, and name and type belong to the upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    pub id: AttachmentId,
    pub project: ProjectId,
    /// SHA-256 of the bytes.
    pub hash: [u8; 32],
    /// A file name without folders and control characters.
    pub name: String,
    /// The type detected from the first bytes, whatever the sender claims.
    pub media_type: String,
    pub size_bytes: i64,
    pub created_at: Timestamp,
    /// The thread that the sender named at the upload. Guests name only files of their own thread.
    pub thread: Option<ThreadId>,
}

/// The picture types that models read.
pub const IMAGE_TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// Media types of text beside `text/*`, `*+json` and `*+xml`.
const TEXT_TYPES: [&str; 7] = [
    "application/javascript",
    "application/json",
    "application/sql",
    "application/toml",
    "application/x-sh",
    "application/xml",
    "application/yaml",
];

/// Tells whether files of the media type are text. Parameters behind a semicolon do not matter.
pub fn is_text(media_type: &str) -> bool {
    let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type.starts_with("text/")
        || TEXT_TYPES.contains(&media_type.as_str())
        || media_type.ends_with("+json")
        || media_type.ends_with("+xml")
}

/// Tells whether the media type is a picture type that models read.
pub fn is_image(media_type: &str) -> bool {
    IMAGE_TYPES.contains(&media_type)
}

impl Attachment {
    /// Tells whether the type is a picture type that models read.
    pub fn is_image(&self) -> bool {
        is_image(&self.media_type)
    }

    /// The part by which a message carries it as a file.
    pub fn part(&self) -> Part {
        Part::File {
            attachment: self.id,
            name: self.name.clone(),
            media_type: self.media_type.clone(),
            size_bytes: self.size_bytes,
        }
    }
}
