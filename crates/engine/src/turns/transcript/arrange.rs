//! The order that providers accept: results of tools directly behind the message with their calls, and what came while a
//! model answered behind its answer.

use std::collections::{HashMap, VecDeque};

use domain::{
    TurnId,
    message::{Message, Part, Role, ToolCall, ToolResult},
};

/// The error of a call whose result is not in the transcript. The text never changes, because it is part of prompts.
const NO_RESULT: &str = "This call has no result";

/// Puts each result directly behind the message with its call, in the order of the calls. Messages that stood between
/// come after the results. A result without its call is removed, and a call without a result gets an error. A user's
/// message that the model had not read when it answered comes after the answer.
pub(super) fn arrange(messages: Vec<Message>) -> Vec<Message> {
    let mut results = Results::of(&messages);
    let mut arranged = Vec::with_capacity(messages.len());
    for message in messages {
        match message.role {
            Role::Tool => {}
            Role::User => arranged.push(message),
            Role::Agent => {
                let answers: Vec<Message> =
                    message.body.tool_calls().map(|call| results.take(&message, call)).collect();
                let later = unread(&mut arranged, &message);
                arranged.push(message);
                arranged.extend(answers);
                arranged.extend(later);
            }
        }
    }
    arranged
}

/// Takes out the messages of the turn that the model had not read when it wrote the answer.
fn unread(arranged: &mut Vec<Message>, answer: &Message) -> Vec<Message> {
    let Some(reads) = answer.body.reads else { return Vec::new() };
    let is_later =
        |message: &mut Message| message.role == Role::User && message.turn == answer.turn && message.seq > reads;
    arranged.extract_if(.., is_later).collect()
}

/// Results that have no place yet, by turn and call. In order, because threads of earlier versions reuse ids.
struct Results(HashMap<(Option<TurnId>, String), VecDeque<Message>>);

impl Results {
    fn of(messages: &[Message]) -> Self {
        let mut all: HashMap<_, VecDeque<Message>> = HashMap::new();
        for message in messages.iter().filter(|message| message.role == Role::Tool) {
            for result in message.body.tool_results() {
                let key = (message.turn, result.tool_call_id.clone());
                all.entry(key).or_default().push_back(with(message, result.clone()));
            }
        }
        Self(all)
    }

    /// The result of the agent's call.
    fn take(&mut self, agent: &Message, call: &ToolCall) -> Message {
        let found = self.0.get_mut(&(agent.turn, call.id.clone())).and_then(|results| {
            results.retain(|result| result.seq > agent.seq);
            results.pop_front()
        });
        let missing = || ToolResult { tool_call_id: call.id.clone(), result: None, error: Some(NO_RESULT.into()) };
        found.unwrap_or_else(|| with(agent, missing()))
    }
}

/// A tool's message with this result alone, in the place of `message`.
fn with(message: &Message, result: ToolResult) -> Message {
    let mut own = message.clone();
    own.role = Role::Tool;
    own.body = domain::message::Body { content: vec![Part::ToolResult(result)], ..Default::default() };
    own
}

#[cfg(test)]
mod tests {
    use domain::{AgentId, MessageId, ThreadId, Timestamp, author::Author, message::Body};
    use uuid::Uuid;

    use super::*;

    fn said(seq: i64, role: Role, content: Vec<Part>) -> Message {
        let id = Uuid::from_u128(seq as u128);
        Message {
            id: MessageId(id),
            thread: ThreadId(Uuid::nil()),
            seq,
            turn: Some(TurnId(Uuid::nil())),
            role,
            author: Author::Agent { agent: AgentId(Uuid::nil()) },
            at: Timestamp(seq),
            body: Body { content, ..Body::default() },
        }
    }

    fn text() -> Vec<Part> {
        vec![Part::Text { text: "x".into() }]
    }

    fn call(id: &str) -> Part {
        Part::ToolCall(ToolCall { id: id.into(), name: "look".into(), arguments: serde_json::json!({}).into() })
    }

    fn result(id: &str) -> Vec<Part> {
        vec![Part::ToolResult(ToolResult { tool_call_id: id.into(), result: Some(1.into()), error: None })]
    }

    /// Each message as its entry's number; a result also has its call.
    fn shape(messages: Vec<Message>) -> String {
        let word = |message: &Message| match message.body.tool_results().next() {
            None => message.seq.to_string(),
            Some(ToolResult { tool_call_id, error: Some(_), .. }) => format!("{tool_call_id}!"),
            Some(result) => format!("{}@{}", result.tool_call_id, message.seq),
        };
        arrange(messages).iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn results_stand_behind_their_calls_whatever_came_between() {
        use Role::{Agent, Tool, User};
        let steered = vec![
            said(1, User, text()),
            said(2, Agent, vec![call("a"), call("b")]),
            said(3, User, text()),
            said(4, Tool, result("b")),
            said(5, User, text()),
            said(6, Tool, result("a")),
            said(7, Agent, text()),
        ];
        assert_eq!(shape(steered), "1 2 a@6 b@4 3 5 7");
    }

    #[test]
    fn what_a_model_had_not_read_stands_behind_its_answer() {
        use Role::{Agent, Tool, User};
        let reading = |reads, mut message: Message| {
            message.body.reads = Some(reads);
            message
        };
        let joined = vec![
            said(1, User, text()),
            said(3, User, text()),
            reading(2, said(4, Agent, vec![call("a")])),
            said(6, User, text()),
            said(7, Tool, result("a")),
            said(9, User, text()),
            reading(7, said(10, Agent, text())),
        ];
        assert_eq!(shape(joined.clone()), "1 4 a@7 3 6 10 9");
        let others = joined.into_iter().map(|message| Message { turn: None, ..message });
        let of_another_turn = others.enumerate().map(|(at, message)| match at {
            5 => Message { turn: Some(TurnId(Uuid::nil())), ..message },
            _ => message,
        });
        assert_eq!(shape(of_another_turn.collect()), "1 4 a@7 3 6 9 10");
    }

    #[test]
    fn a_call_has_exactly_one_result_wherever_a_cut_falls() {
        use Role::{Agent, Tool, User};
        let whole = [
            said(1, User, text()),
            said(2, Agent, vec![call("a"), call("b")]),
            said(3, Tool, result("a")),
            said(4, Tool, result("b")),
            said(5, User, text()),
            // Threads of earlier versions reuse ids.
            said(6, Agent, vec![call("a")]),
            said(7, Tool, result("a")),
            said(8, Agent, text()),
        ];
        for (from, to, expected) in [
            (0, 8, "1 2 a@3 b@4 5 6 a@7 8"),
            (1, 8, "2 a@3 b@4 5 6 a@7 8"),
            (2, 8, "5 6 a@7 8"),
            (3, 8, "5 6 a@7 8"),
            (6, 8, "8"),
            (0, 3, "1 2 a@3 b!"),
            (0, 2, "1 2 a! b!"),
        ] {
            assert_eq!(shape(whole[from..to].to_vec()), expected, "{from}..{to}");
        }
    }
}
