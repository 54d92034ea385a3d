//! The rules of a takeover, held against a log and what its reader saw.

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use uuid::Uuid;

use crate::history::{Entry, Seen};

pub const SPOKE: &str = "the agent spoke in a silence";

/// An act that somebody did.
pub enum Done {
    /// A message with a text of its own.
    Said {
        text: String,
        accepted: bool,
    },
    Take {
        member: &'static str,
        accepted: bool,
    },
}

/// The faults of a thread.
pub fn log(log: &[Entry], seen: &[Seen], done: &[Done]) -> Vec<String> {
    let mut faults = silence(log, seen);
    faults.extend(ends(log));
    for done in done {
        match done {
            Done::Said { text, accepted } => {
                let times =
                    log.iter().filter(|entry| entry.said.as_ref().is_some_and(|said| said.text == *text)).count();
                if times > 1 || (*accepted && times == 0) {
                    faults.push(format!("the message {text} is there {times} times, accepted: {accepted}"));
                }
            }
            Done::Take { member, accepted } => {
                let is_theirs = |entry: &&Entry| {
                    let to = match entry.kind.as_str() {
                        "thread.taken" => &entry.whole["data"]["member"]["email"],
                        _ => &Value::Null,
                    };
                    to == member
                };
                if *accepted && log.iter().find(is_theirs).is_none() {
                    faults.push(format!("the take of {member} was answered, and no entry tells it"));
                }
            }
        }
    }
    faults
}

/// No word, no step and no call of the agent falls into a silence.
fn silence(log: &[Entry], seen: &[Seen]) -> Vec<String> {
    let (mut is_silent, mut faults, mut silent_at) = (false, Vec::new(), HashMap::new());
    for entry in log {
        let message = &entry.whole["data"]["message"];
        let is_agents = message["role"] == "agent" && message["author"]["kind"] == "agent";
        let works = matches!(entry.kind.as_str(), "turn.started" | "step.started" | "tool.called");
        if is_silent && (is_agents || works) {
            faults.push(format!("{SPOKE}: {}", entry.whole));
        }
        match entry.kind.as_str() {
            "thread.taken" => is_silent = true,
            "thread.wanted" if entry.whole["data"]["until"].is_string() => is_silent = true,
            "thread.handed_back" | "thread.closed" | "thread.wanted_expired" | "thread.wanted_withdrawn" => {
                is_silent = false;
            }
            _ => {}
        }
        silent_at.insert(entry.seq, is_silent);
    }
    for one in seen {
        let Seen::Delta(delta) = one else { continue };
        if silent_at.get(&delta.position.0) == Some(&true) {
            faults.push(format!("{SPOKE}: {delta:?}"));
        }
    }
    faults
}

/// Each turn has one end, and each entry one place.
fn ends(log: &[Entry]) -> Vec<String> {
    let mut faults = Vec::new();
    let (mut begun, mut ended): (HashSet<Uuid>, HashMap<Uuid, u32>) = (HashSet::new(), HashMap::new());
    for (i, entry) in log.iter().enumerate() {
        if entry.seq != i as i64 + 1 {
            faults.push(format!("entry {} has the place {i}", entry.seq));
        }
        let Some(turn) = entry.turn else { continue };
        begun.insert(turn);
        if matches!(entry.kind.as_str(), "turn.completed" | "turn.failed" | "turn.cancelled") {
            *ended.entry(turn).or_default() += 1;
        }
        if entry.kind == "turn.failed" {
            faults.push(format!("a turn failed: {}", entry.whole));
        }
    }
    let wrong = begun.into_iter().filter(|turn| ended.get(turn) != Some(&1));
    faults.extend(wrong.map(|turn| format!("the turn {turn} has {:?} ends", ended.get(&turn))));
    faults
}
