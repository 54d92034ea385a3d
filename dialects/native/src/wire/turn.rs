//! One run of an agent.

use domain::{Timestamp, controls::Policy, turn::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Controls, ToolResult,
    schema::{self, Id},
};

/// A turn in few words.
#[derive(Debug, Serialize, ToSchema)]
pub struct TurnRef {
    pub id: Id,
    /// As it stands when the answer is written.
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
    /// Among the thread's turns: the queued one with the lowest place runs next.
    pub place: i64,
    /// The policy of the message that made it.
    #[schema(value_type = schema::Policy)]
    pub policy: Policy,
    /// How many times a worker took hold of it.
    pub attempt: i64,
    /// What its newest message chose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controls: Option<Controls>,
    /// The entry of its first message.
    pub first_seq: i64,
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
    /// At least one.
    pub results: Vec<ToolResult>,
}

/// What has become of a client's tool results.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {
    pub turn: Id,
    pub accepted: usize,
    /// Calls of the turn that still wait for a result; with the last one the turn goes on.
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
            reason: turn.reason,
            created_at: turn.created_at,
            started_at: turn.started_at,
            ended_at: turn.ended_at,
        }
    }
}
