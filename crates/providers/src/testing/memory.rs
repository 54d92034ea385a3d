//! What the peer has said and signed.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicU64, Ordering},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

/// The answers and signatures so far.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// Signatures by their text: the wire and the model that made them.
    signed: HashMap<String, String>,
    said: Vec<Said>,
}

/// An answer that has to come back as it was.
#[derive(Debug)]
struct Said {
    /// The wire and the model.
    by: String,
    /// Words that no other answer has.
    mark: String,
    blocks: Vec<Value>,
}

impl Memory {
    /// A number that no other answer of this process has, so that peers tell their answers apart.
    pub(super) fn number() -> u64 {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        COUNT.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn sign(&mut self, by: &str, kind: &str) -> String {
        let signature = STANDARD.encode(format!("{kind} {} of {by}", Self::number()));
        self.signed.insert(signature.clone(), by.to_owned());
        signature
    }

    pub(super) fn is_signed(&self, by: &str, signature: &str) -> bool {
        self.signed.get(signature).is_some_and(|signer| signer == by)
    }

    pub(super) fn keep(&mut self, by: &str, mark: String, mut blocks: Vec<Value>) {
        blocks.iter_mut().for_each(strip);
        self.said.push(Said { by: by.to_owned(), mark, blocks });
    }

    /// Holds that the answers of this wire and model which the blocks repeat are there block for block.
    ///
    /// # Errors
    /// The first answer that is not.
    pub(super) fn compare(&self, by: &str, blocks: &[Value]) -> Result<(), String> {
        let mut blocks = blocks.to_vec();
        blocks.iter_mut().for_each(strip);
        let text = Value::from(blocks.clone()).to_string();
        let repeated = self.said.iter().filter(|said| said.by == by && text.contains(&said.mark));
        for said in repeated {
            if !blocks.windows(said.blocks.len()).any(|window| window == said.blocks) {
                let whole = Value::from(said.blocks.clone());
                return Err(format!("an answer came back changed: it was {whole}, and is within {text}"));
            }
        }
        Ok(())
    }
}

/// Removes ids, which the client may change, and marks that it may add.
fn strip(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for name in ["id", "call_id", "cache_control"] {
                members.remove(name);
            }
            members.values_mut().for_each(strip);
        }
        Value::Array(elements) => elements.iter_mut().for_each(strip),
        _ => {}
    }
}
