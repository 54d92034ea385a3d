//! The public API for browsers, whose users have no key.

use std::collections::BTreeMap;

use dialect_kit::fields::{PageLimit, Text};
use domain::{Map, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Direction, MessageHead, Pagination, Status};

/// The agent of a new thread, and maybe the thread's first message. Other fields are ignored.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BeginChatBody {
    /// Id of an agent that lets guests in.
    #[schema(format = "uuid")]
    pub agent_id: String,
    /// The first message. It is stored with the thread, or neither is.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1)]
    pub message: Option<Text>,
    /// The client's own id of the first message. Only with `message`.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 255)]
    pub client_key: Option<String>,
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    pub metadata: Map<String>,
    /// A signed token of the person, as for `identify`. The thread joins the person.
    #[serde(default)]
    pub identity: Option<String>,
}

/// A guest's message. Other fields are ignored.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SendChatMessageBody {
    /// May be absent from a message with files.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1)]
    pub message: Option<Text>,
    /// Ids of files that were sent to the thread.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub attachment_ids: Vec<String>,
    /// The client's own id of the message, unique within the thread. The same message again is stored once.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 255)]
    pub client_key: Option<String>,
}

/// The new thread, and the token that opens it (`Authorization: Bearer <token>`).
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BeginChatResponse {
    pub thread_id: String,
    /// Valid for this thread only. Shown once.
    pub token: String,
    #[schema(value_type = String)]
    pub expires_at: Timestamp,
    /// Id of the first message. Only with `message`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub message_id: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct ChatThreadResponse {
    pub thread: ChatThread,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatThread {
    pub thread_id: String,
    pub is_active: bool,
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    #[schema(value_type = String)]
    pub last_activity_at: Timestamp,
    #[schema(value_type = BTreeMap<String, String>)]
    pub metadata: Map<String>,
    pub variables: BTreeMap<String, String>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ChatMessagesQuery {
    /// Number of messages per page (default: 50, max: 100)
    #[serde(default)]
    #[param(value_type = String, required = false)]
    pub limit: PageLimit<50>,
    /// `nextCursor` of the previous page
    #[serde(default)]
    #[param(nullable = false)]
    pub cursor: Option<String>,
    /// Id of a message of this thread: only messages after it, oldest first. Empty: from the beginning. Not with `cursor`
    #[serde(default)]
    #[param(nullable = false)]
    pub after: Option<String>,
    /// Only with `after`: the seconds to wait until there is a message (default: 0, max: 60)
    #[serde(default)]
    #[param(value_type = String, required = false)]
    pub wait: Wait,
    /// Further fields of the answer, separated by commas: `author`, `attachments`, `clientKey`, `handling`
    #[serde(default)]
    #[param(value_type = String, required = false)]
    pub include: Include<Further>,
}

/// The seconds of a long poll.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Wait(pub u64);

/// A page of a thread's messages, newest first.
#[derive(Serialize, ToSchema)]
pub struct ChatMessagesResponse {
    pub messages: Vec<ChatMessage>,
    pub pagination: Pagination,
    /// Only with `include=handling`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub handling: Option<ChatHandling>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatMessage {
    pub id: String,
    pub message_body: String,
    pub direction: Direction,
    pub status: Status,
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    #[serde(flatten)]
    pub further: ChatFurther,
}

/// What a message has only if the request includes it.
#[derive(Default, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatFurther {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub author: Option<ChatAuthor>,
    /// The files of the message. `messageBody` then leaves out their names.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub attachments: Option<Vec<ChatAttachment>>,
    /// The client's own id of the message, if it had one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub client_key: Option<String>,
}

/// The side that speaks, and its display name if it has one.
#[derive(Serialize, ToSchema)]
pub struct ChatAuthor {
    pub kind: ChatSide,
    #[schema(required = true)]
    pub name: Option<String>,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChatSide {
    /// The customer's side.
    Visitor,
    /// The agent.
    Assistant,
    /// A person in place of the agent.
    Person,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChatAttachment {
    #[schema(format = "uuid")]
    pub id: String,
    pub name: String,
    /// Null if it is not known.
    #[schema(required = true)]
    pub media_type: Option<String>,
    /// Null if it is not known.
    #[schema(required = true)]
    pub size_bytes: Option<i64>,
}

/// Who speaks in the thread.
#[derive(Serialize, ToSchema)]
pub struct ChatHandling {
    #[schema(inline)]
    pub handling: ChatSpeaker,
    /// The display name of the agent, or of the person.
    #[schema(required = true)]
    pub name: Option<String>,
    /// True while the guest waits for a person who was asked for.
    pub wanted: bool,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChatSpeaker {
    Agent,
    Person,
}

/// A message on a stream with `include`.
#[derive(Serialize, ToSchema)]
pub struct ChatStreamedMessage {
    #[serde(flatten)]
    pub head: MessageHead,
    #[serde(flatten)]
    pub further: ChatFurther,
}

/// The data of `delta`: a piece of a message that the agent is still saying.
#[derive(Serialize, ToSchema)]
pub struct ChatDelta {
    /// Id of the message.
    pub id: String,
    /// The place of the piece in the message, in Unicode scalar values.
    pub offset: i64,
    pub text: String,
}

/// The data of `reset`: the pieces of this message are void.
#[derive(Serialize, ToSchema)]
pub struct ChatReset {
    pub id: String,
}

#[derive(Serialize, ToSchema)]
pub struct ChatMessageResponse {
    pub message: ChatMessage,
}

/// A ticket that opens a stream as part of the stream's URL.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StreamTicketResponse {
    pub ticket: String,
    #[schema(value_type = String)]
    pub expires_at: Timestamp,
}

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
pub struct ChatStreamQuery {
    /// The ticket from `POST …/stream-ticket`
    pub ticket: String,
    /// Id of a message of this thread; the stream starts after it. The header `Last-Event-ID` has priority
    #[serde(default)]
    #[param(nullable = false, format = "uuid")]
    pub last_event_id: Option<String>,
    /// Further events, separated by commas: `own` (`inbound`), `deltas` (`delta`, `reset`), `typing`, `handling` (`handling`, `closed`).
    /// With any of them each message also has its author, its attachments and its `clientKey`
    #[serde(default)]
    #[param(value_type = String, required = false)]
    pub include: Include<Live>,
}

/// Words of the parameter `include`, separated by commas.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String", bound = "T: Word")]
pub struct Include<T: Word>(Vec<T>);

/// A word of the parameter `include`.
pub trait Word: Copy + PartialEq + 'static {
    /// All words with their spelling.
    const WORDS: &'static [(&'static str, Self)];
}

impl<T: Word> Default for Include<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Word> Include<T> {
    pub fn has(&self, word: T) -> bool {
        self.0.contains(&word)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Word> TryFrom<String> for Include<T> {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let word = |text: &str| T::WORDS.iter().find(|(own, _)| *own == text).map(|(_, word)| *word);
        let words: Option<Vec<T>> = text.split(',').map(word).collect();
        words.map(Self).ok_or_else(|| {
            let known: Vec<&str> = T::WORDS.iter().map(|(own, _)| *own).collect();
            format!("must be words of this list, separated by commas: {}", known.join(", "))
        })
    }
}

/// A further field of a list of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Further {
    Author,
    Attachments,
    ClientKey,
    Handling,
}

impl Word for Further {
    const WORDS: &'static [(&'static str, Self)] = &[
        ("author", Self::Author),
        ("attachments", Self::Attachments),
        ("clientKey", Self::ClientKey),
        ("handling", Self::Handling),
    ];
}

/// Further events of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Live {
    Own,
    Deltas,
    Typing,
    Handling,
}

impl Word for Live {
    const WORDS: &'static [(&'static str, Self)] =
        &[("own", Self::Own), ("deltas", Self::Deltas), ("typing", Self::Typing), ("handling", Self::Handling)];
}
