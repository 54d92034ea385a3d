//! One conversation.

use std::collections::BTreeMap;

use dialect_kit::Given;
use domain::{
    Map, Timestamp,
    handling::Handling,
    message::Role,
    participant,
    thread::{ClosedBy, Ticket},
    variables::Variables,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Author, Budget, NewMessage, Presence, Reminder, Sent, Tag, Usage, Wanted,
    schema::{self, Id},
};

/// One conversation: the head of an ordered log.
#[derive(Debug, Serialize, ToSchema)]
pub struct Thread {
    pub id: Id,
    pub agent: Id,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[schema(value_type = Object)]
    pub metadata: Map,
    /// `open` or `closed`. With `closed` the field `closed` is there.
    pub state: ThreadState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
    pub run: Run,
    #[schema(value_type = schema::Ticket)]
    pub ticket: Ticket,
    /// Who speaks: the agent, or the member `assignee`.
    #[schema(value_type = schema::Handling)]
    pub handling: Handling,
    /// The member to whom the thread is assigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Id>,
    /// The time since which the assignee holds the thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub held_since: Option<Timestamp>,
    /// The request for a person, while nobody has come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Wanted>,
    /// The time of the first message that agent or person have not answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub unanswered_since: Option<Timestamp>,
    /// Those who are present now. A single thread alone has it, while somebody is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence: Option<Presence>,
    /// The beginning of the newest message that people read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_words: Option<LastWords>,
    /// The newest entry that the member of `seen_by` has read. The row is unread if `last_words.seq` is higher.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<i64>,
    /// The tags, by name.
    pub tags: Vec<Tag>,
    /// The values of the variables in its agent's instructions, by name.
    #[serde(skip_serializing_if = "Variables::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub variables: Variables,
    /// Those who have written into the thread, without agents. The one who began it comes first, the others by their first message.
    pub participants: Vec<Participant>,
    /// The inactivity window, where the thread has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reminder: Option<Reminder>,
    /// The use of its model calls. Absent if no call reported any. A fork begins without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// The number of the newest entry. Entries are 1, 2, 3 … without gaps.
    pub last_seq: i64,
    /// The time of the newest entry.
    #[schema(value_type = schema::Time)]
    pub last_at: Timestamp,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
    /// The id as each dialect writes it.
    #[schema(value_type = BTreeMap<String, String>, example = json!({"capy": "jam_01933b5a000070008000000000000001"}))]
    pub spellings: BTreeMap<&'static str, String>,
}

/// The beginning of a message.
#[derive(Debug, Serialize, ToSchema)]
pub struct LastWords {
    /// The message's entry.
    pub seq: i64,
    #[schema(value_type = schema::Time)]
    pub at: Timestamp,
    #[schema(value_type = schema::Role)]
    pub role: Role,
    pub author: Author,
    /// At most 140 characters, on one line.
    pub text: String,
}

/// An event of a stream of heads. It has one of these fields.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct HeadMoved {
    /// The thread as it is now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<Thread>,
    /// A thread that was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<Id>,
    /// True: more has moved than is told. Then read your lists again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reset: Option<bool>,
}

/// Heads of threads that moved.
#[derive(Debug, Serialize, ToSchema)]
pub struct Changes {
    /// Each as it is now.
    pub threads: Vec<Thread>,
    /// Threads that were deleted.
    pub gone: Vec<Id>,
    /// Whether more has moved than is told. Then read your lists again.
    pub reset: bool,
    /// `after` of the next poll.
    pub next: String,
}

/// The order of a list of threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThreadSort {
    Unanswered,
}

/// Whether a thread takes messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThreadState {
    Open,
    Closed,
}

/// The way in which a thread was closed, and the reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct Closed {
    #[schema(value_type = schema::ClosedBy)]
    pub by: ClosedBy,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[schema(value_type = schema::Time)]
    pub at: Timestamp,
}

impl From<domain::thread::Closed> for Closed {
    fn from(closed: domain::thread::Closed) -> Self {
        Self { by: closed.by, reason: closed.reason, at: closed.at }
    }
}

/// The open turns of a thread.
#[derive(Debug, Serialize, ToSchema)]
pub struct Run {
    /// Whether a turn is running.
    pub running: bool,
    /// Whether a turn waits for the client's tool results.
    pub waiting: bool,
    /// The number of turns that have not begun.
    pub queued: i64,
}

/// Somebody who has written into a thread.
#[derive(Debug, Serialize, ToSchema)]
pub struct Participant {
    /// The id of the key, the member or the customer.
    pub id: Id,
    #[schema(value_type = schema::ParticipantKind)]
    pub kind: participant::Kind,
    #[schema(value_type = schema::Time)]
    pub first_at: Timestamp,
    #[schema(value_type = schema::Time)]
    pub last_at: Timestamp,
}

/// A thread's inactivity window.
#[derive(Debug, Serialize, ToSchema)]
pub struct Window {
    /// Seconds for which the thread stays open after its last message.
    pub length_s: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub ends_at: Option<Timestamp>,
}

/// A thread to be made.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewThread {
    #[serde(default)]
    pub title: Option<String>,
    /// The agent's id or name. Absent: the project's agent `default`.
    #[serde(default)]
    pub agent: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map>,
    /// Words by which the thread is found. The project need not know them.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    /// Values of the variables in its agent's instructions. The value of `name` replaces `{{name}}`.
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, String>>, example = json!({"name": "Ann"}))]
    pub variables: Option<Variables>,
    /// The most that model calls in the thread may use, beside the budgets of its agent.
    #[serde(default)]
    pub budgets: Option<Vec<Budget>>,
    /// The first message. It is stored together with the thread. It must not have a `client_id`.
    #[serde(default)]
    pub message: Option<NewMessage>,
}

/// A thread that was made just now.
#[derive(Debug, Serialize, ToSchema)]
pub struct ThreadMade {
    #[serde(flatten)]
    pub thread: Thread,
    /// The first message and its turn. Absent for a thread that was made without a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
}

/// A fork to be made. Absent fields are as in the other thread.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFork {
    #[serde(default)]
    pub title: Option<String>,
    /// The agent's id or name.
    #[serde(default)]
    pub agent: Option<String>,
    /// The default model of the thread's messages: one of `GET /models`.
    #[serde(default)]
    pub model: Option<String>,
    /// The locale of messages that have none.
    #[serde(default)]
    pub locale: Option<String>,
    /// Instructions that the model gets before those of the agent.
    #[serde(default)]
    pub instructions: Option<String>,
    /// The fork's tags, in place of those of the other thread. The project need not know them.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
}

/// Changes of a thread. Absent fields stay as they are.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadPatch {
    /// Null removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub title: Given<String>,
    /// The new metadata as a whole. Null removes all.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub metadata: Given<Map>,
    /// The new tags as a whole. Null removes all. The project need not know them.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub tags: Given<Vec<String>>,
    /// The new variables as a whole. Null removes all. They hold for steps that begin later.
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub variables: Given<Variables>,
    /// The new budgets as a whole. Null removes all. They hold from the next model call on.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Budget>>)]
    pub budgets: Given<Vec<Budget>>,
    /// The agent's id or name. Open turns keep the agent that they began with.
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = String)]
    pub agent: Option<String>,
}

/// The closing of a thread.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Close {
    #[serde(default)]
    pub reason: Option<String>,
}
