//! The spans of a turn, and their ids.
//!
//! The trace of a turn has the turn's own id, and each span's id follows from the turn and its part. So every worker
//! knows the ids without asking, and a turn that is taken over stays one trace.

use domain::{AgentId, ProjectId, ThreadId, Timestamp, TurnId, event::Ended, turn::Turn, usage::Usage};
use sha2::{Digest, Sha256};

/// A span that has ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Span {
    pub(super) trace: TurnId,
    pub(super) id: [u8; 8],
    /// Absent for the turn's own span.
    pub(super) parent: Option<[u8; 8]>,
    pub(super) name: String,
    /// True for a request to another server.
    pub(super) is_client: bool,
    pub(super) begun_at: Timestamp,
    pub(super) ended_at: Timestamp,
    /// The code of the failure.
    pub(super) error: Option<String>,
    pub(super) attributes: Vec<(&'static str, Value)>,
}

/// Longest name of a model that a provider is believed.
const NAME_BYTES_MAX: usize = 255;

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(u64),
    Texts(Vec<String>),
}

/// A model call that has ended.
pub(crate) struct Called<'c> {
    pub(crate) turn: &'c Turn,
    /// Number of the call within the turn, retries included.
    pub(crate) call: u32,
    pub(crate) begun_at: Timestamp,
    pub(crate) ended_at: Timestamp,
    /// The configured name of the provider. Absent for `echo` and `scripted`.
    pub(crate) provider: Option<&'c str>,
    /// The provider's name of the model.
    pub(crate) model: &'c str,
    /// The name of the model that answered, as its provider tells it.
    pub(crate) answered: Option<&'c str>,
    pub(crate) usage: Option<Usage>,
    pub(crate) stop: Option<&'static str>,
    pub(crate) error: Option<&'static str>,
    pub(crate) request_id: Option<&'c str>,
}

/// A tool call that has ended.
pub(crate) struct Ran<'c> {
    pub(crate) turn: &'c Turn,
    pub(crate) id: &'c str,
    pub(crate) name: &'c str,
    pub(crate) begun_at: Timestamp,
    pub(crate) ended_at: Timestamp,
    pub(crate) failed: bool,
}

impl Span {
    /// The span of a turn, from its terminal entry.
    pub(crate) fn of_turn(
        (project, thread, agent): (ProjectId, ThreadId, AgentId),
        turn: TurnId,
        ended: &Ended,
        ended_at: Timestamp,
        end: &'static str,
    ) -> Self {
        let mut attributes = vec![("gen_ai.operation.name", Value::Text("invoke_agent".into()))];
        attributes.extend(ids(project, thread, turn, agent));
        attributes.push(("threadline.turn.end", Value::Text(end.into())));
        attributes.push(("threadline.turn.steps", Value::Number(u64::from(ended.steps))));
        attributes.extend(ended.spent.iter().flat_map(|spent| tokens(&spent.usage)));
        Self {
            trace: turn,
            id: id(turn, &["turn"]),
            parent: None,
            name: "invoke_agent".into(),
            is_client: false,
            begun_at: ended_at.plus_us(-ended.duration_ms.saturating_mul(1_000)),
            ended_at,
            error: ended.code.clone(),
            attributes,
        }
    }

    pub(crate) fn of_call(called: &Called<'_>) -> Self {
        let turn = called.turn;
        let mut attributes = vec![
            ("gen_ai.operation.name", Value::Text("chat".into())),
            ("gen_ai.request.model", Value::Text(called.model.into())),
        ];
        let text = |name, text: Option<&str>| text.map(|text| (name, Value::Text(text.into())));
        attributes.extend(text("gen_ai.provider.name", called.provider));
        attributes.extend(text("gen_ai.response.id", called.request_id));
        attributes.extend(text("gen_ai.response.model", called.answered.filter(|name| name.len() <= NAME_BYTES_MAX)));
        attributes.extend(called.stop.map(|stop| ("gen_ai.response.finish_reasons", Value::Texts(vec![stop.into()]))));
        attributes.extend(called.usage.iter().flat_map(tokens));
        attributes.extend(ids(turn.project, turn.thread, turn.id, turn.agent));
        let number = called.call.to_string();
        Self {
            trace: turn.id,
            id: id(turn.id, &["call", &turn.attempt.to_string(), &number]),
            parent: Some(id(turn.id, &["turn"])),
            name: format!("chat {}", called.model),
            is_client: called.provider.is_some(),
            begun_at: called.begun_at,
            ended_at: called.ended_at,
            error: called.error.map(Into::into),
            attributes,
        }
    }

    pub(crate) fn of_tool(ran: &Ran<'_>) -> Self {
        let turn = ran.turn;
        let mut attributes = vec![
            ("gen_ai.operation.name", Value::Text("execute_tool".into())),
            ("gen_ai.tool.name", Value::Text(ran.name.into())),
            ("gen_ai.tool.call.id", Value::Text(ran.id.into())),
        ];
        attributes.extend(ids(turn.project, turn.thread, turn.id, turn.agent));
        Self {
            trace: turn.id,
            id: id(turn.id, &["tool", &turn.attempt.to_string(), ran.id]),
            parent: Some(id(turn.id, &["turn"])),
            name: format!("execute_tool {}", ran.name),
            is_client: false,
            begun_at: ran.begun_at,
            ended_at: ran.ended_at,
            error: ran.failed.then(|| "tool_error".into()),
            attributes,
        }
    }
}

fn ids(project: ProjectId, thread: ThreadId, turn: TurnId, agent: AgentId) -> [(&'static str, Value); 4] {
    [
        ("gen_ai.conversation.id", Value::Text(thread.to_string())),
        ("gen_ai.agent.id", Value::Text(agent.to_string())),
        ("threadline.turn.id", Value::Text(turn.to_string())),
        ("threadline.project.id", Value::Text(project.to_string())),
    ]
}

fn tokens(usage: &Usage) -> [(&'static str, Value); 2] {
    [
        ("gen_ai.usage.input_tokens", Value::Number(usage.input_total())),
        ("gen_ai.usage.output_tokens", Value::Number(usage.output)),
    ]
}

/// The id of a part of a turn. Parts are told apart by their lengths too.
fn id(turn: TurnId, part: &[&str]) -> [u8; 8] {
    let mut hash = Sha256::new();
    hash.update(turn.0.as_bytes());
    for word in part {
        hash.update((word.len() as u64).to_le_bytes());
        hash.update(word);
    }
    let mut id = [0; 8];
    id.copy_from_slice(&hash.finalize()[..8]);
    id
}
