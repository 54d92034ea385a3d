//! Unfinished text: what was shown is a part of what was said, unless its attempt was declared void.

use std::collections::HashMap;

use uuid::Uuid;

use super::{Found, Wrong};
use crate::history::{Delta, Entry, Reading, Said, Seen, Thread};

pub fn check(thread: &Thread, reading: &Reading, found: &mut Found) {
    let said: HashMap<Uuid, &Said> =
        thread.log.iter().filter_map(|e| e.said.as_ref()).map(|said| (said.id, said)).collect();
    // How far each text of each message was shown, in characters.
    let mut shown: HashMap<(Uuid, bool), usize> = HashMap::new();
    for seen in &reading.seen {
        match seen {
            Seen::Delta(delta) => {
                let upto = shown.entry((delta.message, delta.thinking)).or_default();
                found.expect(delta.offset == *upto, Wrong::Delta, || {
                    format!("a piece of {} came at {} and not at {upto}", delta.message, delta.offset)
                });
                *upto = delta.offset + delta.text.chars().count();
                piece(thread, delta, said.get(&delta.message).copied(), found);
            }
            Seen::Event(event) => {
                if let (Some((message, so_far)), Some(said)) =
                    (&event.piece, event.piece.as_ref().and_then(|p| said.get(&p.0)))
                {
                    let whole = if event.kind.starts_with("reason.") { &said.thinking } else { &said.text };
                    found.expect(whole.starts_with(so_far.as_str()), Wrong::Delta, || {
                        format!("{so_far:?} was shown of {message}, which says {whole:?}")
                    });
                }
            }
            Seen::Entry(_) => {}
        }
    }
}

fn piece(thread: &Thread, delta: &Delta, said: Option<&Said>, found: &mut Found) {
    match said {
        Some(said) => {
            let whole = if delta.thinking { &said.thinking } else { &said.text };
            let there: String = whole.chars().skip(delta.offset).take(delta.text.chars().count()).collect();
            found.expect(there == delta.text, Wrong::Delta, || {
                format!("{:?} was shown at {} of {}, which says {whole:?}", delta.text, delta.offset, delta.message)
            });
        }
        None => found.expect(thread.log.iter().any(|entry| voids(entry, delta)), Wrong::Delta, || {
            format!("{:?} of {} was shown, never said and never taken back", delta.text, delta.message)
        }),
    }
}

/// Whether the entry takes the piece back: a later attempt does; a cancel keeps what was said, and only that.
fn voids(entry: &Entry, delta: &Delta) -> bool {
    let later = entry.attempt.is_some_and(|attempt| attempt > delta.attempt);
    entry.turn == Some(delta.turn)
        && (entry.kind == "turn.attempt" && later || entry.kind == "turn.cancelled" && delta.thinking)
}
