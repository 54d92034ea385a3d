//! Closed blocks of growing answers as HTML, rendered once for all who read along.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use domain::MessageId;
use sha2::{Digest, Sha256};

use crate::{html::Html, markdown};

/// The blocks of this node, oldest first out.
#[derive(Default)]
pub struct Blocks(Mutex<Kept>);

/// The message, where the block begins in it, and the hash of the block's text. The message is part of the key, so that
/// no project learns by the time that another one has the same text.
type Key = (MessageId, usize, [u8; 32]);

#[derive(Default)]
struct Kept {
    blocks: HashMap<Key, Html>,
    order: VecDeque<Key>,
    bytes: usize,
}

/// Most bytes of HTML that are kept.
const BYTES_MAX: usize = 4 << 20;
/// Bytes that a block takes beside its HTML.
const BLOCK_BYTES: usize = 256;

impl Blocks {
    /// The block of the message that begins at this byte.
    pub fn html(&self, message: MessageId, at: usize, text: &str) -> Html {
        let key = (message, at, Sha256::digest(text).into());
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).blocks.get(&key) {
            return known.clone();
        }
        // Rendered outside of the lock, because others wait for it.
        let html = markdown::html(text);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keep(key, &html);
        html
    }
}

impl Kept {
    fn keep(&mut self, key: Key, html: &Html) {
        let size = |html: &Html| html.text().len() + BLOCK_BYTES;
        if self.blocks.insert(key, html.clone()).is_some() {
            return;
        }
        self.order.push_back(key);
        self.bytes += size(html);
        while self.bytes > BYTES_MAX {
            let Some(oldest) = self.order.pop_front().and_then(|key| self.blocks.remove(&key)) else { return };
            self.bytes -= size(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_is_rendered_once_and_the_oldest_go_first() {
        let message = |n: u32| MessageId::parse(&format!("00000000-0000-7000-8000-{n:012}")).unwrap();
        let blocks = Blocks::default();
        let first = blocks.html(message(1), 0, "**one**");
        assert_eq!(first.text(), "<p><strong>one</strong></p>\n");
        blocks.html(message(1), 0, "**one**");
        assert_ne!(blocks.html(message(1), 0, "two"), first, "the same place with another text");
        assert_eq!(blocks.0.lock().unwrap().blocks.len(), 2);
        let long = "x".repeat(BYTES_MAX / 4);
        for n in 2..=4 {
            blocks.html(message(n), 0, &long);
        }
        let kept = blocks.0.lock().unwrap();
        assert!(kept.bytes <= BYTES_MAX && kept.blocks.len() == kept.order.len());
        drop(kept);
        blocks.html(message(5), 0, &long);
        let kept = blocks.0.lock().unwrap();
        let has = |n| kept.blocks.keys().any(|(own, ..)| *own == message(n));
        assert!(!has(1) && has(5) && kept.bytes <= BYTES_MAX);
        assert_eq!(kept.blocks.len(), kept.order.len());
    }
}
