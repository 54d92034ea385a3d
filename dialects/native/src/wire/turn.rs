//! One run of an agent.

use domain::{Timestamp, controls::Policy, turn::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Controls, ToolResult, Usage,
    schema::{self, Id},
};

/// A turn, with its state alone.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnRef {
    pub id: Id,
    /// The state when the answer is written.
    #[schema(value_type = schema::TurnState)]
    pub state: State,
}

/// One run of an agent that answers one or more messages.
#[derive(Debug, Serialize, ToSchema)]
pub struct Turn {
    pub id: Id,
    pub thread: Id,
    pub agent: Id,
    #[schema(value_type = schema::TurnState)]
    pub state: State,
    /// The place among the thread's turns. The queued turn with the lowest place runs next.
    pub place: i64,
    /// The policy of the message that made it.
    #[schema(value_type = schema::Policy)]
    pub policy: Policy,
    /// The number of attempts so far.
    pub attempt: i64,
    /// The controls of its newest message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controls: Option<Controls>,
    /// The entry that is its first message.
    pub first_seq: i64,
    /// The use of its model calls until it last waited or ended. Absent if no call reported any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Why it failed or was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub started_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub ended_at: Option<Timestamp>,
}

/// Results of tools that the client runs.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewResults {
    /// At least one result.
    pub results: Vec<ToolResult>,
}

/// The turn after it has got a client's tool results.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {
    pub turn: Id,
    pub accepted: usize,
    /// The number of calls that still wait for a result. With the last result the turn goes on.
    pub open: usize,
}

impl From<domain::turn::Turn> for Turn {
    fn from(turn: domain::turn::Turn) -> Self {
        Self {
            id: Id(turn.id.0),
            thread: Id(turn.thread.0),
            agent: Id(turn.agent.0),
            state: turn.state,
            place: turn.place,
            policy: turn.policy,
            attempt: turn.attempt,
            controls: Some(turn.controls).filter(|controls| !controls.is_empty()).map(Controls::from),
            first_seq: turn.first_seq,
            usage: turn.spent.any().map(Into::into),
            reason: turn.reason,
            created_at: turn.created_at,
            started_at: turn.started_at,
            ended_at: turn.ended_at,
        }
    }
}
