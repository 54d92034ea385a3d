//! The pieces of a message.

use domain::{Kept, kept::given};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema::Id;

/// A piece of a message, as a client sends it. Pieces of agents and tools are no part of it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum NewPart {
    Text {
        text: String,
    },
    /// A picture. It has exactly one of `url`, `attachment` and `base64`. Base64 becomes an attachment.
    Image {
        url: Option<String>,
        attachment: Option<Id>,
        /// Base64 with padding (RFC 4648, section 4).
        base64: Option<String>,
        /// The type of the picture, beside `url` or `base64`. The bytes must be of this type.
        media_type: Option<ImageType>,
    },
    /// A picture that was uploaded before.
    ImageFile {
        attachment: Id,
        filename: Option<String>,
    },
    /// A file that was uploaded before.
    File {
        attachment: Id,
    },
    /// A file by reference. The server does not fetch it.
    Link {
        url: String,
    },
}

/// Every field that a piece may have, so that the one at fault can be named: [`crate::convert::part`] makes a [`NewPart`] of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartFields {
    #[serde(rename = "type")]
    pub kind: PartKind,
    pub text: Option<String>,
    pub url: Option<String>,
    pub attachment: Option<Id>,
    pub base64: Option<String>,
    pub media_type: Option<ImageType>,
    pub filename: Option<String>,
}

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    Text,
    Image,
    ImageFile,
    File,
    Link,
}

/// The types of pictures that models read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum ImageType {
    #[serde(rename = "image/png")]
    Png,
    #[serde(rename = "image/jpeg")]
    Jpeg,
    #[serde(rename = "image/gif")]
    Gif,
    #[serde(rename = "image/webp")]
    Webp,
}

impl ImageType {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }
}

/// A piece of a message. Bytes are an attachment, and the piece has its id.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    Text {
        text: String,
    },
    /// A model's thinking, at its place between the other parts.
    Thinking {
        text: String,
    },
    /// A picture, by URL or as an attachment.
    Image {
        #[serde(skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        attachment: Option<Id>,
        #[serde(skip_serializing_if = "Option::is_none")]
        media_type: Option<String>,
    },
    /// A picture that was uploaded before.
    ImageFile {
        attachment: Id,
        #[serde(skip_serializing_if = "Option::is_none")]
        filename: Option<String>,
    },
    File {
        attachment: Id,
        name: String,
        media_type: String,
        size_bytes: i64,
    },
    /// A file by reference. The server does not fetch it.
    Link {
        url: String,
    },
    ToolCall(ToolCall),
    ToolResult(ToolResult),
}

/// The agent asks for a tool to be run.
#[derive(Debug, Serialize, ToSchema)]
pub struct ToolCall {
    /// An id that is unique within the thread. It serves the tool as idempotency key.
    pub id: String,
    pub name: String,
    #[schema(value_type = Value)]
    pub arguments: Kept,
}

/// The answer of a tool: a result or an error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolResult {
    pub tool_call_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    #[schema(value_type = Option<Value>)]
    pub result: Option<Kept>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
