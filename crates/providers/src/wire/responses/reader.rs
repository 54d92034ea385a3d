//! The events of an answer become chunks.

use domain::{
    Kept,
    block::{Blocks, Origin},
    fault::Fault,
    message::{PARTS_APART, ToolCall},
    step::Stop,
    usage::Usage,
};
use serde_json::Value;

use super::{
    NAME,
    blocks::{CALL, REASONING, returnable},
    event::{Event, Item, Key, Place, Response, Words},
};
use crate::{
    model::{Chunk, End, Failure},
    names::Names,
    wire::{
        Call, Reader,
        calls::{Ids, arguments},
        fault::Faults,
        openai::Host,
    },
};

/// The answer so far.
pub(super) struct ResponsesReader {
    origin: Origin,
    host: Host,
    faults: Faults,
    names: Names,
    ids: Ids,
    id: Option<String>,
    /// The model that answers, as its provider names it.
    model: Option<String>,
    usage: Option<Usage>,
    /// The items that are whole.
    items: Vec<Kept>,
    /// True if an item did not arrive whole.
    lacks_item: bool,
    /// The items with a text that came in pieces, until they are whole.
    told: Vec<Key>,
    /// The kind and place of the piece before.
    last: Option<(Kind, Place)>,
    has_text: bool,
    has_refusal: bool,
    has_calls: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Refusal,
    Thinking,
}

impl ResponsesReader {
    pub fn of(call: &Call<'_>) -> Self {
        Self {
            origin: Origin { provider: call.provider.into(), wire: NAME.into(), model: call.model.into() },
            host: Host::of(call),
            faults: Faults::of(call),
            names: Names::of(&call.request.tools),
            ids: Ids::new(call.request.call),
            id: None,
            model: None,
            usage: None,
            items: Vec::new(),
            lacks_item: false,
            told: Vec::new(),
            last: None,
            has_text: false,
            has_refusal: false,
            has_calls: false,
        }
    }

    /// Adds a piece of text or thinking. Texts of two places are apart by a blank line.
    fn piece(&mut self, kind: Kind, place: Place, text: String, chunks: &mut Vec<Chunk>) {
        if text.is_empty() {
            return;
        }
        let is_apart = self.last.as_ref().is_some_and(|(last, other)| *last == kind && *other != place);
        let text = if is_apart { format!("{PARTS_APART}{text}") } else { text };
        if !self.told.contains(&place.item) {
            self.told.push(place.item.clone());
        }
        self.last = Some((kind, place));
        self.has_text |= kind != Kind::Thinking;
        self.has_refusal |= kind == Kind::Refusal;
        chunks.push(if kind == Kind::Thinking { Chunk::Thinking(text) } else { Chunk::Text(text) });
    }

    /// Adds a whole item. Its text is new if it did not come in pieces.
    fn item(&mut self, index: Option<u64>, kept: Kept, chunks: &mut Vec<Chunk>) {
        let item: Item = kept.read().unwrap_or_default();
        let key = Key { index, id: item.id.clone() };
        let is_new = !self.told.contains(&key);
        match item.kind.as_str() {
            "message" if is_new => self.words(Kind::Text, &key, &item.content, chunks),
            REASONING if item.encrypted_content.is_empty() && self.host == Host::OpenAi => self.lacks_item = true,
            // Nothing to give back, and servers refuse it.
            REASONING if item.encrypted_content.is_empty() && item.words().is_empty() => return,
            REASONING if is_new => self.words(Kind::Thinking, &key, item.words(), chunks),
            CALL if item.status == "incomplete" || item.name.is_empty() => {
                self.lacks_item = true;
                return;
            }
            CALL => self.call(&item, chunks),
            _ => {}
        }
        self.told.retain(|told| *told != key);
        self.items.push(kept);
    }

    fn words(&mut self, kind: Kind, key: &Key, words: &[Words], chunks: &mut Vec<Chunk>) {
        for (part, Words { text, refusal }) in (0..).zip(words) {
            let place = Place { item: key.clone(), part };
            self.piece(kind, place.clone(), text.clone(), chunks);
            self.piece(Kind::Refusal, place, refusal.clone(), chunks);
        }
    }

    fn call(&mut self, item: &Item, chunks: &mut Vec<Chunk>) {
        self.has_calls = true;
        self.last = None;
        chunks.push(Chunk::Call(ToolCall {
            id: self.ids.next(Some(&item.call_id)),
            name: self.names.own(&item.name).to_owned(),
            arguments: arguments(&item.arguments),
        }));
    }

    /// The end. `is_whole`: the provider did not stop the answer.
    fn end(&mut self, response: Response, is_whole: bool, chunks: &mut Vec<Chunk>) -> Result<(), Failure> {
        // A server without events for items has them in its last event.
        if self.items.is_empty() && !self.lacks_item {
            for (index, item) in (0..).zip(response.output) {
                self.item(Some(index), item, chunks);
            }
        }
        let stop = if is_whole { self.stop() } else { self.stop_early(&response.incomplete_details.reason)? };
        let is_complete = !self.lacks_item && self.told.is_empty();
        let items = if is_complete { returnable(std::mem::take(&mut self.items)) } else { Vec::new() };
        let blocks = (!items.is_empty()).then(|| Blocks { origin: self.origin.clone(), blocks: items });
        let usage = self.usage.unwrap_or_default();
        chunks.push(Chunk::End(End { usage, stop, blocks, request_id: self.id.clone(), model: self.model.clone() }));
        Ok(())
    }

    fn stop(&self) -> Stop {
        match () {
            () if self.has_calls => Stop::ToolCalls,
            () if self.has_refusal => Stop::Refusal,
            () => Stop::End,
        }
    }

    fn stop_early(&self, reason: &str) -> Result<Stop, Failure> {
        match reason {
            "content_filter" if self.has_text => Ok(Stop::Filter),
            "content_filter" => {
                let words = "the provider's filter stopped the answer";
                Err(self.told(self.faults.failure(Fault::Refused, Some(words), String::new)))
            }
            _ => Ok(Stop::MaxTokens),
        }
    }

    /// The failure with all that the answer told before.
    fn told(&self, failure: Failure) -> Failure {
        Failure { usage: self.usage, request_id: self.id.clone(), ..failure }
    }
}

impl Reader for ResponsesReader {
    fn read(&mut self, name: Option<&str>, data: &str, chunks: &mut Vec<Chunk>) -> Result<(), Failure> {
        let data = data.trim();
        if data.is_empty() || data == "[DONE]" {
            return Ok(());
        }
        let unreadable = |reader: &Self| reader.told(Faults::unreadable(None));
        let mut event: Event = serde_json::from_str(data).map_err(|_| unreadable(self))?;
        self.id = self.id.take().or(event.response.id.take().filter(|id| !id.is_empty()));
        self.model = self.model.take().or(event.response.model.take().filter(|name| !name.is_empty()));
        self.usage = event.response.usage().or(self.usage);
        let kind = event.kind.take().or(name.map(str::to_owned)).unwrap_or_default();
        let is_failure =
            ["response.failed", "response.cancelled", "error"].contains(&kind.as_str()) || event.error.is_some();
        let delta = std::mem::take(&mut event.delta);
        match kind.as_str() {
            "response.output_text.delta" => self.piece(Kind::Text, event.place(), delta, chunks),
            "response.refusal.delta" => self.piece(Kind::Refusal, event.place(), delta, chunks),
            "response.reasoning_summary_text.delta" | "response.reasoning_text.delta" => {
                self.piece(Kind::Thinking, event.place(), delta, chunks);
            }
            "response.output_item.done" => {
                let index = event.output_index;
                event.item.into_iter().for_each(|item| self.item(index, item, chunks));
            }
            "response.completed" => {
                let is_whole = event.response.status != "incomplete";
                return self.end(event.response, is_whole, chunks);
            }
            "response.incomplete" => return self.end(event.response, false, chunks),
            _ if is_failure => {
                let value: Value = serde_json::from_str(data).map_err(|_| unreadable(self))?;
                return Err(self.told(self.faults.event(value.get("response").unwrap_or(&value))));
            }
            _ => {}
        }
        Ok(())
    }

    fn cut(&self) -> Failure {
        self.told(Faults::cut(None))
    }
}
