//! Turns in the hands of the user's own program.

use std::collections::BTreeMap;

use domain::{Kept, Timestamp, event::DeltaKind, turn::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Controls, Message, Tool, ToolResult,
    budget::Dollars,
    schema::{self, Id},
};

/// A claim of turns.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// External agents of the key, each by its id or its name. Absent: all of them.
    #[serde(default)]
    pub agents: Option<Vec<String>>,
    /// The most turns to claim. Absent: 1.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub most: Option<u64>,
    /// The seconds to wait until there is a turn. Absent: 0.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 60)]
    pub wait: Option<u64>,
    /// Another form in which to get the transcript too.
    #[serde(default)]
    pub format: Option<Format>,
}

/// The messages of another API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Messages of OpenAI's Chat Completions.
    Openai,
    /// Messages of Anthropic's Messages API.
    Anthropic,
}

/// The claimed turns. None, if nobody asked an agent in time.
#[derive(Debug, Serialize, ToSchema)]
pub struct Claims {
    pub turns: Vec<Claimed>,
}

/// A turn that is posted to the endpoint of its agent: the answer to a claim, and the token for the claimed attempt.
#[derive(Debug, Serialize)]
pub struct Pushed {
    /// One turn.
    pub turns: [Claimed; 1],
    /// Opens the calls of this attempt, and nothing else.
    pub token: String,
}

/// A claimed turn, with what its agent needs to answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct Claimed {
    pub turn: Id,
    pub thread: Id,
    pub agent: Id,
    pub agent_name: String,
    /// The attempt, which each report names.
    pub attempt: i64,
    /// The end of the hold. Each report renews it.
    #[schema(value_type = schema::Time)]
    pub lease_until: Timestamp,
    /// The position up to which `messages` reads the log.
    pub reads: i64,
    /// Whether the turn has its answer already, so that only its end is missing: an earlier program was lost before it ended the turn.
    pub answered: bool,
    /// The controls of the turn's messages over the agent's.
    pub controls: Controls,
    /// The agent's instructions, with the thread's variables filled in.
    pub instructions: String,
    pub variables: BTreeMap<String, String>,
    /// The browser snapshots that the controls name, without their states.
    pub browser_snapshots: Vec<ClaimedSnapshot>,
    /// The agent's tools. A call of one is run by the thread's client, or by the server if its kind is `built_in`.
    pub tools: Vec<Tool>,
    /// The least that the budgets of the turn leave. Absent without budgets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget_left: Option<BudgetLeft>,
    /// The transcript, oldest first. Results of tools stand behind the message with their calls.
    pub messages: Vec<Message>,
    /// The transcript in the form that was asked for, without the instructions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    pub formatted: Option<Vec<Kept>>,
}

/// The least that the budgets of a turn leave.
#[derive(Debug, Serialize, ToSchema)]
pub struct BudgetLeft {
    /// All tokens, of the input and of the output. Absent: no budget of tokens holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<i64>,
    /// Absent: no budget of money holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usd: Option<Dollars>,
}

/// A browser snapshot of a turn.
#[derive(Debug, Serialize, ToSchema)]
pub struct ClaimedSnapshot {
    pub id: Id,
    pub name: String,
    pub domains: Vec<String>,
}

/// A sign of life.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Heartbeat {
    pub attempt: i64,
    /// The number of the report. A heartbeat needs none, because a repeated one does no harm.
    #[serde(default)]
    pub n: Option<i64>,
    /// The position up to which the program has read the log by now.
    #[serde(default)]
    pub reads: Option<i64>,
}

/// Pieces of a message that the program is still saying.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Deltas {
    pub attempt: i64,
    /// The number of the report in its attempt: 1, 2, 3 … The same number is the same report.
    pub n: i64,
    /// The position up to which the program has read the log by now.
    #[serde(default)]
    pub reads: Option<i64>,
    pub deltas: Vec<Piece>,
}

/// A piece of an unfinished message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// Absent: `text`.
    #[serde(default)]
    #[schema(value_type = Option<schema::DeltaKind>)]
    pub kind: Option<DeltaKind>,
    pub text: String,
}

/// Messages of the agent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reports {
    pub attempt: i64,
    /// The number of the report in its attempt: 1, 2, 3 … The same number is the same report.
    pub n: i64,
    /// The position up to which the program has read the log by now.
    #[serde(default)]
    pub reads: Option<i64>,
    /// Only the last message may have tool calls.
    pub messages: Vec<ReportedMessage>,
}

/// A message of the agent. It has either `text` or `content`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportedMessage {
    /// The text, in place of a `content` with one text part.
    #[serde(default)]
    pub text: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<ReportedPart>>)]
    pub content: Option<Vec<ReportedFields>>,
    /// The name of the model that said it.
    #[serde(default)]
    pub model: Option<String>,
    /// The use of models for the message. The server bounds the numbers, charges them, and marks them as reported.
    #[serde(default)]
    pub usage: Option<ReportedTokens>,
}

/// A piece of an agent's message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReportedPart {
    Text {
        text: String,
    },
    Thinking {
        text: String,
    },
    /// A call of a tool. A name of the agent's `tools` is a call that a client or the server runs. Every other name is a call that the program runs.
    ToolCall {
        /// If the thread has had the id, the answer says the new one.
        id: String,
        name: String,
        #[schema(value_type = Object)]
        arguments: Kept,
    },
}

/// Every field that a piece may have, so that the one at fault can be named.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportedFields {
    #[serde(rename = "type")]
    pub kind: ReportedKind,
    pub text: Option<String>,
    pub id: Option<String>,
    pub name: Option<String>,
    pub arguments: Option<Kept>,
}

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportedKind {
    Text,
    Thinking,
    ToolCall,
}

/// Tokens as the program counts them, and their cost. The buckets of the input do not overlap.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ReportedTokens {
    pub input: i64,
    pub cache_read: i64,
    pub cache_write: i64,
    /// All output, thinking included.
    pub output: i64,
    pub reasoning: i64,
    /// The cost. Absent: it is unknown. A turn under a budget of money then fails.
    #[schema(inline)]
    pub cost_usd: Option<Dollars>,
}

/// Results of calls that the program ran.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnResults {
    pub attempt: i64,
    /// The number of the report in its attempt: 1, 2, 3 … The same number is the same report.
    pub n: i64,
    /// The position up to which the program has read the log by now.
    #[serde(default)]
    pub reads: Option<i64>,
    pub results: Vec<ToolResult>,
}

/// The end of the turn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Completion {
    pub attempt: i64,
    /// The number of the report in its attempt: 1, 2, 3 … The same number is the same report.
    pub n: i64,
    /// The position up to which the program has read the log by now.
    #[serde(default)]
    pub reads: Option<i64>,
    /// Last messages, without tool calls. They are stored together with the end.
    #[serde(default)]
    pub messages: Option<Vec<ReportedMessage>>,
}

/// The failure of the turn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Failed {
    pub attempt: i64,
    /// The number of the report in its attempt: 1, 2, 3 … The same number is the same report.
    pub n: i64,
    /// Why the program failed, for the project. The thread gets a neutral message.
    pub reason: String,
}

/// The return of the turn.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    pub attempt: i64,
    /// The number of the report in its attempt: 1, 2, 3 … The same number is the same report.
    pub n: i64,
}

/// The turn after a report.
#[derive(Debug, Serialize, ToSchema)]
pub struct Held {
    #[schema(value_type = schema::TurnState)]
    pub state: State,
    /// Whether the program still holds the turn. Otherwise it has ended, or continues with another claim.
    pub held: bool,
    /// Ids of the reported calls as stored, in their order. For results: ids of the program's calls that still have none.
    pub calls: Vec<String>,
    /// Ids of calls that a client runs, or that the server has run by a tool of its own. The turn is claimed again with their results.
    pub waiting: Vec<String>,
    /// Whether something came that the program has not read, so that the turn is claimed again instead of ending.
    pub again: bool,
    /// Messages that joined the turn and that the program has not read. The program reads them by `reads`, or leaves them to the next
    /// claim.
    pub steered: Vec<Message>,
}

/// An event of the control stream.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Signal {
    /// A message joined the turn.
    Steer { message: Box<Message> },
    /// The turn was cancelled or interrupted. The stream ends.
    Cancel {},
    /// Another attempt holds the turn. The stream ends.
    Taken { attempt: i64 },
    /// The program's part is over. The stream ends.
    Ended {
        #[schema(value_type = schema::TurnState)]
        state: State,
    },
}
