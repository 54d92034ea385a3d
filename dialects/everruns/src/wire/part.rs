//! The content parts of a message.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{AttachmentId, Kept};
use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::ToSchema;

pub use domain::attachment::IMAGE_TYPES;

/// A content part that a client may send.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum InputContentPart {
    Text {
        text: String,
    },
    /// A picture, by URL or as bytes.
    Image {
        url: Option<String>,
        #[schema(value_type = Option<String>, content_encoding = "base64")]
        base64: Option<Base64>,
        /// `image/png`, `image/jpeg`, `image/gif` or `image/webp`. For bytes, it must match them.
        media_type: Option<String>,
    },
    /// A picture that was uploaded before.
    ImageFile {
        /// `img_` and 32 hex digits.
        image_id: String,
        /// A name to show.
        filename: Option<String>,
    },
    /// A file that was uploaded before (since version 0.50 of the vendor's types).
    File {
        /// `file_` and 32 hex digits.
        file_id: String,
        filename: Option<String>,
    },
}

/// Bytes from standard base64 with padding. Decoded with the body, outside of the async threads.
#[derive(Clone, PartialEq, Eq)]
pub struct Base64(pub Vec<u8>);

impl<'de> Deserialize<'de> for Base64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match STANDARD.decode(text) {
            Ok(bytes) if !bytes.is_empty() => Ok(Self(bytes)),
            Ok(_) => Err(de::Error::custom("base64 must not be empty")),
            Err(_) => {
                Err(de::Error::custom("base64 must be in the standard alphabet, padded, without spaces or a prefix"))
            }
        }
    }
}

impl fmt::Debug for Base64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Base64({} bytes)", self.0.len())
    }
}

/// A content part of a shown message.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ContentPart {
    Text {
        text: String,
    },
    Image {
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        media_type: Option<String>,
        /// Absent in events, which have a URL of this server instead.
        #[serde(skip_serializing_if = "is_written_apart")]
        #[schema(value_type = Option<String>, content_encoding = "base64")]
        base64: Option<AttachmentId>,
    },
    ImageFile {
        image_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        filename: Option<String>,
    },
    /// Shown only in the answer to the sender, because the vendor's SDKs cannot parse it.
    File {
        file_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        filename: Option<String>,
    },
    ToolCall(ToolCall),
    ToolResult {
        tool_call_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = Option<Value>)]
        result: Option<Kept>,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
}

/// The bytes are read and encoded while the answer is written, after the part's other fields (`answer::pieces`).
fn is_written_apart(_: &Option<AttachmentId>) -> bool {
    true
}

/// The agent's request to run a tool.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    /// The arguments as the model wrote them, usually an object.
    #[schema(value_type = Value)]
    pub arguments: Kept,
}
