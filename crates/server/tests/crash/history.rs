//! Everything that clients saw. The checker reads nothing else.

use serde_json::Value;
use uuid::Uuid;

use crate::checker::Violation;

/// The ways in that the load uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Door {
    Native,
    Capy,
    Feather,
    Algoreg,
    Everruns,
}

impl Door {
    pub const ALL: [Self; 5] = [Self::Native, Self::Capy, Self::Feather, Self::Algoreg, Self::Everruns];

    /// Whether a message can carry an origin key there.
    pub fn has_keys(self) -> bool {
        self != Self::Feather
    }
}

#[derive(Debug, Default)]
pub struct History {
    pub sends: Vec<Send>,
    pub cancels: Vec<Cancel>,
    pub readings: Vec<Reading>,
    pub polls: Vec<Poll>,
    /// What each thread was in the end.
    pub threads: Vec<Thread>,
    /// What the load itself has met and no client should.
    pub faults: Vec<Violation>,
}

/// One message that the load has sent, however often it had to. Texts are unique.
#[derive(Clone, Debug, Default)]
pub struct Send {
    pub thread: Uuid,
    pub door: Option<Door>,
    pub text: String,
    /// Ticks of one clock for the whole load.
    pub begun: u64,
    /// When the first good answer was there.
    pub answered: Option<u64>,
    /// Every good answer: the first one, and those to repetitions.
    pub answers: Vec<Answer>,
    /// The refusal that was its last answer.
    pub refused: Option<String>,
}

/// What a 2xx said. A door may say less than others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub message: Option<Uuid>,
    pub turn: Option<Uuid>,
}

/// A cancel of a turn that was acknowledged.
#[derive(Clone, Debug)]
pub struct Cancel {
    pub thread: Uuid,
    pub turn: Uuid,
    /// The turn's state by the acknowledgement.
    pub state: String,
}

/// Everything that one reader saw of a thread, from its start on, across all resumptions.
#[derive(Clone, Debug)]
pub struct Reading {
    pub thread: Uuid,
    pub by: ReaderKind,
    pub seen: Vec<Seen>,
    /// How often it came back.
    pub resumed: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReaderKind {
    Native,
    /// Comes back with the id of the last event that it saw, as the vendor's SDKs do.
    EverrunsSince,
    /// Comes back with the last SSE id, as browsers do.
    EverrunsHeader,
}

/// One thing that a reader was shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    Entry(Box<Entry>),
    Delta(Delta),
    Event(Box<EverrunsEvent>),
}

/// One entry of the log, as the native API shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    pub seq: i64,
    pub kind: String,
    pub at: String,
    pub turn: Option<Uuid>,
    pub attempt: Option<i64>,
    /// Of `step.started`: how far the log is read, and the id that the answer will have.
    pub step: Option<(i64, Uuid)>,
    /// Of an entry that is a message.
    pub said: Option<Said>,
    /// Of `tool.called` and `tool.completed`.
    pub call: Option<String>,
    /// All of it, as it came.
    pub whole: Value,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Said {
    pub id: Uuid,
    pub text: String,
    pub thinking: String,
}

/// A piece of a message that is still being said, as the native API shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delta {
    pub position: (i64, i64),
    pub turn: Uuid,
    pub message: Uuid,
    pub attempt: i64,
    /// Of what it thinks and not of what it says.
    pub thinking: bool,
    pub offset: usize,
    pub text: String,
}

/// An event as Everruns shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EverrunsEvent {
    pub id: String,
    pub kind: String,
    /// Absent for pieces of text and for what is derived from the event before.
    pub sequence: Option<i64>,
    pub turn: Option<Uuid>,
    /// Of a piece of text: its message, and the text so far.
    pub piece: Option<(Uuid, String)>,
}

impl EverrunsEvent {
    pub fn is_piece(&self) -> bool {
        self.kind.ends_with(".delta")
    }
}

/// One page of a list that was read while the load ran, oldest first.
#[derive(Clone, Debug)]
pub struct Poll {
    pub thread: Uuid,
    pub items: Vec<Listed>,
}

/// A thread after the load, when nothing moved any more.
#[derive(Clone, Debug, Default)]
pub struct Thread {
    pub id: Uuid,
    /// Whether it came to rest in time.
    pub rests: bool,
    pub log: Vec<Entry>,
    /// Its turns with their states.
    pub turns: Vec<(Uuid, String)>,
    /// Its messages through each door, oldest first.
    pub lists: Vec<(Door, Vec<Listed>)>,
    /// Its whole Everruns stream, read once from the start.
    pub events: Vec<EverrunsEvent>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub id: Uuid,
    pub speaker: Speaker,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    Person,
    Agent,
    Tool,
}
