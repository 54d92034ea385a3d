//! The pieces of an answer.

use domain::{
    Kept, Map,
    block::{Blocks, Origin},
    fault::Fault,
    message::ToolCall,
    step::Stop,
    usage::Usage,
};
use serde::Deserialize;
use serde_json::Value;

use super::{FAILURES, FILTERS, NAME, request::Part};
use crate::{
    model::{Chunk, End, Failure},
    names::Names,
    wire::{
        Call, Reader,
        calls::{Ids, arguments, object},
        fault::Faults,
        lenient::lenient,
    },
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(default, deserialize_with = "lenient")]
    candidates: Vec<Candidate>,
    #[serde(default, deserialize_with = "lenient")]
    prompt_feedback: Option<Feedback>,
    #[serde(default, deserialize_with = "lenient")]
    usage_metadata: Option<Counts>,
    #[serde(default, deserialize_with = "lenient")]
    response_id: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    model_version: Option<String>,
    error: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Candidate {
    #[serde(default, deserialize_with = "lenient")]
    content: Content,
    finish_reason: Option<String>,
    finish_message: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Content {
    #[serde(default, deserialize_with = "lenient")]
    parts: Vec<Part>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Feedback {
    block_reason: Option<String>,
    block_reason_message: Option<String>,
}

/// Tokens so far. Absent fields say nothing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counts {
    prompt_token_count: Option<u64>,
    tool_use_prompt_token_count: Option<u64>,
    cached_content_token_count: Option<u64>,
    candidates_token_count: Option<u64>,
    thoughts_token_count: Option<u64>,
}

impl Counts {
    /// Assigns the numbers, which are cumulative.
    fn assign(&self, usage: &mut Usage) {
        let said = usage.output - usage.reasoning;
        if let Some(prompt) = self.prompt_token_count {
            usage.cache_read = self.cached_content_token_count.unwrap_or(usage.cache_read).min(prompt);
            usage.input = prompt - usage.cache_read + self.tool_use_prompt_token_count.unwrap_or_default();
        }
        usage.reasoning = self.thoughts_token_count.unwrap_or(usage.reasoning);
        usage.output = self.candidates_token_count.unwrap_or(said).saturating_add(usage.reasoning);
    }
}

/// The answer so far.
#[derive(Debug)]
pub(super) struct Answer {
    names: Names,
    ids: Ids,
    faults: Faults,
    origin: Origin,
    blocks: Vec<Kept>,
    /// Text without a signature that is not yet a block, and whether it is a thought.
    open: Option<(bool, String)>,
    usage: Option<Usage>,
    has_text: bool,
    has_calls: bool,
    response_id: Option<String>,
    /// The model that answers, as its provider names it.
    model: Option<String>,
}

/// The content of a member that is a text.
fn text(map: &Map, name: &str) -> Option<String> {
    map.get(name).and_then(Kept::read)
}

impl Answer {
    pub(super) fn new(call: &Call<'_>) -> Self {
        Self {
            names: Names::of(&call.request.tools),
            ids: Ids::new(call.request.call),
            faults: Faults::of(call),
            origin: Origin { provider: call.provider.into(), wire: NAME.into(), model: call.model.into() },
            blocks: Vec::new(),
            open: None,
            usage: None,
            has_text: false,
            has_calls: false,
            response_id: None,
            model: None,
        }
    }

    fn part(&mut self, part: Part, chunks: &mut Vec<Chunk>) {
        let signature = text(&part, "thoughtSignature").filter(|signature| !signature.is_empty());
        if let Some(function) = part.get("functionCall") {
            let call = self.call(function);
            chunks.push(Chunk::Call(call));
            return self.keep(part);
        }
        let Some(said) = text(&part, "text") else { return self.keep(part) };
        let is_thought = part.get("thought").and_then(Kept::read).unwrap_or(false);
        if !said.is_empty() {
            self.has_text |= !is_thought;
            chunks.push(if is_thought { Chunk::Thinking(said.clone()) } else { Chunk::Text(said.clone()) });
        }
        match signature {
            None => self.join(is_thought, &said),
            Some(signature) => {
                if is_thought {
                    chunks.push(Chunk::Signature(signature));
                }
                self.keep(part);
            }
        }
    }

    fn call(&mut self, function: &Kept) -> ToolCall {
        let function: Map = function.read().unwrap_or_default();
        let arguments = arguments(function.get("args").map_or("", Kept::text));
        let name = text(&function, "name").unwrap_or_default();
        let id = self.ids.next(text(&function, "id").as_deref());
        self.has_calls = true;
        ToolCall { id, name: self.names.own(&name).into(), arguments }
    }

    /// Joins text without a signature to the text before it.
    fn join(&mut self, is_thought: bool, more: &str) {
        match &mut self.open {
            Some((kind, joined)) if *kind == is_thought => joined.push_str(more),
            _ => {
                self.settle();
                self.open = (!more.is_empty()).then(|| (is_thought, more.to_owned()));
            }
        }
    }

    fn settle(&mut self) {
        if let Some((is_thought, joined)) = self.open.take() {
            let mut part = Map::from_iter([("text".to_owned(), Kept::from(joined))]);
            if is_thought {
                part.insert("thought".into(), true.into());
            }
            self.blocks.push(part.into());
        }
    }

    /// Keeps a part as it came. Only arguments that are no object become an empty one.
    fn keep(&mut self, mut part: Part) {
        self.settle();
        let mut function: Map = part.get("functionCall").and_then(Kept::read).unwrap_or_default();
        if let Some(args) = function.get("args").filter(|args| !args.is_object()) {
            function.insert("args".into(), object(args));
            part.insert("functionCall".into(), function.into());
        }
        self.blocks.push(part.into());
    }

    fn finish(&mut self, reason: &str, words: Option<&str>, chunks: &mut Vec<Chunk>) -> Result<(), Failure> {
        let failed = |fault| {
            let neutral = || format!("the provider ended the answer: {reason}");
            Failure { usage: self.usage, ..self.faults.failure(fault, words, neutral) }
        };
        let stop = match reason {
            "MAX_TOKENS" | "CONTINUATION" => Stop::MaxTokens,
            "MISSING_THOUGHT_SIGNATURE" => return Err(failed(Fault::BlocksRefused)),
            reason if FAILURES.contains(&reason) => return Err(failed(Fault::Upstream)),
            reason if FILTERS.contains(&reason) && !self.has_text => return Err(failed(Fault::Refused)),
            reason if FILTERS.contains(&reason) => Stop::Filter,
            _ if self.has_calls => Stop::ToolCalls,
            _ => Stop::End,
        };
        self.settle();
        let blocks = std::mem::take(&mut self.blocks);
        let blocks = (!blocks.is_empty()).then(|| Blocks { origin: self.origin.clone(), blocks });
        let usage = self.usage.unwrap_or_default();
        chunks.push(Chunk::End(End {
            usage,
            stop,
            blocks,
            request_id: self.response_id.take(),
            model: self.model.take(),
        }));
        Ok(())
    }
}

impl Reader for Answer {
    fn read(&mut self, _event: Option<&str>, data: &str, chunks: &mut Vec<Chunk>) -> Result<(), Failure> {
        let Ok(read) = serde_json::from_str::<Event>(data) else { return Err(Faults::unreadable(self.usage)) };
        if let Some(error) = &read.error {
            return Err(Failure { usage: self.usage, ..self.faults.event(error) });
        }
        self.model = read.model_version.or_else(|| self.model.take());
        self.response_id = read.response_id.or_else(|| self.response_id.take());
        if let Some(counts) = read.usage_metadata {
            counts.assign(self.usage.get_or_insert_default());
        }
        let feedback = read.prompt_feedback.filter(|_| read.candidates.is_empty());
        if let Some(Feedback { block_reason: Some(reason), block_reason_message }) = feedback {
            let neutral = || format!("the provider blocked the prompt: {reason}");
            let failure = self.faults.failure(Fault::Refused, block_reason_message.as_deref(), neutral);
            return Err(Failure { usage: self.usage, ..failure });
        }
        let Some(candidate) = read.candidates.into_iter().next() else { return Ok(()) };
        candidate.content.parts.into_iter().for_each(|part| self.part(part, chunks));
        match candidate.finish_reason.as_deref() {
            None | Some("" | "FINISH_REASON_UNSPECIFIED") => Ok(()),
            Some(reason) => self.finish(reason, candidate.finish_message.as_deref(), chunks),
        }
    }

    fn cut(&self) -> Failure {
        Faults::cut(self.usage)
    }
}
