//! Turns of external agents: offers to the user's program, the program's hold, and its calls.

use serde::{Deserialize, Serialize};

use crate::{AgentId, MessageId, Position, ProjectId, ThreadId, Timestamp, TurnId, controls::words, event::DeltaKind};

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
    /// Ids of the calls that wait for a client.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<String>,
    /// True while the program holds the turn.
    pub held: bool,
    /// True if a message came that the program has not read, so that the turn is claimed again.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
}
