//! The events of an answer become chunks.

use domain::{
    Kept, Map,
    block::{Blocks, Origin},
    fault::Fault,
    step::Stop,
    usage::Usage,
};
use serde_json::Value;

use super::{
    NAME,
    calls::Calls,
    details::{self, Details},
    event::{Delta, Event},
};
use crate::{
    model::{Chunk, End, Failure},
    names::Names,
    wire::{Call, Reader, calls::Ids, fault::Faults},
};

/// The answer so far.
pub(super) struct ChatReader {
    origin: Origin,
    faults: Faults,
    names: Names,
    /// Number of earlier model calls in the turn.
    call: u32,
    id: Option<String>,
    /// The model that answers, as its provider names it.
    model: Option<String>,
    usage: Option<Usage>,
    /// The terminal sign.
    finish: Option<String>,
    content: String,
    refusal: String,
    /// The field in which thinking came first, and all thinking that was shown.
    reasoning: Option<(&'static str, String)>,
    details: Details,
    calls: Calls,
}

impl ChatReader {
    pub fn of(call: &Call<'_>) -> Self {
        Self {
            origin: Origin { provider: call.provider.into(), wire: NAME.into(), model: call.model.into() },
            faults: Faults::of(call),
            names: Names::of(&call.request.tools),
            call: call.request.call,
            id: None,
            model: None,
            usage: None,
            finish: None,
            content: String::new(),
            refusal: String::new(),
            reasoning: None,
            details: Details::default(),
            calls: Calls::default(),
        }
    }

    fn delta(&mut self, delta: Delta, chunks: &mut Vec<Chunk>) {
        let Delta { content, refusal, reasoning_content, reasoning, reasoning_details, tool_calls } = delta;
        let detailed: String = reasoning_details.iter().map(details::text).collect();
        let fields =
            [("reasoning_content", reasoning_content), ("reasoning", reasoning), ("reasoning_details", detailed)];
        if let Some((field, text)) = fields.into_iter().find(|(_, text)| !text.is_empty()) {
            self.reasoning.get_or_insert((field, String::new())).1.push_str(&text);
            chunks.push(Chunk::Thinking(text));
        }
        chunks.extend([&content, &refusal].into_iter().filter(|text| !text.is_empty()).cloned().map(Chunk::Text));
        self.content.push_str(&content);
        self.refusal.push_str(&refusal);
        reasoning_details.into_iter().for_each(|piece| self.details.add(piece));
        tool_calls.iter().for_each(|piece| self.calls.add(piece));
    }

    /// The calls and the end, once the terminal sign came.
    fn end(&mut self, chunks: &mut Vec<Chunk>) -> Result<(), Failure> {
        let Some(finish) = self.finish.take() else { return Err(self.cut()) };
        let stop = self.stop(&finish)?;
        let (calls, called) = std::mem::take(&mut self.calls).complete(Ids::new(self.call), &self.names);
        let blocks = self.block(called).map(|block| Blocks { origin: self.origin.clone(), blocks: vec![block] });
        chunks.extend(calls.into_iter().map(Chunk::Call));
        let usage = self.usage.unwrap_or_default();
        chunks.push(Chunk::End(End { usage, stop, blocks, request_id: self.id.take(), model: self.model.take() }));
        Ok(())
    }

    fn stop(&self, finish: &str) -> Result<Stop, Failure> {
        let is_silent = self.content.is_empty() && self.refusal.is_empty();
        let stop = match finish {
            "length" | "max_tokens" => Stop::MaxTokens,
            "model_context_window_exceeded" => Stop::Window,
            "content_filter" | "sensitive" if is_silent => return Err(self.failed(Fault::Refused, FILTERED)),
            "content_filter" | "sensitive" => Stop::Filter,
            "insufficient_system_resource" => return Err(self.failed(Fault::Unavailable, OVERLOADED)),
            "error" | "network_error" => return Err(self.failed(Fault::Upstream, FAILED)),
            _ if !self.calls.is_empty() => Stop::ToolCalls,
            _ if !self.refusal.is_empty() => Stop::Refusal,
            _ => Stop::End,
        };
        Ok(stop)
    }

    /// The assistant message to give back. `None` if there is nothing but thinking.
    fn block(&mut self, calls: Vec<Kept>) -> Option<Kept> {
        let taken = |text: &mut String| Some(std::mem::take(text)).filter(|text| !text.is_empty());
        let (content, refusal) = (taken(&mut self.content), taken(&mut self.refusal));
        if content.is_none() && refusal.is_none() && calls.is_empty() {
            return None;
        }
        let details = std::mem::take(&mut self.details);
        // The details are all of the reasoning, with what its provider needs to read it again.
        let reasoning = self.reasoning.take().filter(|_| details.is_empty());
        let lists = [("reasoning_details", Kept::of(&details.complete())), ("tool_calls", Kept::of(&calls))];
        let lists = lists.map(|(name, list)| (name, list.ok().filter(|list| list.text() != "[]")));
        let texts = [refusal.map(|text| ("refusal", text)), reasoning].into_iter().flatten();
        let mut message = Map::new();
        message.insert("role".into(), "assistant".into());
        message.insert("content".into(), Kept::from(content));
        message.extend(texts.map(|(name, text)| (name.to_owned(), Kept::from(text))));
        message.extend(lists.into_iter().filter_map(|(name, list)| Some((name.to_owned(), list?))));
        Some(Kept::from(message))
    }

    fn failed(&self, fault: Fault, words: &str) -> Failure {
        self.told(self.faults.failure(fault, Some(words), String::new))
    }

    /// The failure with all that the answer told before.
    fn told(&self, failure: Failure) -> Failure {
        Failure { usage: self.usage, request_id: self.id.clone(), ..failure }
    }
}

const FILTERED: &str = "the provider's filter stopped the answer";
const OVERLOADED: &str = "the provider had no resources left for the answer";
const FAILED: &str = "the provider's answer failed";

impl Reader for ChatReader {
    fn read(&mut self, event: Option<&str>, data: &str, chunks: &mut Vec<Chunk>) -> Result<(), Failure> {
        let data = data.trim();
        match data {
            "" => return Ok(()),
            "[DONE]" => return self.end(chunks),
            _ => {}
        }
        let unreadable = |_| self.told(Faults::unreadable(None));
        let told: Event = serde_json::from_str(data).map_err(unreadable)?;
        self.usage = told.usage().or(self.usage);
        let is_error = told.is_error() || event == Some("error") || told.choices.iter().any(|one| one.error.is_some());
        if is_error {
            let value: Value = serde_json::from_str(data).map_err(|_| self.told(Faults::unreadable(None)))?;
            let error = value.pointer("/choices/0/error").filter(|_| value.get("error").is_none_or(Value::is_null));
            return Err(self.told(self.faults.event(error.unwrap_or(&value))));
        }
        self.id = self.id.take().or(told.id.filter(|id| !id.is_empty()));
        self.model = self.model.take().or(told.model.filter(|name| !name.is_empty()));
        for choice in told.choices.into_iter().filter(|choice| choice.index == 0) {
            self.delta(choice.delta, chunks);
            self.finish = choice.finish_reason.or(self.finish.take());
        }
        Ok(())
    }

    fn eof(&mut self, chunks: &mut Vec<Chunk>) -> Result<(), Failure> {
        self.end(chunks)
    }

    fn cut(&self) -> Failure {
        self.told(Faults::cut(None))
    }
}
