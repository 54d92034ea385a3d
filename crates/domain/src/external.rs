//! Turns of external agents: offers to the user's program, the program's hold, and its calls.

use serde::{Deserialize, Serialize};

use crate::{
    AgentId, Limits, MessageId, Position, ProjectId, ThreadId, Timestamp, TurnId,
    agent::{Agent, Tool},
    controls::{Controls, words},
    event::DeltaKind,
    message::{Message, Part, ToolResult},
    snapshot::Snapshot,
    turn::Turn,
    usage::{Usage, Usd},
    variables::Variables,
};

/// A turn of an external agent beside its row in the turns: when a program may claim it, and the calls of the program
/// that holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct External {
    pub turn: TurnId,
    pub project: ProjectId,
    pub agent: AgentId,
    pub thread: ThreadId,
    /// The time since which a program may claim the turn. Absent: no program may.
    pub offered_at: Option<Timestamp>,
    /// When the server acts by itself: the end of the hold, of the wait for a program, or of the row.
    pub alarm_at: Option<Timestamp>,
    /// The attempt of the calls.
    pub attempt: i64,
    /// The number of calls in the attempt.
    pub n: i64,
    /// The hash of the last call.
    pub fingerprint: Option<Vec<u8>>,
    /// The answer to the last call.
    pub answer: Option<Answer>,
    pub progress: Progress,
    pub pushing: Pushing,
}

/// The server's own claims of a turn whose agent has an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pushing {
    /// When the turn is to be pushed. Absent: it is not offered, or a program claims it.
    pub at: Option<Timestamp>,
    /// Pushes since `since`.
    pub tries: i64,
    /// The time since which the turn waits for a program's first call. The wait ends after the agent's `unclaimed_s`.
    pub since: Option<Timestamp>,
}

words! {
    /// The hold of the turn's last program.
    #[derive(Default)]
    Hold {
        /// A program has the turn, or had it when its time ran out.
        #[default]
        Held = "held",
        /// The program has finished its part, and the turn continues with the next claim.
        Done = "done",
        /// The program gave the turn back.
        Released = "released",
    }
}

/// The progress of an attempt that the log does not tell.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    pub hold: Hold,
    /// The position up to which the program has read the log, as far as it has said.
    pub reads: i64,
    /// The message whose deltas were written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saying: Option<Saying>,
    /// The time of the attempt's first text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_text_at: Option<Timestamp>,
    /// The program's ids of calls that the server stored by another id, each with the stored one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub renamed: Vec<(String, String)>,
}

/// An unfinished message of a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saying {
    pub message: MessageId,
    /// The position of the newest delta.
    pub previous: (i64, u32),
    /// The kind of the newest delta.
    pub kind: DeltaKind,
    /// Characters of the text so far.
    pub text_chars: i64,
    /// Characters of the thinking so far.
    pub thinking_chars: i64,
    /// Bytes of both.
    pub bytes: u64,
    /// The time of the newest delta.
    pub at: Timestamp,
}

impl Saying {
    /// The position after the newest delta, behind entry `seq`.
    pub fn next(&self, seq: i64) -> Position {
        let (last, n) = self.previous;
        Position::delta(seq, if last == seq { n + 1 } else { 1 })
    }
}

/// The answer to a program's call, as stored for a repetition of the call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// Ids of the calls that the program has reported by this call, as stored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<String>,
    /// Ids of the calls that the program does not run: a client does, or the server has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<String>,
    /// True while the program holds the turn.
    pub held: bool,
    /// True if there is something that the program has not read, so that the turn is claimed again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}

/// A claimed turn, with what its agent needs to answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Claimed {
    pub turn: Turn,
    /// The agent, with the thread's overrides.
    pub agent: Agent,
    /// The end of the program's hold, unless a call renews it.
    pub lease_until: Timestamp,
    /// The position up to which the transcript reads the log.
    pub reads: i64,
    /// True if the turn has its answer, and only its end is missing.
    pub is_answered: bool,
    /// The turn's controls over the agent's.
    pub controls: Controls,
    /// The instructions with the thread's variables filled in. Empty if they are blank.
    pub instructions: String,
    pub variables: Variables,
    /// The browser snapshots that the controls name, without their states.
    pub snapshots: Vec<Snapshot>,
    /// The least that the turn's budgets leave.
    pub left: Left,
    /// Oldest first. Results of tools stand behind the message with their calls.
    pub transcript: Vec<Message>,
}

impl Claimed {
    /// The tools whose calls a client runs, or the server has.
    pub fn tools(&self) -> Vec<Tool> {
        self.agent.settings.tools.iter().cloned().map(Tool::told).collect()
    }
}

/// The least that a turn's budgets leave. Absent: no budget of the unit holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    pub tokens: Option<i64>,
    pub usd: Option<Usd>,
}

/// The content of a program's call.
#[derive(Clone, Debug)]
pub enum Act {
    /// Renews the hold.
    Heartbeat,
    /// Shows pieces of an unfinished message.
    Deltas(Vec<Piece>),
    /// Stores whole messages of the agent.
    Messages(Vec<Reported>),
    /// Stores results of calls that the program ran.
    Results(Vec<ToolResult>),
    /// Stores last messages, and ends the turn.
    Complete(Vec<Reported>),
    /// Ends the turn as failed, for this reason.
    Fail(String),
    /// Ends a turn that the server cannot hand out.
    Broken { code: String, reason: String },
    /// Gives the turn back.
    Release,
}

/// A piece of an unfinished message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub kind: DeltaKind,
    pub text: String,
}

/// A message of the agent, as its program reports it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reported {
    /// Text, thinking and tool calls.
    pub content: Vec<Part>,
    /// The name of the model, if the program says it.
    pub model: Option<String>,
    /// The tokens and the cost of the model calls for it.
    pub usage: Option<Tokens>,
}

/// The use of models as a program reports it. The numbers may be anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    pub input: i64,
    pub cache_read: i64,
    pub cache_write: i64,
    pub output: i64,
    pub reasoning: i64,
    /// Absent: the program does not know it.
    pub cost: Option<Usd>,
}

impl Tokens {
    /// The usage, with each number between 0 and the bound.
    pub fn within(self, limits: &Limits) -> Usage {
        let bounded = |count: i64| u64::try_from(count).unwrap_or(0).min(limits.reported_tokens);
        let output = bounded(self.output);
        Usage {
            input: bounded(self.input),
            cache_read: bounded(self.cache_read),
            cache_write: bounded(self.cache_write),
            cache_write_1h: 0,
            output,
            reasoning: bounded(self.reasoning).min(output),
        }
    }

    /// The cost, between 0 and the bound.
    pub fn cost_within(self, limits: &Limits) -> Option<Usd> {
        let most = i64::try_from(limits.reported_usd).unwrap_or(i64::MAX).saturating_mul(Usd::ONE.0);
        self.cost.map(|cost| Usd(cost.0.clamp(0, most)))
    }
}
