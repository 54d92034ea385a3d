//! Turns, and the rule for a turn's next step.

use crate::{
    AgentId, ProjectId, ThreadId, Timestamp, TurnId, WorkerId,
    author::Author,
    controls::{Controls, Policy, words},
    message::{Message, Role, ToolCall},
    spent::Spent,
};

words! {
    /// The first three states are open. A turn ends exactly once, in one of the others.
    State {
        Queued = "queued", Running = "running",
        /// Waits for a client's tool results, without a worker or a lease.
        Waiting = "waiting",
        Completed = "completed", Failed = "failed", Cancelled = "cancelled",
    }
}

impl State {
    pub fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::Waiting)
    }
}

/// One run of an agent, which answers one or more messages.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    pub id: TurnId,
    pub project: ProjectId,
    pub thread: ThreadId,
    pub agent: AgentId,
    pub state: State,
    /// The place among the thread's turns. The queued turn with the lowest place runs next. It is the log position of
    /// the first message, unless a turn was moved ahead of others.
    pub place: i64,
    /// The policy that created the turn.
    pub policy: Policy,
    /// The fencing token: the number of times that a worker claimed the turn.
    pub attempt: i64,
    pub worker: Option<WorkerId>,
    /// When a worker may claim the turn: a next queued turn at once, a running turn at the end of its lease.
    pub due_at: Option<Timestamp>,
    /// The controls of its newest message, merged over the agent's.
    pub controls: Controls,
    /// The entry of the turn's first message. No entry of the turn is before it in the log. A retry has the messages of
    /// the retried turn, which are before the retry's own first entry.
    pub first_seq: i64,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    /// Set if and only if the turn is no longer open. The store finds open turns by this.
    pub ended_at: Option<Timestamp>,
    /// The reason of a failure or cancellation.
    pub reason: Option<String>,
    /// What its model calls used until it last waited or ended.
    pub spent: Spent,
}

impl Turn {
    /// The author of the turn's messages: the agent that runs it.
    pub fn author(&self) -> Author {
        Author::Agent { agent: self.agent }
    }
}

/// The next step of a turn, derived from its part of the log.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// These calls have no result yet.
    Tools(Vec<ToolCall>),
    /// The model has not read the newest messages.
    Ask,
    /// Nothing is left to do.
    Complete,
}

/// The calls without a result among these messages of a turn, in the log's order.
pub fn open_calls(own: &[Message]) -> Vec<ToolCall> {
    // In order, because a model may reuse an id: a result belongs to the preceding call.
    let mut open: Vec<&ToolCall> = Vec::new();
    for message in own {
        match message.role {
            Role::Agent => open.extend(message.body.tool_calls()),
            _ => message.body.tool_results().for_each(|r| open.retain(|call| call.id != r.tool_call_id)),
        }
    }
    open.into_iter().cloned().collect()
}

/// The next step of a turn with these messages, in the log's order. `reads` is the position up to which the last
/// finished step read the log. Absent: no step has finished.
pub fn next(own: &[Message], reads: Option<i64>) -> Next {
    let open = open_calls(own);
    if !open.is_empty() {
        return Next::Tools(open);
    }
    let unread = own.iter().any(|m| m.role != Role::Agent && reads.is_none_or(|reads| m.seq > reads));
    if unread { Next::Ask } else { Next::Complete }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        MessageId,
        author::Author,
        message::{Body, Part, ToolResult},
    };

    fn said(seq: i64, role: Role, content: Vec<Part>) -> Message {
        let id = Uuid::from_u128(seq as u128);
        let author = Author::Agent { agent: AgentId(id) };
        let body = Body { content, ..Body::default() };
        Message {
            id: MessageId(id),
            thread: ThreadId(id),
            seq,
            turn: Some(TurnId(id)),
            role,
            author,
            at: Timestamp(seq),
            body,
        }
    }

    fn call(id: &str) -> Part {
        Part::ToolCall(ToolCall { id: id.into(), name: "look".into(), arguments: serde_json::json!({}).into() })
    }

    fn result(id: &str) -> Part {
        Part::ToolResult(ToolResult { tool_call_id: id.into(), result: Some(1.into()), error: None })
    }

    fn check(messages: &[(i64, Role, Vec<Part>)], reads: Option<i64>) -> String {
        let own: Vec<Message> = messages.iter().cloned().map(|(seq, role, parts)| said(seq, role, parts)).collect();
        match next(&own, reads) {
            Next::Tools(calls) => calls.iter().map(|c| c.id.clone()).collect::<Vec<_>>().join(","),
            Next::Ask => "ask".into(),
            Next::Complete => "complete".into(),
        }
    }

    #[test]
    fn the_log_says_what_a_turn_does_next() {
        use Role::{Agent, Tool, User};
        let text = || vec![Part::Text { text: "x".into() }];
        assert_eq!(check(&[(1, User, text())], None), "ask");
        assert_eq!(check(&[(1, User, text()), (4, Agent, text())], Some(3)), "complete");
        assert_eq!(
            check(&[(1, User, text()), (4, Agent, vec![call("a"), call("b")]), (5, Tool, vec![result("b")])], Some(3)),
            "a"
        );
        assert_eq!(
            check(&[(1, User, text()), (4, Agent, vec![call("a")]), (5, Tool, vec![result("a")])], Some(3)),
            "ask"
        );
        assert_eq!(
            check(
                &[
                    (1, User, text()),
                    (4, Agent, vec![call("a")]),
                    (5, Tool, vec![result("a")]),
                    (7, Agent, vec![call("a")])
                ],
                Some(6)
            ),
            "a",
            "an id that was used before"
        );
        assert_eq!(
            check(&[(1, User, text()), (4, User, text()), (5, Agent, text())], Some(3)),
            "ask",
            "a message came while the step ran"
        );
    }
}
