//! One call of a model: its request, its stream and its failures.

use domain::{
    TurnId,
    agent::Tool,
    controls::Controls,
    fault::Fault,
    message::{Message, ToolCall},
    model::{SCRIPTED, by_name},
    script::Reply,
};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};

use crate::{echo, scripted};

/// The request of a model call.
#[derive(Clone, Debug)]
pub struct Request {
    /// A name of the catalogue ([`domain::model`]), or `scripted`.
    pub model: String,
    pub instructions: String,
    /// The transcript, oldest first: the turns that ran before, then this one.
    pub transcript: Vec<Message>,
    /// The tools that the model may call.
    pub tools: Vec<Tool>,
    /// The turn's controls, already merged with the agent's.
    pub controls: Controls,
    pub turn: TurnId,
    /// Number of earlier model calls in this turn, retries included: 0 for the first.
    pub call: u32,
    /// The script of the model `scripted`. No other model reads it.
    pub script: Vec<Reply>,
}

/// A piece of a model's answer, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Chunk {
    /// The next piece of thinking. Never empty.
    Thinking(String),
    /// The provider's signature of all thinking before it.
    Signature(String),
    /// The next piece of text. Never empty.
    Text(String),
    /// A complete tool call.
    Call(ToolCall),
    /// The answer is complete; nothing follows.
    End(Usage),
}

/// The cost of a call, in tokens as the provider counts them. Models without a tokenizer (`echo` and `scripted`) report
/// [`Usage::approximate`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub input_tokens: u64,
    pub output_tokens: u64,
}

impl Usage {
    /// One token for every four characters read and every four said, rounded up.
    pub fn approximate(chars_read: usize, chars_said: usize) -> Self {
        Self { input_tokens: chars_read.div_ceil(4) as u64, output_tokens: chars_said.div_ceil(4) as u64 }
    }
}

/// The reason why a call gave no answer, or ended early. The message is for the people of the thread and contains no
/// secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub fault: Fault,
    pub message: String,
    /// Seconds after which a retry makes sense, as the provider reports.
    pub retry_after_s: Option<u32>,
}

impl Failure {
    pub fn new(fault: Fault, message: impl Into<String>) -> Self {
        Self { fault, message: message.into(), retry_after_s: None }
    }
}

/// A model's answer as it arrives.
///
/// It ends with [`Chunk::End`] or an error, and nothing follows either. **A stream that ends without either ended
/// early**: its text is not an answer, and the caller treats it as [`Fault::Upstream`]. Dropping the stream stops the
/// call, because no task continues behind it.
pub type Stream = BoxStream<'static, Result<Chunk, Failure>>;

/// The part of a thread that a model reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// Only the messages of its own turn.
    Turn,
    /// The thread's newest messages, up to the transcript's limit, and always those of its own turn.
    Thread,
}

/// All models that this process can call.
#[derive(Clone, Debug, Default)]
pub struct Models {}

impl Models {
    /// Without a provider, `scripted` plays its script, and `echo` answers for every model of the catalogue.
    pub fn new() -> Self {
        Self {}
    }

    /// The part of a thread that the model reads. Echo and scripts answer the messages of their turn, so a long thread
    /// need not be read again at each step.
    pub fn reads(&self, model: &str) -> Reads {
        if model == SCRIPTED || by_name(model).is_some() { Reads::Turn } else { Reads::Thread }
    }

    /// Calls the model. The stream reports all errors, an unknown model included.
    pub fn call(&self, request: Request) -> Stream {
        match request.model.as_str() {
            SCRIPTED => scripted::answer(&request),
            name if by_name(name).is_some() => echo::answer(&request),
            name => {
                let failure = Failure::new(Fault::Invalid, format!("there is no model named {name}"));
                stream::iter([Err(failure)]).boxed()
            }
        }
    }
}
