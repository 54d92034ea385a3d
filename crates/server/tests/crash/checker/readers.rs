//! What a reader saw, across all its resumptions, against the log: everything, once, in order.

use std::collections::HashSet;

use super::{Found, Wrong};
use crate::history::{Entry, EverrunsEvent, ReaderKind, Reading, Seen, Thread};

pub fn check(thread: &Thread, reading: &Reading, found: &mut Found) {
    match reading.by {
        ReaderKind::Native => native(thread, reading, found),
        ReaderKind::EverrunsSince => everruns(thread, reading, found, |event| !event.is_piece()),
        ReaderKind::EverrunsHeader => everruns(thread, reading, found, |event| event.sequence.is_some()),
    }
}

fn native(thread: &Thread, reading: &Reading, found: &mut Found) {
    let entries: Vec<&Entry> = reading
        .seen
        .iter()
        .filter_map(|seen| if let Seen::Entry(entry) = seen { Some(&**entry) } else { None })
        .collect();
    let logged: Vec<&Entry> = thread.log.iter().collect();
    same(reading, &entries, &logged, |entry| format!("{} {}", entry.seq, entry.kind), found);
    let positions: Vec<(i64, i64)> = reading.seen.iter().filter_map(position).collect();
    if let Some(pair) = positions.windows(2).find(|pair| pair[0] >= pair[1]) {
        found.add(Wrong::Reading, format!("{} was shown {:?} after {:?}", name(reading), pair[1], pair[0]));
    }
}

fn position(seen: &Seen) -> Option<(i64, i64)> {
    match seen {
        Seen::Entry(entry) => Some((entry.seq, 0)),
        Seen::Delta(delta) => Some(delta.position),
        Seen::Event(_) => None,
    }
}

/// The stream that was cut and resumed against the same stream read in one go. What is derived from the last entry may
/// not have come any more.
fn everruns(thread: &Thread, reading: &Reading, found: &mut Found, counts: impl Fn(&EverrunsEvent) -> bool) {
    let last = thread.log.len() as i64;
    let upto = |events: Vec<&EverrunsEvent>| -> Vec<String> {
        let end = events.iter().position(|event| event.sequence == Some(last)).map_or(events.len(), |at| at + 1);
        events[..end].iter().map(|event| format!("{} {} {:?}", event.id, event.kind, event.sequence)).collect()
    };
    let all: Vec<&EverrunsEvent> = reading
        .seen
        .iter()
        .filter_map(|seen| if let Seen::Event(event) = seen { Some(&**event) } else { None })
        .collect();
    let shown = upto(all.iter().copied().filter(|event| counts(event)).collect());
    let whole = upto(thread.events.iter().filter(|event| counts(event)).collect());
    same(reading, &shown, &whole, Clone::clone, found);
    let sequences: Vec<i64> = all.iter().filter_map(|event| event.sequence).collect();
    let gapless = sequences.iter().copied().eq(1..=last);
    found.expect(gapless, Wrong::Reading, || format!("{} saw the sequences {sequences:?} of {last}", name(reading)));
    if reading.by == ReaderKind::EverrunsSince {
        let mut ids = HashSet::new();
        for twice in all.iter().filter(|event| !ids.insert(&event.id)) {
            found.add(Wrong::Reading, format!("{} saw {} {} twice", name(reading), twice.kind, twice.id));
        }
    }
}

/// Names the first place where they part.
fn same<T: PartialEq>(reading: &Reading, shown: &[T], whole: &[T], say: impl Fn(&T) -> String, found: &mut Found) {
    if shown == whole {
        return;
    }
    let at = shown.iter().zip(whole).take_while(|(a, b)| a == b).count();
    let tell = |items: &[T]| items.get(at).map_or("nothing".into(), &say);
    let what = format!("{} saw {} in the place of {}", name(reading), tell(shown), tell(whole));
    found.add(Wrong::Reading, what);
}

fn name(reading: &Reading) -> String {
    format!("the reader {:?} (resumed {} times)", reading.by, reading.resumed)
}
