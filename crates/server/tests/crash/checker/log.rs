//! The log by itself: without gaps, and every turn from its message to its one end.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::{Found, Wrong};
use crate::history::{Cancel, Entry, Said, Thread};

const ENDS: [&str; 3] = ["turn.completed", "turn.failed", "turn.cancelled"];

pub fn check(thread: &Thread, found: &mut Found) {
    gapless(&thread.log, found);
    one_at_a_time(&thread.log, found);
    let mut turns: HashMap<Uuid, Vec<&Entry>> = HashMap::new();
    for entry in &thread.log {
        if let Some(turn) = entry.turn {
            turns.entry(turn).or_default().push(entry);
        }
    }
    for (turn, entries) in &turns {
        ended_once(*turn, entries, found);
        answered(*turn, entries, found);
        calls(*turn, entries, found);
    }
    for entry in thread.log.iter().filter(|entry| entry.kind == "message.created" && entry.turn.is_none()) {
        found.add(Wrong::Unanswered, format!("the message at {} has no turn", entry.seq));
    }
    at_rest(thread, &turns, found);
}

/// A turn whose cancel was acknowledged has ended as the acknowledgement said.
pub fn check_cancels<'a>(thread: &Thread, cancels: impl Iterator<Item = &'a Cancel>, found: &mut Found) {
    for cancel in cancels {
        let ends = thread.log.iter().find(|entry| entry.turn == Some(cancel.turn) && is_end(entry));
        let good = ends.is_some_and(|end| end.kind == format!("turn.{}", cancel.state));
        found.expect(good, Wrong::Cancel, || {
            let ends = ends.map(|end| &end.kind);
            format!("the cancel of turn {} was acknowledged as {}, it ended as {ends:?}", cancel.turn, cancel.state)
        });
    }
}

fn is_end(entry: &Entry) -> bool {
    ENDS.contains(&entry.kind.as_str())
}

fn gapless(log: &[Entry], found: &mut Found) {
    for (expected, entry) in (1..).zip(log) {
        if entry.seq != expected {
            return found.add(Wrong::Gap, format!("the log has {} in the place of {expected}", entry.seq));
        }
    }
    for pair in log.windows(2) {
        // One format with a fixed number of digits: texts compare as times do.
        let grows = pair[0].at < pair[1].at && pair[0].at.len() == pair[1].at.len();
        found.expect(grows, Wrong::Gap, || format!("{} at {} comes after {}", pair[1].seq, pair[1].at, pair[0].at));
    }
}

fn one_at_a_time(log: &[Entry], found: &mut Found) {
    let mut running = None;
    for entry in log {
        if entry.kind == "turn.started" {
            found.expect(running.is_none(), Wrong::Overlapping, || {
                format!("turn {:?} started at {} while {running:?} ran", entry.turn, entry.seq)
            });
            running = entry.turn;
        } else if is_end(entry) && entry.turn == running {
            running = None;
        }
    }
}

fn ended_once(turn: Uuid, entries: &[&Entry], found: &mut Found) {
    let ends = entries.iter().filter(|entry| is_end(entry)).count();
    match entries.iter().position(|entry| is_end(entry)) {
        None => found.add(Wrong::Unanswered, format!("turn {turn} has no end")),
        Some(_) if ends > 1 => found.add(Wrong::Ended, format!("turn {turn} has {ends} ends")),
        Some(end) => {
            let after: Vec<_> = entries[end + 1..].iter().map(|entry| (entry.seq, entry.kind.as_str())).collect();
            found.expect(after.is_empty(), Wrong::Ended, || format!("turn {turn} went on after its end: {after:?}"));
        }
    }
    // Nothing that the load does makes a turn fail.
    let failed = entries.iter().any(|entry| entry.kind == "turn.failed");
    found.expect(!failed, Wrong::Ended, || format!("turn {turn} failed: {:?}", entries.last().map(|e| &e.whole)));
    let attempts: Vec<i64> = entries
        .iter()
        .filter(|e| e.kind == "turn.started" || e.kind == "turn.attempt")
        .filter_map(|e| e.attempt)
        .collect();
    let grow = attempts.is_sorted_by(|a, b| a < b);
    found.expect(grow, Wrong::Ended, || format!("turn {turn} had the attempts {attempts:?}"));
}

/// A turn that completed has read each of its messages in a step that finished, and what was said there answers them:
/// agents of the load repeat the newest message that they have read.
fn answered(turn: Uuid, entries: &[&Entry], found: &mut Found) {
    if !entries.iter().any(|entry| entry.kind == "turn.completed") {
        return;
    }
    let said = |id: Uuid| entries.iter().filter_map(|e| e.said.as_ref()).find(|said| said.id == id);
    let finished: Vec<(i64, &Said)> =
        entries.iter().filter_map(|entry| entry.step).filter_map(|(reads, id)| Some((reads, said(id)?))).collect();
    let asked: Vec<(i64, &Said)> = entries
        .iter()
        .filter(|entry| entry.kind == "message.created")
        .filter_map(|entry| Some((entry.seq, entry.said.as_ref()?)))
        .collect();
    for (seq, question) in &asked {
        let read = finished.iter().any(|(reads, _)| reads >= seq);
        found.expect(read, Wrong::Unanswered, || format!("turn {turn} completed and has not read {:?}", question.text));
    }
    for (reads, answer) in finished {
        let newest = asked.iter().rfind(|(seq, _)| *seq <= reads);
        let good = newest.is_some_and(|(_, question)| answer.text.contains(&question.text));
        found.expect(good, Wrong::Unanswered, || {
            format!("turn {turn} was asked {newest:?} and answered with {:?}", answer.text)
        });
    }
}

fn calls(turn: Uuid, entries: &[&Entry], found: &mut Found) {
    let of = |kind: &str| -> Vec<&str> {
        entries.iter().filter(|entry| entry.kind == kind).filter_map(|entry| entry.call.as_deref()).collect()
    };
    let (called, done) = (of("tool.called"), of("tool.completed"));
    let distinct: HashSet<&str> = called.iter().chain(&done).copied().collect();
    for call in distinct {
        let count = |calls: &[&str]| calls.iter().filter(|other| **other == call).count();
        let counts = (count(&called), count(&done));
        found.expect(counts == (1, 1), Wrong::Tool, || {
            format!("call {call} of turn {turn} was made {} times and has {} results", counts.0, counts.1)
        });
    }
}

/// In the end no turn is open, and each says what the log says.
fn at_rest(thread: &Thread, turns: &HashMap<Uuid, Vec<&Entry>>, found: &mut Found) {
    found.expect(thread.rests, Wrong::Stuck, || "it did not come to rest".into());
    for (turn, state) in &thread.turns {
        if matches!(state.as_str(), "queued" | "running" | "waiting") {
            found.add(Wrong::Stuck, format!("turn {turn} is {state}"));
            continue;
        }
        let last = turns.get(turn).and_then(|entries| entries.iter().rfind(|entry| is_end(entry)));
        let good = last.is_some_and(|end| end.kind == format!("turn.{state}"));
        found
            .expect(good, Wrong::Ended, || format!("turn {turn} is {state}, its log says {:?}", last.map(|e| &e.kind)));
    }
    for turn in turns.keys().filter(|turn| !thread.turns.iter().any(|(id, _)| id == *turn)) {
        found.add(Wrong::Unanswered, format!("turn {turn} is in the log and not among the turns"));
    }
}
