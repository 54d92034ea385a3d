//! Turns of external agents: offered to the user's program, held by its claim, and moved on by its calls.
//!
//! Such a turn takes no worker's place and has no due time among the workers' turns. Its row in `external_turns` says
//! when a program may claim it and when the server acts by itself. The attempt fences the program as it fences a
//! worker, and the number of each call makes a repeated call the same call.

mod alarm;
mod call;
mod deltas;
mod finish;
mod offer;
mod results;
mod say;
mod step;
mod take;
mod transcript;

pub(crate) use self::{
    alarm::Alarm,
    call::{Call, Outcome},
    offer::{for_turn, offer},
    take::{Take, Taken},
    transcript::transcript,
};

pub use self::call::Replied;

use domain::{
    event::DeltaKind,
    message::{Part, ToolResult},
    usage::Usage,
};

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
    /// The tokens of the model call.
    pub usage: Option<Tokens>,
}

/// Numbers of tokens as a program reports them. They may be anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    pub input: i64,
    pub cache_read: i64,
    pub cache_write: i64,
    pub output: i64,
    pub reasoning: i64,
}

impl Tokens {
    /// The usage, with each number between 0 and `most`.
    fn within(self, most: u64) -> Usage {
        let bounded = |count: i64| u64::try_from(count).unwrap_or(0).min(most);
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
}
