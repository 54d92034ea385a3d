//! The pieces of a message.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{AttachmentId, Kept};
use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::ToSchema;

pub use domain::attachment::IMAGE_TYPES;

/// A piece that a client may send.
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
        /// `image/png`, `image/jpeg`, `image/gif` or `image/webp`; of bytes it must be what they are.
        media_type: Option<String>,
    },
    /// A picture uploaded before.
    ImageFile {
        /// `img_` and 32 hex digits.
        image_id: String,
        /// For display.
        filename: Option<String>,
    },
    /// A file uploaded before (from the vendor's types 0.50 on).
    File {
        /// `file_` and 32 hex digits.
        file_id: String,
        filename: Option<String>,
    },
}

/// Bytes that were sent as standard base64 with its padding. Decoded with the body, off the threads that serve.
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

/// A piece of a message as it is shown.
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
        /// Not in events: those have a URL of this server in its place.
        #[serde(skip_serializing_if = "is_written_apart")]
        #[schema(value_type = Option<String>, content_encoding = "base64")]
        base64: Option<AttachmentId>,
    },
    ImageFile {
        image_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        filename: Option<String>,
    },
    /// Only in the answer to who has just sent it: readers built on the vendor's SDKs cannot parse it.
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

/// Bytes are read and encoded while the answer is written, behind the part's other fields: `answer::pieces`.
fn is_written_apart(_: &Option<AttachmentId>) -> bool {
    true
}

/// The agent asks for a tool to be run.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ToolCall {
    pub id: String,
    pub name: String,
    /// As the model wrote them, mostly an object.
    #[schema(value_type = Value)]
    pub arguments: Kept,
}
