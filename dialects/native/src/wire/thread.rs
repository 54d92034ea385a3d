//! One conversation.

use std::collections::BTreeMap;

use dialect_kit::Given;
use domain::{
    Map, Timestamp, participant,
    thread::{ClosedBy, Ticket},
    variables::Variables,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    NewMessage, Reminder, Sent, Tag,
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
    /// `open`, or `closed`: then `closed` says how.
    pub state: ThreadState,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
    pub run: Run,
    #[schema(value_type = schema::Ticket)]
    pub ticket: Ticket,
    /// By name.
    pub tags: Vec<Tag>,
    /// What the places in its agent's instructions are filled with, by name.
    #[serde(skip_serializing_if = "Variables::is_empty")]
    #[schema(value_type = BTreeMap<String, String>)]
    pub variables: Variables,
    /// Who has written into it, its agents apart: whoever began it first, then by first message.
    pub participants: Vec<Participant>,
    /// Only of threads that lapse when nobody writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reminder: Option<Reminder>,
    /// The newest entry of the log; entries are 1, 2, 3 … without gaps.
    pub last_seq: i64,
    /// The newest entry's time.
    #[schema(value_type = schema::Time)]
    pub last_at: Timestamp,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
    /// Its id as each dialect writes it.
    #[schema(value_type = BTreeMap<String, String>, example = json!({"capy": "jam_01933b5a000070008000000000000001"}))]
    pub spellings: BTreeMap<&'static str, String>,
}

/// Whether a thread takes messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThreadState {
    Open,
    Closed,
}

/// How and why a thread was closed.
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

/// What the thread's turns make of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Run {
    /// A turn is running.
    pub running: bool,
    /// A turn waits for the client's tool results.
    pub waiting: bool,
    /// Turns that have not begun.
    pub queued: i64,
}

/// One who has written into a thread.
#[derive(Debug, Serialize, ToSchema)]
pub struct Participant {
    /// Of the key, the member or the customer.
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
    /// How long the thread stays open after its last message, in seconds.
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
    /// Its id or its name; absent: the project's agent `default`.
    #[serde(default)]
    pub agent: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map>,
    /// Words that it is found by; the project need not know them.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
    /// What the places in its agent's instructions are filled with: `{{name}}` by the value of `name`.
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, String>>, example = json!({"name": "Ann"}))]
    pub variables: Option<Variables>,
    /// What is said first. It is stored together with the thread. It must not have a `client_id`.
    #[serde(default)]
    pub message: Option<NewMessage>,
}

/// A thread that was made just now.
#[derive(Debug, Serialize, ToSchema)]
pub struct ThreadMade {
    #[serde(flatten)]
    pub thread: Thread,
    /// What has become of the first message. Absent for a thread that was made without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sent>,
}

/// A thread to be made of another one; what is absent is as there.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewFork {
    #[serde(default)]
    pub title: Option<String>,
    /// Its id or its name.
    #[serde(default)]
    pub agent: Option<String>,
    /// A model of `GET /models`: the default of the thread's messages.
    #[serde(default)]
    pub model: Option<String>,
    /// The locale of its messages that choose none.
    #[serde(default)]
    pub locale: Option<String>,
    /// Said to the model before the agent's instructions.
    #[serde(default)]
    pub instructions: Option<String>,
    /// In place of all that the other thread carries. The project need not know them.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
}

/// What to change of a thread; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadPatch {
    /// Null removes it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub title: Given<String>,
    /// In place of all that was there; null for none.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    pub metadata: Given<Map>,
    /// In place of all that it carries; null for none. The project need not know them.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub tags: Given<Vec<String>>,
    /// In place of all that there are; null for none. Steps that begin later have them.
    #[serde(default)]
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub variables: Given<Variables>,
    /// Its id or its name. Turns that are open keep the agent they began with.
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = String)]
    pub agent: Option<String>,
}

/// How a thread is closed.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Close {
    #[serde(default)]
    pub reason: Option<String>,
}
