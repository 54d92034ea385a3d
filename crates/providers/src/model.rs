//! One call of a model: its request, its stream and its failures.

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::Bytes;
use domain::{
    AttachmentId, ThreadId, TurnId,
    agent::Tool,
    block::Blocks,
    controls::Controls,
    fault::Fault,
    message::{Message, ToolCall},
    script::Reply,
    step::Stop,
    usage::Usage,
};
use futures_util::stream::BoxStream;

/// The request of a model call.
#[derive(Clone, Debug)]
pub struct Request {
    pub purpose: Purpose,
    /// A public name of a model, or `scripted`.
    pub model: String,
    pub instructions: String,
    /// The transcript, oldest first: the turns that ran before, then this one. Results of tools stand directly behind
    /// the message with their calls.
    pub transcript: Vec<Said>,
    /// The tools that the model may call.
    pub tools: Vec<Tool>,
    /// The turn's controls, already merged with the agent's.
    pub controls: Controls,
    /// Most tokens of the answer. Absent: the model's own bound.
    pub most_output: Option<u64>,
    /// The bytes of the attachments that the transcript names, as far as the model reads them.
    pub files: HashMap<AttachmentId, File>,
    pub thread: ThreadId,
    pub turn: TurnId,
    /// Number of earlier model calls in this turn, retries included: 0 for the first.
    pub call: u32,
    /// The script of the model `scripted`. No other model reads it.
    pub script: Vec<Reply>,
}

/// The use of a call's answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Purpose {
    /// It is said in the thread.
    #[default]
    Answer,
    /// It stands for messages that no longer fit the model's window. A script answers with its reply that says so.
    Summary,
}

/// A message of a transcript.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    pub message: Message,
    /// For an agent's message: the answer as its provider made it.
    pub blocks: Option<Arc<Blocks>>,
}

impl From<Message> for Said {
    fn from(message: Message) -> Self {
        Self { message, blocks: None }
    }
}

/// The content of an attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// By the content, not by the sender.
    pub media_type: String,
    pub bytes: Bytes,
}

/// A piece of a model's answer, in order. Pieces of the same kind are joined to one part of the message, until a piece
/// of another kind follows.
#[derive(Clone, Debug, PartialEq)]
pub enum Chunk {
    /// The next piece of thinking. Never empty.
    Thinking(String),
    /// The provider's signature of the thinking part before it. The part ends.
    Signature(String),
    /// The next piece of text. Never empty.
    Text(String),
    /// A complete tool call. Its id is unique within the answer.
    Call(ToolCall),
    /// The answer is complete; nothing follows.
    End(End),
}

/// The end of an answer.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    pub usage: Usage,
    pub stop: Stop,
    /// The whole answer as the provider made it. Absent: the message itself is all there is to give back.
    pub blocks: Option<Blocks>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// The provider's name of the model that answered, as the answer tells it.
    pub model: Option<String>,
}

impl End {
    /// The end of an answer without blocks.
    pub fn plain(usage: Usage, stop: Stop) -> Self {
        Self { usage, stop, blocks: None, request_id: None, model: None }
    }
}

/// The reason why a call gave no answer, or ended early. The message is for the people of the thread and contains no
/// secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub fault: Fault,
    pub message: String,
    /// The time after which a retry makes sense, as the provider reports.
    pub retry_after: Option<Duration>,
    /// The tokens that the failed call has cost, as far as the provider reported them.
    pub usage: Option<Usage>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// True if the provider refused the request or was not reached, so that no model has run.
    pub is_refused: bool,
}

impl Failure {
    /// The tokens that the failed call has cost. `None` if nobody knows.
    pub fn spent(&self) -> Option<Usage> {
        self.usage.or_else(|| self.is_refused.then(Usage::default))
    }

    pub fn new(fault: Fault, message: impl Into<String>) -> Self {
        Self { fault, message: message.into(), retry_after: None, usage: None, request_id: None, is_refused: false }
    }
}

/// A model's answer as it arrives.
///
/// It ends with [`Chunk::End`] or an error, and nothing follows either. **A stream that ends without either ended
/// early**: its text is not an answer, and the caller treats it as [`Fault::Upstream`]. Dropping the stream stops the
/// call, because no task continues behind it.
pub type Stream = BoxStream<'static, Result<Chunk, Failure>>;
