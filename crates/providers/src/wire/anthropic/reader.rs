//! The events of an answer.

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

use super::{NAME, request::Block};
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

/// The fields of all events.
#[derive(Debug, Deserialize)]
struct Event {
    #[serde(default, rename = "type", deserialize_with = "lenient")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    message: Option<Start>,
    #[serde(default, deserialize_with = "lenient")]
    content_block: Option<Block>,
    /// The delta of a block or of the message.
    #[serde(default, deserialize_with = "lenient")]
    delta: Map,
    #[serde(default, deserialize_with = "lenient")]
    usage: Option<Counts>,
    error: Option<Value>,
    #[serde(default, deserialize_with = "lenient")]
    request_id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
struct Start {
    usage: Option<Counts>,
    #[serde(default, deserialize_with = "lenient")]
    model: Option<String>,
}

/// The content of a member that is a text.
fn text(map: &Map, name: &str) -> Option<String> {
    map.get(name).and_then(Kept::read)
}

/// Tokens so far. Absent fields say nothing.
#[derive(Debug, Deserialize)]
struct Counts {
    input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    cache_creation_input_tokens: Option<u64>,
    cache_creation: Option<Written>,
    output_tokens: Option<u64>,
    output_tokens_details: Option<OutputDetails>,
}

#[derive(Debug, Deserialize)]
struct Written {
    ephemeral_1h_input_tokens: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct OutputDetails {
    thinking_tokens: Option<u64>,
}

impl Counts {
    /// Assigns the numbers, which are cumulative. A gateway may report no input at the start or at the end.
    fn assign(&self, usage: &mut Usage) {
        let (input, read, written) =
            (self.input_tokens, self.cache_read_input_tokens, self.cache_creation_input_tokens);
        if [input, read, written].into_iter().flatten().any(|count| count > 0) {
            usage.input = input.unwrap_or(usage.input);
            usage.cache_read = read.unwrap_or(usage.cache_read);
            if let Some(written) = written {
                let hour = self.cache_creation.as_ref().and_then(|split| split.ephemeral_1h_input_tokens);
                // A later event may repeat the sum without the split.
                usage.cache_write_1h = hour.unwrap_or(usage.cache_write_1h).min(written);
                usage.cache_write = written - usage.cache_write_1h;
            }
        }
        usage.output = self.output_tokens.unwrap_or(usage.output);
        let thinking = self.output_tokens_details.as_ref().and_then(|details| details.thinking_tokens);
        usage.reasoning = thinking.unwrap_or(usage.reasoning);
    }
}

/// A block that is arriving.
#[derive(Debug)]
struct Open {
    kind: String,
    block: Block,
    /// The joined text, thinking or JSON of an input.
    joined: String,
    citations: Vec<Kept>,
    /// False after a delta that is unknown.
    is_understood: bool,
}

/// The answer so far.
#[derive(Debug)]
pub(super) struct Answer {
    names: Names,
    ids: Ids,
    faults: Faults,
    origin: Origin,
    /// The model that answers, as its provider names it.
    model: Option<String>,
    open: Option<Open>,
    blocks: Vec<Kept>,
    usage: Option<Usage>,
    has_text: bool,
    has_calls: bool,
    stop_reason: Option<String>,
    /// The category and the explanation of a refusal.
    details: Map,
}

impl Answer {
    pub(super) fn new(call: &Call<'_>) -> Self {
        Self {
            names: Names::of(&call.request.tools),
            ids: Ids::new(call.request.call),
            faults: Faults::of(call),
            origin: Origin { provider: call.provider.into(), wire: NAME.into(), model: call.model.into() },
            model: None,
            open: None,
            blocks: Vec::new(),
            usage: None,
            has_text: false,
            has_calls: false,
            stop_reason: None,
            details: Map::new(),
        }
    }

    fn count(&mut self, counts: Option<Counts>) {
        if let Some(counts) = counts {
            counts.assign(self.usage.get_or_insert_default());
        }
    }

    fn begin(&mut self, block: Block, chunks: &mut Vec<Chunk>) {
        self.close(chunks);
        let kind = text(&block, "type").unwrap_or_default();
        let begun = match kind.as_str() {
            "text" | "thinking" => text(&block, &kind).unwrap_or_default(),
            _ => String::new(),
        };
        self.open = Some(Open { kind, block, joined: String::new(), citations: Vec::new(), is_understood: true });
        self.say(&begun, chunks);
    }

    /// Adds text or thinking to the open block.
    fn say(&mut self, more: &str, chunks: &mut Vec<Chunk>) {
        let Some(open) = self.open.as_mut().filter(|_| !more.is_empty()) else { return };
        open.joined.push_str(more);
        match open.kind.as_str() {
            "text" => {
                self.has_text = true;
                chunks.push(Chunk::Text(more.into()));
            }
            "thinking" => chunks.push(Chunk::Thinking(more.into())),
            _ => {}
        }
    }

    fn add(&mut self, delta: &Map, chunks: &mut Vec<Chunk>) {
        let Some(open) = &mut self.open else { return };
        let kind = text(delta, "type").unwrap_or_default();
        let more = |name| text(delta, name).unwrap_or_default();
        match kind.as_str() {
            "text_delta" => self.say(&more("text"), chunks),
            "thinking_delta" => self.say(&more("thinking"), chunks),
            "input_json_delta" => open.joined.push_str(&more("partial_json")),
            "signature_delta" => open.block.insert("signature".into(), more("signature").into()),
            "citations_delta" => open.citations.extend(delta.get("citation").cloned()),
            _ => open.is_understood = false,
        }
    }

    /// Closes the open block: it joins the blocks to give back, if the provider would take it.
    fn close(&mut self, chunks: &mut Vec<Chunk>) {
        let Some(mut open) = self.open.take() else { return };
        match open.kind.as_str() {
            "text" => {
                open.block.insert("text".into(), open.joined.into());
                if !open.citations.is_empty() {
                    open.block.insert("citations".into(), Kept::of(&open.citations).unwrap_or_default());
                }
            }
            "thinking" => {
                open.block.insert("thinking".into(), open.joined.into());
                match text(&open.block, "signature").filter(|signature| !signature.is_empty()) {
                    Some(signature) => chunks.push(Chunk::Signature(signature)),
                    None => return,
                }
            }
            "tool_use" => self.call(&mut open, chunks),
            _ if !open.is_understood => return,
            _ if !open.joined.is_empty() => open.block.insert("input".into(), object(&arguments(&open.joined))),
            _ => {}
        }
        self.blocks.push(open.block.into());
    }

    fn call(&mut self, open: &mut Open, chunks: &mut Vec<Chunk>) {
        // An answer that was cut off may lack the arguments, and a call without them would be another call.
        let is_cut_off =
            matches!(self.stop_reason.as_deref(), Some("max_tokens" | "model_context_window_exceeded" | "refusal"));
        let begun: Map = open.block.get("input").and_then(Kept::read).unwrap_or_default();
        let written = match (open.joined.is_empty(), begun.is_empty()) {
            (true, true) if is_cut_off => "".into(),
            (true, _) => begun.into(),
            (false, _) => arguments(&open.joined),
        };
        let name = text(&open.block, "name").unwrap_or_default();
        let id = self.ids.next(text(&open.block, "id").as_deref());
        open.block.insert("input".into(), object(&written));
        self.has_calls = true;
        chunks.push(Chunk::Call(ToolCall { id, name: self.names.own(&name).into(), arguments: written }));
    }

    fn finish(&mut self, chunks: &mut Vec<Chunk>) -> Result<(), Failure> {
        self.close(chunks);
        let stop = match self.stop_reason.as_deref() {
            Some("max_tokens") => Stop::MaxTokens,
            Some("stop_sequence") => Stop::Sequence,
            Some("pause_turn" | "compaction") => Stop::Pause,
            Some("model_context_window_exceeded") => Stop::Window,
            Some("refusal") if self.has_text => Stop::Refusal,
            Some("refusal") => return Err(self.refusal()),
            _ if self.has_calls => Stop::ToolCalls,
            _ => Stop::End,
        };
        let blocks = std::mem::take(&mut self.blocks);
        let blocks = (!blocks.is_empty()).then(|| Blocks { origin: self.origin.clone(), blocks });
        let (usage, model) = (self.usage.unwrap_or_default(), self.model.take());
        chunks.push(Chunk::End(End { usage, stop, blocks, request_id: None, model }));
        Ok(())
    }

    fn refusal(&self) -> Failure {
        let category = text(&self.details, "category").map(|category| format!(" ({category})")).unwrap_or_default();
        let words = text(&self.details, "explanation").map(|explanation| format!("{explanation}{category}"));
        let neutral = || format!("the model refused to answer{category}");
        Failure { usage: self.usage, ..self.faults.failure(Fault::Refused, words.as_deref(), neutral) }
    }
}

impl Reader for Answer {
    fn read(&mut self, event: Option<&str>, data: &str, chunks: &mut Vec<Chunk>) -> Result<(), Failure> {
        let Ok(read) = serde_json::from_str::<Event>(data) else { return Err(Faults::unreadable(self.usage)) };
        if let Some(error) = &read.error {
            return Err(Failure { usage: self.usage, request_id: read.request_id, ..self.faults.event(error) });
        }
        match read.kind.as_deref().or(event) {
            Some("message_start") => {
                let start = read.message.unwrap_or_default();
                self.model = start.model;
                self.count(start.usage);
            }
            Some("content_block_start") => read.content_block.into_iter().for_each(|block| self.begin(block, chunks)),
            Some("content_block_delta") => self.add(&read.delta, chunks),
            Some("message_delta") => {
                self.count(read.usage);
                if let Some(reason) = text(&read.delta, "stop_reason") {
                    self.stop_reason = Some(reason);
                    self.details = read.delta.get("stop_details").and_then(Kept::read).unwrap_or_default();
                }
            }
            Some("message_stop") => return self.finish(chunks),
            _ => {}
        }
        Ok(())
    }

    fn cut(&self) -> Failure {
        Faults::cut(self.usage)
    }
}
