//! Converts entries of a log to steps of a trajectory. A message is a step, and a tool's result belongs to the step
//! with the call.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    iter,
};

use domain::{
    AttachmentId, Map, TurnId,
    event::{Ended, Entry, Event},
    message::{Body, Message, Part, Role, ToolCall, ToolResult},
};
use serde::Serialize;
use serde_json::{Value, json};

use super::json as as_json;
use crate::{
    ids,
    wire::{
        IMAGE_TYPES, ObservationResult, StepContent, StepImage, StepPart, StepSource, StepToolCall, TrajectoryStep,
        TrajectoryTurn, TrajectoryTurnStatus,
    },
};

/// The types of existing pictures.
pub type Pictures = BTreeMap<AttachmentId, String>;

/// The results of folding.
#[derive(Clone, Debug, PartialEq)]
pub enum Folded {
    /// `seq` is the step's first entry; `omitted` counts deleted pictures.
    Step {
        seq: i64,
        step: Box<TrajectoryStep>,
        omitted: u64,
    },
    Turn(TrajectoryTurn),
}

/// Folds entries, and returns finished steps in order.
pub struct Fold {
    next_step: u64,
    /// A step that waits for the results of its calls, followed by those that wait for it.
    open: VecDeque<Open>,
    /// Bytes of all waiting steps.
    bytes: u64,
}

struct Open {
    turn: Option<TurnId>,
    calls: BTreeSet<String>,
    /// Bytes as JSON.
    bytes: u64,
    folded: Folded,
}

impl Fold {
    /// `next_step` is the number of the first step.
    pub fn from(next_step: u64) -> Self {
        Self { next_step, open: VecDeque::new(), bytes: 0 }
    }

    pub fn take(&mut self, entry: &Entry, pictures: &Pictures) {
        match (&entry.event, &entry.message) {
            (Event::MessageCreated {} | Event::MessageCompleted { .. }, Some(message)) => self.said(message, pictures),
            (Event::ToolCompleted { .. }, Some(message)) => {
                message.body.tool_results().for_each(|result| self.result(entry.turn, result));
            }
            (event, _) => {
                if let (Some(turn), Some(ended)) = (entry.turn, event.ended()) {
                    self.end(turn, event, ended);
                }
            }
        }
    }

    /// The finished steps.
    pub fn settled(&mut self) -> Vec<Folded> {
        let settled: Vec<Open> = iter::from_fn(|| self.open.pop_front_if(|open| open.calls.is_empty())).collect();
        self.bytes -= settled.iter().map(|open| open.bytes).sum::<u64>();
        settled.into_iter().map(|open| open.folded).collect()
    }

    /// Bytes, as JSON, behind the first waiting step.
    pub fn waiting(&self) -> u64 {
        self.bytes - self.open.front().map_or(0, |first| first.bytes)
    }

    /// The rest at the end of the log. Open calls have no result.
    pub fn rest(&mut self) -> Vec<Folded> {
        self.bytes = 0;
        self.open.drain(..).map(|open| open.folded).collect()
    }

    fn said(&mut self, message: &Message, pictures: &Pictures) {
        let (step, omitted) = step(self.next_step, message, pictures);
        self.next_step += 1;
        let calls = step.tool_calls.iter().map(|call| call.tool_call_id.clone()).collect();
        let bytes = length(&step);
        self.push(message.turn, calls, bytes, Folded::Step { seq: message.seq, step: Box::new(step), omitted });
    }

    fn result(&mut self, turn: Option<TurnId>, result: &ToolResult) {
        let made = |open: &&mut Open| open.turn == turn && open.calls.contains(&result.tool_call_id);
        // A call before the first step of this document has its result in the earlier document.
        let Some(open) = self.open.iter_mut().rev().find(made) else { return };
        open.calls.remove(&result.tool_call_id);
        if let Folded::Step { step, .. } = &mut open.folded {
            let result = observed(result);
            let bytes = length(&result);
            open.bytes += bytes;
            self.bytes += bytes;
            step.observation.get_or_insert_default().results.push(result);
        }
    }

    fn end(&mut self, turn: TurnId, event: &Event, ended: &Ended) {
        for open in self.open.iter_mut().filter(|open| open.turn == Some(turn)) {
            open.calls.clear();
        }
        let status = match event {
            Event::TurnFailed(_) => TrajectoryTurnStatus::Failed,
            Event::TurnCancelled(_) => TrajectoryTurnStatus::Cancelled,
            _ => TrajectoryTurnStatus::Completed,
        };
        let turn = TrajectoryTurn {
            turn_id: ids::turn(turn),
            status,
            iterations: ended.steps,
            duration_ms: ended.duration_ms,
            error: ended.reason.clone(),
        };
        self.push(None, BTreeSet::new(), length(&turn), Folded::Turn(turn));
    }

    fn push(&mut self, turn: Option<TurnId>, calls: BTreeSet<String>, bytes: u64, folded: Folded) {
        self.open.push_back(Open { turn, calls, bytes, folded });
        self.bytes += bytes;
    }
}

fn length(value: &impl Serialize) -> u64 {
    as_json(value).len() as u64
}

fn step(step_id: u64, message: &Message, pictures: &Pictures) -> (TrajectoryStep, u64) {
    let body = &message.body;
    let (content, omitted) = content(body, pictures);
    let mut extra = Map::new();
    if body.interrupted {
        extra.insert("interrupted".into(), true.into());
    }
    if let Some(code) = &body.error_code {
        extra.insert("error".into(), code.clone().into());
    }
    if !omitted.is_empty() {
        extra.insert("omitted_images".into(), Value::from(omitted.clone()).into());
    }
    let by_agent = message.role == Role::Agent;
    let thinking = body.thinking();
    let by_model = body.model.is_some() || thinking.is_some();
    let step = TrajectoryStep {
        step_id,
        timestamp: message.at,
        source: if by_agent { StepSource::Agent } else { StepSource::User },
        model_name: body.model.clone().filter(|_| by_agent),
        message: content,
        reasoning_content: thinking.filter(|_| by_agent),
        tool_calls: body.tool_calls().map(called).collect(),
        observation: None,
        llm_call_count: by_agent.then(|| by_model.into()),
        extra,
    };
    (step, omitted.len() as u64)
}

fn called(call: &ToolCall) -> StepToolCall {
    StepToolCall {
        tool_call_id: call.id.clone(),
        function_name: call.name.clone(),
        arguments: match call.arguments.read() {
            Some(arguments) => arguments,
            None => Map::from_iter([("value".to_owned(), call.arguments.clone())]),
        },
    }
}

fn observed(result: &ToolResult) -> ObservationResult {
    let (content, extra) = match (&result.error, &result.result) {
        (Some(error), _) => (error.clone(), Map::from_iter([("success".to_owned(), false.into())])),
        (None, Some(value)) => (value.clone().into_plain(), Map::new()),
        (None, None) => (String::new(), Map::new()),
    };
    ObservationResult { source_call_id: result.tool_call_id.clone(), content, extra }
}

/// Text as text, and pictures by their place. A deleted picture becomes a text.
fn content(body: &Body, pictures: &Pictures) -> (StepContent, Vec<Value>) {
    let shown: Vec<Shown> = body.content.iter().filter_map(|part| shown(part, pictures)).collect();
    if shown.iter().all(|shown| matches!(shown, Shown::Words(_))) {
        return (StepContent::Text(body.plain_text()), Vec::new());
    }
    let mut omitted = Vec::new();
    let mut parts = Vec::with_capacity(shown.len());
    for one in shown {
        parts.push(match one {
            Shown::Words(text) => StepPart::Text { text },
            Shown::Picture(source) => StepPart::Image { source },
            Shown::Gone(what) => {
                omitted.push(what);
                StepPart::Text { text: "[image]".into() }
            }
        });
    }
    (StepContent::Parts(parts), omitted)
}

enum Shown {
    Words(String),
    Picture(StepImage),
    Gone(Value),
}

fn shown(part: &Part, pictures: &Pictures) -> Option<Shown> {
    let stored = |id: AttachmentId| {
        let path = format!("/v1/images/{}", ids::image(id));
        match pictures.get(&id) {
            Some(media_type) => Shown::Picture(StepImage { media_type: Some(media_type.clone()), path }),
            None => Shown::Gone(json!({"image_id": ids::image(id)})),
        }
    };
    Some(match part {
        Part::Text { text } => Shown::Words(text.clone()),
        Part::Image { url: Some(url), media_type, .. } => {
            Shown::Picture(StepImage { media_type: media_type.clone(), path: url.clone() })
        }
        Part::Image { attachment: Some(id), .. } | Part::ImageFile { attachment: id, .. } => stored(*id),
        Part::Image { media_type, .. } => Shown::Gone(json!({"media_type": media_type})),
        Part::File { attachment, media_type, .. } if IMAGE_TYPES.contains(&media_type.as_str()) => stored(*attachment),
        Part::File { name, .. } => Shown::Words(format!("[{name}]")),
        Part::Link { url } => Shown::Words(format!("[{url}]")),
        Part::Thinking { .. } | Part::ToolCall(_) | Part::ToolResult(_) => return None,
    })
}
