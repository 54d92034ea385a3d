//! OpenRouter's `reasoning_details`: thinking, summaries and encrypted thinking of the provider behind it.
//!
//! Source: OpenRouter's documentation of reasoning tokens, as of 2026-11-30. The list goes back whole and in order. In a
//! stream, each event has the next piece of an item.

use domain::{Kept, Map};

/// The fields that arrive in pieces.
const TEXTS: [&str; 2] = ["text", "summary"];

/// The items so far.
#[derive(Debug, Default)]
pub(super) struct Details(Vec<Map>);

impl Details {
    /// Adds a piece to the last item if it belongs there, else begins a new one.
    pub fn add(&mut self, piece: Map) {
        let continues = |item: &&mut Map| {
            let same = |field: &str| item.get(field) == piece.get(field);
            same("type") && same("index") && TEXTS.iter().any(|text| piece.get(text).is_some())
                || same("type") && same("index") && piece.get("signature").is_some()
        };
        match self.0.last_mut().filter(continues) {
            None => self.0.push(piece),
            Some(item) => {
                for (name, value) in piece {
                    let joined = joined(&name, item.get(&name), value);
                    item.extend(joined.map(|value| (name, value)));
                }
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The items to give back. Thinking that its provider signs is left out if the signature never came.
    pub fn complete(self) -> Vec<Map> {
        self.0.into_iter().filter(|item| !lacks_signature(item)).collect()
    }
}

/// The readable text of a piece.
pub(super) fn text(piece: &Map) -> String {
    TEXTS.iter().find_map(|field| piece.get(field)?.read()).unwrap_or_default()
}

/// The new value of a field. A null replaces nothing.
fn joined(name: &str, own: Option<&Kept>, more: Kept) -> Option<Kept> {
    let own: Option<String> = own.filter(|_| TEXTS.contains(&name)).and_then(Kept::read);
    match (own, more.read::<String>()) {
        (Some(own), Some(more)) => Some(Kept::from(own + &more)),
        _ if more == Kept::null() => None,
        _ => Some(more),
    }
}

fn lacks_signature(item: &Map) -> bool {
    let read = |field: &str| item.get(field).and_then(Kept::read::<String>).unwrap_or_default();
    read("type") == "reasoning.text" && read("format").starts_with("anthropic") && read("signature").is_empty()
}
