//! Who speaks in a thread: its agent or a person.

use dialect_kit::Given;
use domain::{Timestamp, handling::Typing, turn::State};
use engine::app::handling::hand_back;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Author, NewPart, PartFields, Thread, TurnRef,
    schema::{self, Id},
};

/// A member, with the name of the time of the entry.
#[derive(Debug, Serialize, ToSchema)]
pub struct Person {
    pub id: Id,
    pub email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl From<domain::handling::Person> for Person {
    fn from(person: domain::handling::Person) -> Self {
        Self { id: Id(person.id.0), email: person.email, name: person.name }
    }
}

/// A request for a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct Wanted {
    /// The one who asked. Absent: the server itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Author>,
    pub reason: String,
    #[schema(value_type = schema::Time)]
    pub at: Timestamp,
    /// Whether the agent is silent until a person comes, or `until`.
    pub silent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub until: Option<Timestamp>,
}

/// A take of a thread.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewTake {
    /// The member who takes the thread, by id or e-mail address.
    pub member: String,
    /// Whether the thread is taken from another member.
    #[serde(default)]
    pub force: bool,
}

/// A hand-back of a thread.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHandBack {
    /// The member who hands the thread back, by id or e-mail address. Absent: nobody, which needs the scope `admin`.
    #[serde(default)]
    pub member: Option<String>,
    /// Absent: `auto`.
    #[serde(default)]
    pub answer: HandBackAnswer,
    /// The member's words to the agent. Models read them as an instruction of the team.
    #[serde(default)]
    pub brief: Option<String>,
    /// Whether the thread of another member is handed back.
    #[serde(default)]
    pub force: bool,
}

/// Whether the agent answers at once: if something is unanswered, never, or in any case.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HandBackAnswer {
    #[default]
    Auto,
    Never,
    Now,
}

impl From<HandBackAnswer> for hand_back::Answer {
    fn from(wire: HandBackAnswer) -> Self {
        match wire {
            HandBackAnswer::Auto => Self::Auto,
            HandBackAnswer::Never => Self::Never,
            HandBackAnswer::Now => Self::Now,
        }
    }
}

/// A thread that was handed back.
#[derive(Debug, Serialize, ToSchema)]
pub struct HandedBack {
    #[serde(flatten)]
    pub thread: Thread,
    /// The turn over the unanswered messages. Null if nothing is to be answered, and while the agent is paused.
    #[schema(required)]
    pub turn: Option<TurnRef>,
    /// Whether the agent is paused, so that nobody answers.
    pub agent_paused: bool,
}

/// The reference of a turn.
pub fn turn(turn: Option<(domain::TurnId, State)>) -> Option<TurnRef> {
    turn.map(|(id, state)| TurnRef { id: Id(id.0), state })
}

/// A member's reply to the customer. It has either `text` or `content`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReply {
    /// The member, by id or e-mail address.
    pub member: String,
    /// The text, in place of a `content` with one text part.
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<NewPart>>)]
    pub content: Option<Vec<PartFields>>,
    /// The newest entry that the member has read. If the agent or another member has spoken since, the answer is 409.
    pub seen: i64,
    /// Whether the agent goes on. Otherwise the reply takes the thread.
    #[serde(default)]
    pub keep: bool,
    /// Whether the member replies in a thread that another member holds.
    #[serde(default)]
    pub force: bool,
}

/// An assignment of a thread.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// The member who assigns, by id or e-mail address.
    pub member: String,
    /// The member who gets the thread, by id or e-mail address. Null: nobody.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub assignee: Given<String>,
}

/// A request for a person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAsk {
    /// The member in whose name the key asks, by id or e-mail address. Absent: the key asks for itself.
    #[serde(default)]
    pub member: Option<String>,
    pub reason: String,
    /// Whether the agent is silent until a person comes, or `until`.
    #[serde(default)]
    pub silent: bool,
    /// The end of the silence. Absent: after 15 minutes.
    #[serde(default)]
    #[schema(value_type = Option<schema::Time>)]
    pub until: Option<Timestamp>,
    /// A sentence of the agent that the customer reads, stored with the request. While the agent is silent, the answer is 409.
    #[serde(default)]
    pub say: Option<String>,
}

/// How far a member has read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSeen {
    /// The member, by id or e-mail address.
    pub member: String,
    /// The newest entry that the member has read.
    pub seq: i64,
}

/// The newest entry of a thread that a member has read.
#[derive(Debug, Serialize, ToSchema)]
pub struct Seen {
    pub seq: i64,
}

/// What a member does in a thread.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPresence {
    /// The member, by id or e-mail address.
    pub member: String,
    /// False if the member has left.
    #[serde(default = "super::send::yes")]
    #[schema(default = true)]
    pub viewing: bool,
    /// Absent: `none`.
    #[serde(default)]
    #[schema(value_type = Option<schema::Typing>)]
    pub typing: Option<Typing>,
}

/// Those who are present in a thread.
#[derive(Debug, Serialize, ToSchema)]
pub struct Presence {
    pub members: Vec<PresentMember>,
    /// Whether somebody on the customer's side types.
    pub customer_typing: bool,
}

/// A member who views a thread.
#[derive(Debug, Serialize, ToSchema)]
pub struct PresentMember {
    #[serde(flatten)]
    pub member: Person,
    #[schema(value_type = schema::Typing)]
    pub typing: Typing,
}

impl From<Vec<engine::Seen>> for Presence {
    fn from(seen: Vec<engine::Seen>) -> Self {
        let customer_typing = seen.iter().any(|seen| seen.member.is_none() && seen.typing != Typing::None);
        let member =
            |engine::Seen { member, typing }: engine::Seen| Some(PresentMember { member: member?.into(), typing });
        Self { members: seen.into_iter().filter_map(member).collect(), customer_typing }
    }
}

/// A note to be written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// The author, by id or e-mail address.
    pub member: String,
    pub text: String,
    /// Members whom the note concerns, by id or e-mail address.
    #[serde(default)]
    pub mentions: Vec<String>,
    /// Files that were uploaded before, by id.
    #[serde(default)]
    pub attachments: Vec<Id>,
    /// Whether models read the note, as an instruction of the team.
    #[serde(default)]
    pub for_agent: bool,
}

/// A note of the project for itself. It is an entry of the log, not a message.
#[derive(Debug, Serialize, ToSchema)]
pub struct Note {
    pub id: Id,
    pub author: Person,
    pub text: String,
    pub mentions: Vec<Id>,
    /// The files of the note, by id.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Id>,
    /// Whether models read the note.
    pub for_agent: bool,
}

impl From<domain::handling::Note> for Note {
    fn from(note: domain::handling::Note) -> Self {
        let mentions = note.mentions.into_iter().map(|id| Id(id.0)).collect();
        let attachments = note.attachments.into_iter().map(|id| Id(id.0)).collect();
        let (id, author, for_agent) = (Id(note.id.0), note.author.into(), note.for_agent);
        Self { id, author, text: note.text, mentions, attachments, for_agent }
    }
}

/// A note that was written just now.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoteMade {
    #[serde(flatten)]
    pub note: Note,
    /// The note's entry.
    pub seq: i64,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
}

/// A member holds the thread now. The agent is silent until the thread is handed back.
#[derive(Debug, Serialize, ToSchema)]
pub struct Taken {
    pub member: Person,
    /// The member who held the thread before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Person>,
    /// The open turns that ended by it.
    pub turns: Vec<Id>,
}

/// The agent speaks again. The event's turn answers the unanswered messages.
#[derive(Debug, Serialize, ToSchema)]
pub struct HandBack {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<Person>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub brief: Option<String>,
}

/// Somebody asked for a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct Asked {
    /// The one who asked. Absent: the server itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<Author>,
    pub reason: String,
    pub silent: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub until: Option<Timestamp>,
    /// The open turns that ended by it.
    pub turns: Vec<Id>,
}

/// The request for a person was withdrawn.
#[derive(Debug, Serialize, ToSchema)]
pub struct Withdrawn {
    pub by: Person,
}

/// The thread was assigned. Absent: to nobody.
#[derive(Debug, Serialize, ToSchema)]
pub struct Assigned {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<Person>,
}

/// The project noted something for itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoteWritten {
    pub note: Note,
}
