//! A call that only tells whether a route works.

use std::{collections::HashMap, sync::Arc};

use domain::{
    MessageId, ThreadId, Timestamp, TurnId,
    author::Author,
    controls::Controls,
    fault::Fault,
    message::{Body, Message, Role},
};
use futures_util::StreamExt;

use crate::{
    model::{Chunk, End, Failure, Purpose, Request, Said},
    models::{Models, Target},
    routes::Lead,
};

/// The question of a check.
const QUESTION: &str = "Reply with the word OK.";
/// Most tokens of a check's answer. Some providers refuse a smaller number.
pub const CHECK_TOKENS: u64 = 16;

impl Models {
    /// Asks the model at a lead a short question, and waits for the end of its answer. Nothing is retried, and no fallback
    /// answers.
    ///
    /// # Errors
    /// The failure of the call, as a turn would have it.
    pub async fn check(&self, lead: &Arc<Lead>, now: Timestamp) -> Result<End, Failure> {
        let mut stream = self.call(&Target::Provider(lead.clone()), question(&lead.name), now);
        while let Some(chunk) = stream.next().await {
            if let Chunk::End(end) = chunk? {
                return Ok(end);
            }
        }
        Err(Failure::new(Fault::Upstream, "the model's answer ended early"))
    }
}

impl Failure {
    /// The failure in plain words, with the provider's own behind them.
    pub fn words(&self) -> String {
        let what = match self.fault {
            // The failure says what is wrong: the address, the certificate, a page, the name of the model.
            Fault::Invalid => return self.message.clone(),
            Fault::Unauthenticated => "the provider refuses the key",
            Fault::OutOfCredit => "the account at the provider has no credit",
            Fault::RateLimited => "the provider asks to wait",
            Fault::Unavailable => "the provider cannot be reached, or is overloaded",
            Fault::Upstream => "the answer failed",
            Fault::ContextTooLong | Fault::Refused | Fault::BlocksRefused | Fault::PicturesRefused => {
                "the provider refuses the question"
            }
        };
        format!("{what}: {}", self.message)
    }
}

fn question(model: &str) -> Request {
    let (thread, turn) = (ThreadId::from_bytes([0; 16]), TurnId::from_bytes([0; 16]));
    let message = Message {
        id: MessageId::from_bytes([0; 16]),
        thread,
        seq: 1,
        turn: Some(turn),
        role: Role::User,
        author: Author::Guest {},
        at: Timestamp(0),
        body: Body::text(QUESTION),
    };
    Request {
        purpose: Purpose::Answer,
        model: model.into(),
        instructions: String::new(),
        transcript: vec![Said::from(message)],
        tools: Vec::new(),
        controls: Controls::default(),
        most_output: Some(CHECK_TOKENS),
        files: HashMap::new(),
        thread,
        turn,
        call: 0,
        script: Vec::new(),
    }
}
