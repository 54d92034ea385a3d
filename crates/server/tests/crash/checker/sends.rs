//! What was sent against what is there: nothing lost, doubled, changed, forged; what came later stands later.

use std::collections::{HashMap, HashSet};

use super::{Found, Wrong};
use crate::history::{Entry, Said, Send, Thread};

pub fn check<'a>(thread: &Thread, sends: impl Iterator<Item = &'a Send>, found: &mut Found) {
    let sends: Vec<&Send> = sends.collect();
    let mut said: HashMap<&str, Vec<(&Entry, &Said)>> = HashMap::new();
    for entry in thread.log.iter().filter(|entry| entry.kind == "message.created") {
        if let Some(message) = &entry.said {
            said.entry(&message.text).or_default().push((entry, message));
        }
    }
    for send in &sends {
        let there = said.get(send.text.as_str()).map(Vec::as_slice).unwrap_or_default();
        presence(send, there.len(), found);
        if let [(entry, message)] = there {
            sameness(send, entry, message, found);
        }
    }
    let sent: HashSet<&str> = sends.iter().map(|send| send.text.as_str()).collect();
    for text in said.keys().filter(|text| !sent.contains(**text)) {
        found.add(Wrong::Forged, format!("nobody sent {text:?}"));
    }
    order(&sends, &said, found);
}

fn presence(send: &Send, count: usize, found: &mut Found) {
    let (text, door) = (&send.text, send.door);
    found.expect(count <= 1, Wrong::Doubled, || format!("{text:?} by {door:?} is there {count} times"));
    match (&send.refused, send.answered) {
        (Some(refusal), _) => {
            found.expect(count == 0, Wrong::Effect, || format!("{text:?} is there and was refused: {refusal}"));
        }
        (None, Some(_)) => {
            found.expect(count > 0, Wrong::Lost, || format!("{text:?} by {door:?} was accepted and is not there"));
        }
        // Never answered: it may be there or not.
        (None, None) => {}
    }
}

/// Every answer names the message that is there, and the turn that it has.
fn sameness(send: &Send, entry: &Entry, message: &Said, found: &mut Found) {
    for answer in &send.answers {
        let good =
            answer.message.is_none_or(|id| id == message.id) && answer.turn.is_none_or(|id| Some(id) == entry.turn);
        found.expect(good, Wrong::Changed, || {
            format!("{:?} is {} of turn {:?} and was answered with {answer:?}", send.text, message.id, entry.turn)
        });
    }
    if let [first, rest @ ..] = send.answers.as_slice() {
        let good = rest.iter().all(|answer| answer == first);
        found.expect(good, Wrong::Changed, || format!("{:?} was answered with {:?}", send.text, send.answers));
    }
}

/// A message that was begun after another was answered stands behind it.
fn order(sends: &[&Send], said: &HashMap<&str, Vec<(&Entry, &Said)>>, found: &mut Found) {
    let seq = |send: &Send| said.get(send.text.as_str()).and_then(|there| there.first()).map(|(entry, _)| entry.seq);
    let placed: Vec<(&Send, i64)> = sends.iter().filter_map(|send| Some((*send, seq(send)?))).collect();
    let mut answered: Vec<(u64, i64, &str)> =
        placed.iter().filter_map(|(send, seq)| Some((send.answered?, *seq, send.text.as_str()))).collect();
    answered.sort_unstable();
    let mut begun = placed;
    begun.sort_unstable_by_key(|(send, _)| send.begun);
    let (mut earlier, mut highest) = (answered.into_iter().peekable(), (0, ""));
    for (send, seq) in begun {
        while let Some((_, other, text)) = earlier.next_if(|(at, ..)| *at < send.begun) {
            highest = highest.max((other, text));
        }
        found.expect(seq > highest.0, Wrong::Disordered, || {
            format!("{:?} was sent after {:?} was accepted and stands before it", send.text, highest.1)
        });
    }
}
