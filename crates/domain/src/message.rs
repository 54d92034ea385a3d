//! Messages of a thread.

mod stored;

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
    /// The role of a message: a user (person or program), the agent, or a tool that the agent called.
    Role { User = "user", Agent = "agent", Tool = "tool" }
}

/// A message of a thread. It is complete once it is in the log; each later change is an entry.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub id: MessageId,
    pub thread: ThreadId,
    /// The log entry of the message.
    pub seq: i64,
    pub turn: Option<TurnId>,
    pub role: Role,
    pub author: Author,
    pub at: Timestamp,
    pub body: Body,
}

impl Message {
    /// The message in the view of this subject. Only keys get the reason of a failed turn, and the arguments of calls of
    /// built-in tools.
    pub fn shown_to(mut self, subject: Subject) -> Self {
        if !subject.is_key() {
            self.body.error_code = None;
            for part in &mut self.body.content {
                match part {
                    Part::ToolCall(call) if self.body.built_in.contains(&call.id) => call.hide(),
                    _ => {}
                }
            }
            self.body.built_in = Vec::new();
        }
        self
    }
}

/// The content of a message. The database stores it as one document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, from = "stored::Fields")]
pub struct Body {
    /// The parts, in the order in which they were said.
    pub content: Vec<Part>,
    #[serde(skip_serializing_if = "Controls::is_empty")]
    pub controls: Controls,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_actor: Option<ExternalActor>,
    /// The participant to whom the message is addressed, in a conversation of several agents (Everruns). Stored as
    /// sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addressed_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub envelope: Option<Envelope>,
    /// The dialect through which the message came, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub door: Option<String>,
    /// The sender's own id of the message, unique within the thread (Capy `messageId`, Everruns `client_message_id`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The policy while a turn is open. Default: the dialect's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_busy: Option<crate::controls::Policy>,
    /// True for a user's message that asks for no answer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unasked: bool,
    /// True for an agent's message whose turn ended before the model had finished.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub interrupted: bool,
    /// The code of a failure, on the message that explains a failed turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The model that wrote the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The position up to which the model had read the log, on an agent's message behind later entries of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reads: Option<i64>,
    /// Ids of the message's calls of built-in tools. Their arguments are the project's, as a reason for which a person
    /// is wanted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub built_in: Vec<String>,
}

/// A content part of a message. It never contains bytes, which are an attachment with an id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "PartFields")]
pub enum Part {
    Text {
        text: String,
    },
    /// A model's thinking, at its place between the other parts.
    Thinking {
        text: String,
        /// The provider's signature of exactly this part.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    },
    /// A picture, by URL or as bytes that became an attachment.
    Image {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        attachment: Option<AttachmentId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        media_type: Option<String>,
    },
    /// A picture that was uploaded before.
    ImageFile {
        attachment: AttachmentId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filename: Option<String>,
    },
    /// A file that was sent with the message.
    File {
        attachment: AttachmentId,
        name: String,
        media_type: String,
        size_bytes: i64,
    },
    /// The URL of a file. The server does not fetch it.
    Link {
        url: String,
    },
    ToolCall(ToolCall),
    ToolResult(ToolResult),
}

/// An agent's request to run a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolCall {
    /// Unique within its thread. It is the tool's idempotency key.
    pub id: String,
    pub name: String,
    pub arguments: Kept,
}

impl ToolCall {
    /// Removes the arguments, which the reader must not see.
    pub(crate) fn hide(&mut self) {
        self.arguments = Kept::from(serde_json::json!({}));
    }
}

/// The result of a tool, or its error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolResult {
    pub tool_call_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub result: Option<Kept>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PartKind {
    Text,
    Thinking,
    Image,
    ImageFile,
    File,
    Link,
    ToolCall,
    ToolResult,
}

/// All fields of all parts. serde's own decoding of tagged types would buffer the fields and lose those that are kept
/// as text.
#[derive(Deserialize)]
struct PartFields {
    #[serde(rename = "type")]
    kind: PartKind,
    text: Option<String>,
    signature: Option<String>,
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
        let kind = fields.kind;
        fields.read().ok_or_else(|| format!("a part of type {kind:?} lacks a field"))
    }
}

impl PartFields {
    fn read(self) -> Option<Part> {
        let Self { text, url, media_type, filename, .. } = self;
        Some(match self.kind {
            PartKind::Text => Part::Text { text: text? },
            PartKind::Thinking => Part::Thinking { text: text?, signature: self.signature },
            PartKind::Image => Part::Image { url, attachment: self.attachment, media_type },
            PartKind::ImageFile => Part::ImageFile { attachment: self.attachment?, filename },
            PartKind::File => Part::File {
                attachment: self.attachment?,
                name: self.name?,
                media_type: media_type?,
                size_bytes: self.size_bytes?,
            },
            PartKind::Link => Part::Link { url: url? },
            PartKind::ToolCall => {
                Part::ToolCall(ToolCall { id: self.id?, name: self.name?, arguments: self.arguments? })
            }
            PartKind::ToolResult => Part::ToolResult(ToolResult {
                tool_call_id: self.tool_call_id?,
                result: self.result,
                error: self.error,
            }),
        })
    }
}

impl Body {
    pub fn text(text: impl Into<String>) -> Self {
        Self { content: vec![Part::Text { text: text.into() }], ..Self::default() }
    }

    /// Tells whether the message is readable, and so appears in the lists of dialects that show only text. Messages
    /// with only tool calls, results or thinking are not.
    pub fn is_listed(&self) -> bool {
        self.content.iter().any(|p| {
            !matches!(p, Part::Thinking { .. } | Part::ToolCall(_) | Part::ToolResult(_))
                && !matches!(p, Part::Text { text } if text.is_empty())
        })
    }

    /// The text parts, joined by a blank line, with other parts as their names in brackets. Tool calls and results are
    /// left out.
    pub fn plain_text(&self) -> String {
        let pieces: Vec<String> = self.content.iter().filter_map(Part::plain_text).collect();
        pieces.join(PARTS_APART)
    }

    /// The beginning of [`Body::plain_text`], at most this many characters.
    pub fn beginning(&self, chars: usize) -> String {
        let mut text = String::new();
        for part in &self.content {
            let left = chars.saturating_sub(text.chars().count());
            if left == 0 {
                break;
            }
            let piece = match part {
                Part::Text { text } => Some(text.chars().take(left).collect()),
                other => other.plain_text(),
            };
            let Some(piece) = piece.filter(|piece: &String| !piece.is_empty()) else { continue };
            if !text.is_empty() {
                text.push_str(PARTS_APART);
            }
            text.push_str(&piece);
        }
        text.chars().take(chars).collect()
    }

    /// Only the text parts, joined by a blank line.
    pub fn only_text(&self) -> String {
        let texts: Vec<&str> = self
            .content
            .iter()
            .filter_map(|p| if let Part::Text { text } = p { Some(text.as_str()) } else { None })
            .collect();
        texts.join(PARTS_APART)
    }

    /// The thinking parts, joined by a blank line. `None` without thinking.
    pub fn thinking(&self) -> Option<String> {
        let texts: Vec<&str> = self.thoughts().map(|(text, _)| text).filter(|text| !text.is_empty()).collect();
        (!texts.is_empty()).then(|| texts.join(PARTS_APART))
    }

    /// The signature of the thinking, where it has exactly one part.
    pub fn thinking_signature(&self) -> Option<&str> {
        let mut thoughts = self.thoughts();
        thoughts.next().filter(|_| thoughts.next().is_none()).and_then(|(_, signature)| signature)
    }

    /// The thinking parts, each with its signature.
    fn thoughts(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.content.iter().filter_map(|p| match p {
            Part::Thinking { text, signature } => Some((text.as_str(), signature.as_deref())),
            _ => None,
        })
    }

    pub fn tool_calls(&self) -> impl Iterator<Item = &ToolCall> {
        tool_calls(&self.content)
    }

    pub fn tool_results(&self) -> impl Iterator<Item = &ToolResult> {
        self.content.iter().filter_map(|p| if let Part::ToolResult(result) = p { Some(result) } else { None })
    }
}

/// The tool calls among the parts, in order.
pub fn tool_calls(parts: &[Part]) -> impl Iterator<Item = &ToolCall> {
    parts.iter().filter_map(|part| if let Part::ToolCall(call) = part { Some(call) } else { None })
}

/// The text between joined parts: a blank line.
pub const PARTS_APART: &str = "\n\n";

/// Tells whether the text is only white space, by the definition of Unicode or of Python. Providers use either.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

impl Part {
    /// Tells whether the part is text with only white space.
    pub fn is_blank(&self) -> bool {
        matches!(self, Self::Text { text } if is_blank(text))
    }

    /// The attachment that the part names.
    pub fn attachment(&self) -> Option<AttachmentId> {
        match self {
            Self::Image { attachment, .. } => *attachment,
            Self::ImageFile { attachment, .. } | Self::File { attachment, .. } => Some(*attachment),
            Self::Text { .. } | Self::Thinking { .. } | Self::Link { .. } | Self::ToolCall(_) | Self::ToolResult(_) => {
                None
            }
        }
    }

    /// The words of the part that a search finds: its text, its link or its file's name.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Text { text } => Some(text),
            Self::Image { url: Some(url), .. } | Self::Link { url } => Some(url),
            Self::ImageFile { filename, .. } => filename.as_deref(),
            Self::File { name, .. } => Some(name),
            Self::Image { .. } | Self::Thinking { .. } | Self::ToolCall(_) | Self::ToolResult(_) => None,
        }
    }

    fn plain_text(&self) -> Option<String> {
        match self {
            Self::Text { text } => Some(text.clone()),
            Self::Image { url: Some(url), .. } | Self::Link { url } => Some(format!("[{url}]")),
            Self::Image { .. } => Some("[image]".into()),
            Self::ImageFile { filename, .. } => Some(format!("[{}]", filename.as_deref().unwrap_or("image"))),
            Self::File { name, .. } => Some(format!("[{name}]")),
            Self::Thinking { .. } | Self::ToolCall(_) | Self::ToolResult(_) => None,
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
