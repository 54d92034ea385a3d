//! Something said in a thread.

use serde::{Deserialize, Serialize};

use crate::{
    AttachmentId, Kept, Map, MessageId, ThreadId, Timestamp, TurnId,
    author::{Author, ExternalActor},
    caller::Subject,
    controls::{Controls, words},
    envelope::Envelope,
    kept::given,
};

words! {
    /// Who speaks: a person or program, the agent, or a tool that the agent called.
    Role { User = "user", Agent = "agent", Tool = "tool" }
}

/// Something said in a thread. Complete once it is in the log; what is changed of it later is an entry of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub id: MessageId,
    pub thread: ThreadId,
    /// The entry of the log that is this message.
    pub seq: i64,
    pub turn: Option<TurnId>,
    pub role: Role,
    pub author: Author,
    pub at: Timestamp,
    pub body: Body,
}

impl Message {
    /// The message as this subject is told of it. Why a turn failed is for keys alone.
    pub fn shown_to(mut self, subject: Subject) -> Self {
        if !subject.is_key() {
            self.body.error_code = None;
        }
        self
    }
}

/// Everything of a message that the database keeps as one document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Body {
    pub content: Vec<Part>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<Thinking>,
    #[serde(skip_serializing_if = "Controls::is_empty")]
    pub controls: Controls,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_actor: Option<ExternalActor>,
    /// The participant it is addressed to in a conversation of several agents (Everruns); kept as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addressed_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub envelope: Option<Envelope>,
    /// The door it came in by: a dialect's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub door: Option<String>,
    /// The sender's own name for it, within the thread (Capy `messageId`, Everruns `client_message_id`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// What the sender asked to happen while a turn is open; absent: the door's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_busy: Option<crate::controls::Policy>,
    /// An agent message whose turn ended before the model had finished it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    /// The explanation that a failed turn leaves in the thread, with the failure's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The model that said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
}

/// What a model thought before it spoke, and the provider's signature over it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thinking {
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// One piece of a message. Bytes are never here: they are an attachment, named by its id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "PartFields")]
pub enum Part {
    Text {
        text: String,
    },
    /// A picture sent along: by URL, or as bytes that became an attachment.
    Image {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attachment: Option<AttachmentId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        media_type: Option<String>,
    },
    /// A picture uploaded before, named by its id.
    ImageFile {
        attachment: AttachmentId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filename: Option<String>,
    },
    /// A file that was sent along.
    File {
        attachment: AttachmentId,
        name: String,
        media_type: String,
        size_bytes: i64,
    },
    /// A file by reference; nobody here fetches it.
    Link {
        url: String,
    },
    ToolCall(ToolCall),
    ToolResult(ToolResult),
}

/// The agent asks for a tool to be run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Unique within its thread; the tool's idempotency key.
    pub id: String,
    pub name: String,
    pub arguments: Kept,
}

/// What a tool gave back: a result or an error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolResult {
    pub tool_call_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub result: Option<Kept>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Every field that a part may have. serde's own way to read a tagged type would buffer them, and lose what is kept as text.
#[derive(Deserialize)]
struct PartFields {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
    url: Option<String>,
    attachment: Option<AttachmentId>,
    media_type: Option<String>,
    filename: Option<String>,
    name: Option<String>,
    size_bytes: Option<i64>,
    id: Option<String>,
    #[serde(default, deserialize_with = "given")]
    arguments: Option<Kept>,
    tool_call_id: Option<String>,
    #[serde(default, deserialize_with = "given")]
    result: Option<Kept>,
    error: Option<String>,
}

impl TryFrom<PartFields> for Part {
    type Error = String;

    fn try_from(fields: PartFields) -> Result<Self, String> {
        let kind = fields.kind.clone();
        fields.read().ok_or_else(|| format!("not a content part: unknown type {kind}, or a field is missing"))
    }
}

impl PartFields {
    fn read(self) -> Option<Part> {
        let Self { text, url, media_type, filename, .. } = self;
        Some(match self.kind.as_str() {
            "text" => Part::Text { text: text? },
            "image" => Part::Image { url, attachment: self.attachment, media_type },
            "image_file" => Part::ImageFile { attachment: self.attachment?, filename },
            "file" => Part::File {
                attachment: self.attachment?,
                name: self.name?,
                media_type: media_type?,
                size_bytes: self.size_bytes?,
            },
            "link" => Part::Link { url: url? },
            "tool_call" => Part::ToolCall(ToolCall { id: self.id?, name: self.name?, arguments: self.arguments? }),
            "tool_result" => Part::ToolResult(ToolResult {
                tool_call_id: self.tool_call_id?,
                result: self.result,
                error: self.error,
            }),
            _ => return None,
        })
    }
}

impl Body {
    pub fn text(text: impl Into<String>) -> Self {
        Self { content: vec![Part::Text { text: text.into() }], ..Self::default() }
    }

    /// Whether the message has something to read, and so stands in the lists of doors that show only text.
    /// Messages with only tool calls, results or thinking do not.
    pub fn is_listed(&self) -> bool {
        self.content.iter().any(|p| {
            !matches!(p, Part::ToolCall(_) | Part::ToolResult(_))
                && !matches!(p, Part::Text { text } if text.is_empty())
        })
    }

    /// The text parts joined by a blank line, other parts as their name in brackets; calls and results are left out.
    pub fn plain_text(&self) -> String {
        let pieces: Vec<String> = self.content.iter().filter_map(Part::plain_text).collect();
        pieces.join("\n\n")
    }

    /// Only the text parts, joined by a blank line.
    pub fn only_text(&self) -> String {
        let texts: Vec<&str> = self
            .content
            .iter()
            .filter_map(|p| if let Part::Text { text } = p { Some(text.as_str()) } else { None })
            .collect();
        texts.join("\n\n")
    }

    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        self.content.iter().filter_map(|p| if let Part::ToolCall(call) = p { Some(call) } else { None })
    }

    pub fn tool_results(&self) -> impl Iterator<Item = &ToolResult> {
        self.content.iter().filter_map(|p| if let Part::ToolResult(result) = p { Some(result) } else { None })
    }
}

/// Whether there is nothing to read in the text: white space alone, as Unicode or Python has it. Providers use the one or the other.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

impl Part {
    /// Whether it is text in which there is nothing to read.
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Text { text } if is_blank(text))
    }

    /// The stored bytes that it names.
    pub fn attachment(&self) -> Option<AttachmentId> {
        match self {
            Self::Image { attachment, .. } => *attachment,
            Self::ImageFile { attachment, .. } | Self::File { attachment, .. } => Some(*attachment),
            Self::Text { .. } | Self::Link { .. } | Self::ToolCall(_) | Self::ToolResult(_) => None,
        }
    }

    fn plain_text(&self) -> Option<String> {
        match self {
            Self::Text { text } => Some(text.clone()),
            Self::Image { url: Some(url), .. } | Self::Link { url } => Some(format!("[{url}]")),
            Self::Image { .. } => Some("[image]".into()),
            Self::ImageFile { filename, .. } => Some(format!("[{}]", filename.as_deref().unwrap_or("image"))),
            Self::File { name, .. } => Some(format!("[{name}]")),
            Self::ToolCall(_) | Self::ToolResult(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_joins_texts_and_names_the_rest() {
        let body = Body {
            content: vec![
                Part::Text { text: "Look:".into() },
                Part::Link { url: "https://example.com/a.png".into() },
                Part::ToolCall(ToolCall { id: "c".into(), name: "n".into(), arguments: Map::new().into() }),
            ],
            ..Body::default()
        };
        assert_eq!(body.plain_text(), "Look:\n\n[https://example.com/a.png]");
        assert!(body.is_listed());
        assert!(!Body { content: body.content[2..].to_vec(), ..Body::default() }.is_listed());
    }
}
