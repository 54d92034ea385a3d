//! One call of a model: what it is asked, what streams back, how it fails.

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

/// What a model is asked.
#[derive(Clone, Debug)]
pub struct Request {
    /// A name of the catalogue ([`domain::model`]), or `scripted`.
    pub model: String,
    pub instructions: String,
    /// What was said so far, oldest first: the turns that ran before, then this one.
    pub transcript: Vec<Message>,
    /// What the model may call.
    pub tools: Vec<Tool>,
    /// The turn's controls, the agent's own already beneath them.
    pub controls: Controls,
    pub turn: TurnId,
    /// Calls of the model made in this turn before this one, retries included: 0 for the first.
    pub call: u32,
    /// What the model `scripted` says; no other model reads it.
    pub script: Vec<Reply>,
}

/// A piece of a model's answer, in the order in which it was said.
#[derive(Clone, Debug, PartialEq)]
pub enum Chunk {
    /// The next piece of what it thinks. Never empty.
    Thinking(String),
    /// The provider's signature over all of the thinking before it.
    Signature(String),
    /// The next piece of what it says. Never empty.
    Text(String),
    /// A tool call, whole.
    Call(ToolCall),
    /// The answer is complete; nothing follows.
    End(Usage),
}

/// What a call cost, in tokens as the provider counts them. Models without a tokenizer of their own (`echo` and
/// `scripted`) report [`Usage::approximate`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub input_tokens: u64,
    pub output_tokens: u64,
}

impl Usage {
    /// One token for every four characters begun, of what was read and of what was said.
    pub fn approximate(chars_read: usize, chars_said: usize) -> Self {
        Self { input_tokens: chars_read.div_ceil(4) as u64, output_tokens: chars_said.div_ceil(4) as u64 }
    }
}

/// Why a call gave no answer, or broke off within one. The message is for the people of the thread and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub fault: Fault,
    pub message: String,
    /// Seconds after which the provider said that trying again makes sense.
    pub retry_after_s: Option<u32>,
}

impl Failure {
    pub fn new(fault: Fault, message: impl Into<String>) -> Self {
        Self { fault, message: message.into(), retry_after_s: None }
    }
}

/// A model's answer as it comes in.
///
/// It ends with [`Chunk::End`] or with an error, and neither is followed by anything. **A stream that ends without either
/// broke off**: what it said is not an answer, and the caller treats it as [`Fault::Upstream`].
/// Dropping it is how a call is stopped: no task lives on behind it.
pub type Stream = BoxStream<'static, Result<Chunk, Failure>>;

/// What of a thread a model is to be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// The messages of its own turn: what was said before makes no difference to it.
    Turn,
    /// The thread's newest messages, as many as a transcript may have, and in any case those of its own turn.
    Thread,
}

/// Every model that this process can call.
#[derive(Clone, Debug, Default)]
pub struct Models {}

impl Models {
    /// Without a provider: `scripted` plays its script, and every model of the catalogue is answered by `echo`.
    pub fn new() -> Self {
        Self {}
    }

    /// What the model reads. Echo and scripts answer what was said in their turn: a long thread need not be read again at each
    /// of their steps.
    pub fn reads(&self, model: &str) -> Reads {
        if model == SCRIPTED || by_name(model).is_some() { Reads::Turn } else { Reads::Thread }
    }

    /// Asks the model. Everything that can go wrong, a model that is not in the catalogue included, is said by the stream.
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
