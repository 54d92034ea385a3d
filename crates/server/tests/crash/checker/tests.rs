//! The checker on histories that were made up: a clean one passes, and each thing that must not be is found.

use uuid::Uuid;

use super::{Wrong, check};
use crate::history::{
    Answer, Cancel, Delta, Door, Entry, EverrunsEvent, History, Listed, Poll, ReaderKind, Reading, Said, Seen, Send,
    Speaker, Thread,
};

const THREAD: Uuid = Uuid::from_u128(1);
const TURN: Uuid = Uuid::from_u128(2);
const ASKED: Uuid = Uuid::from_u128(3);
const CALLED: Uuid = Uuid::from_u128(4);
const RESULT: Uuid = Uuid::from_u128(5);
const SAID: Uuid = Uuid::from_u128(6);
const CANCELLED: Uuid = Uuid::from_u128(7);
const LATER: Uuid = Uuid::from_u128(8);
const FIRST_TRY: Uuid = Uuid::from_u128(9);

fn entry(seq: i64, kind: &str, turn: Uuid) -> Entry {
    let at = format!("2026-01-01T00:00:{seq:02}.000000Z");
    let turn = (!turn.is_nil()).then_some(turn);
    Entry { seq, kind: kind.into(), at, turn, whole: seq.into(), ..Entry::default() }
}

fn saying(seq: i64, kind: &str, turn: Uuid, id: Uuid, text: &str) -> Entry {
    Entry { said: Some(Said { id, text: text.into(), thinking: "hm".into() }), ..entry(seq, kind, turn) }
}

fn calling(entry: Entry) -> Entry {
    Entry { call: Some("call_1_1".into()), ..entry }
}

fn step(seq: i64, reads: i64, message: Uuid) -> Entry {
    Entry { step: Some((reads, message)), ..entry(seq, "step.started", TURN) }
}

fn attempt(seq: i64, kind: &str, attempt: i64) -> Entry {
    Entry { attempt: Some(attempt), ..entry(seq, kind, TURN) }
}

/// One turn with a tool that was taken over, and one that was cancelled before it began.
fn log() -> Vec<Entry> {
    vec![
        entry(1, "thread.created", Uuid::nil()),
        saying(2, "message.created", TURN, ASKED, "naïve?"),
        attempt(3, "turn.started", 1),
        step(4, 3, CALLED),
        saying(5, "message.completed", TURN, CALLED, "naïve?"),
        calling(entry(6, "tool.called", TURN)),
        attempt(7, "turn.attempt", 2),
        calling(saying(8, "tool.completed", TURN, RESULT, "")),
        step(9, 8, FIRST_TRY),
        attempt(10, "turn.attempt", 3),
        step(11, 10, SAID),
        saying(12, "message.completed", TURN, SAID, "You say: naïve?"),
        entry(13, "turn.completed", TURN),
        saying(14, "message.created", CANCELLED, LATER, "later"),
        entry(15, "turn.cancelled", CANCELLED),
        entry(16, "thread.updated", Uuid::nil()),
    ]
}

fn delta(n: i64, attempt: i64, message: Uuid, offset: usize, text: &str) -> Seen {
    let thinking = false;
    Seen::Delta(Delta {
        position: (9 + 2 * (attempt - 2), n),
        turn: TURN,
        message,
        attempt,
        thinking,
        offset,
        text: text.into(),
    })
}

fn native_reading() -> Reading {
    let mut seen: Vec<Seen> = log().into_iter().map(|entry| Seen::Entry(Box::new(entry))).collect();
    seen.splice(11..11, [delta(1, 3, SAID, 0, "You say: naï"), delta(2, 3, SAID, 12, "ve")]);
    seen.insert(9, delta(1, 2, FIRST_TRY, 0, "You sa"));
    Reading { thread: THREAD, by: ReaderKind::Native, seen, resumed: 2 }
}

fn event(id: &str, kind: &str, sequence: Option<i64>) -> EverrunsEvent {
    EverrunsEvent { id: id.into(), kind: kind.into(), sequence, ..EverrunsEvent::default() }
}

/// An event for each entry, and one derived from it.
fn events() -> Vec<EverrunsEvent> {
    let of = |entry: Entry| {
        let derived = event(&format!("{}'", entry.seq), "derived", None);
        [event(&entry.seq.to_string(), &entry.kind, Some(entry.seq)), derived]
    };
    log().into_iter().flat_map(of).collect()
}

fn everruns_reading(by: ReaderKind) -> Reading {
    let piece = Some((SAID, "You s".to_owned()));
    let mut shown = events();
    shown.insert(22, EverrunsEvent { piece, ..event("x", "output.message.delta", None) });
    let seen = shown.into_iter().map(|event| Seen::Event(Box::new(event))).collect();
    Reading { thread: THREAD, by, seen, resumed: 1 }
}

fn listed(id: Uuid, speaker: Speaker, text: &str) -> Listed {
    Listed { id, speaker, text: text.into() }
}

fn everything() -> Vec<Listed> {
    vec![
        listed(ASKED, Speaker::Person, "naïve?"),
        listed(CALLED, Speaker::Agent, "naïve?"),
        listed(RESULT, Speaker::Tool, ""),
        listed(SAID, Speaker::Agent, "You say: naïve?"),
        listed(LATER, Speaker::Person, "later"),
    ]
}

fn readable() -> Vec<Listed> {
    everything().into_iter().filter(|message| !message.text.is_empty()).collect()
}

fn send(text: &str, begun: u64, message: Uuid, turn: Option<Uuid>) -> Send {
    let answer = Answer { message: Some(message), turn };
    let (door, answers) = (Some(Door::Native), vec![answer.clone(), answer]);
    Send { thread: THREAD, door, text: text.into(), begun, answered: Some(begun + 1), answers, refused: None }
}

fn clean() -> History {
    let lists = vec![(Door::Native, everything()), (Door::Capy, readable()), (Door::Everruns, everything())];
    let turns = vec![(TURN, "completed".into()), (CANCELLED, "cancelled".into())];
    let thread = Thread { id: THREAD, rests: true, log: log(), turns, lists, events: events() };
    History {
        sends: vec![send("naïve?", 1, ASKED, Some(TURN)), send("later", 3, LATER, None)],
        cancels: vec![Cancel { thread: THREAD, turn: CANCELLED, state: "cancelled".into() }],
        readings: vec![
            native_reading(),
            everruns_reading(ReaderKind::EverrunsSince),
            everruns_reading(ReaderKind::EverrunsHeader),
        ],
        polls: vec![
            Poll { thread: THREAD, items: readable()[..2].to_vec() },
            Poll { thread: THREAD, items: readable()[2..].to_vec() },
        ],
        threads: vec![thread],
        faults: Vec::new(),
    }
}

/// Spoils the clean history, and expects that this is what the checker finds, whatever else follows from it.
#[track_caller]
fn found(wrong: Wrong, spoil: impl FnOnce(&mut History)) {
    let mut history = clean();
    spoil(&mut history);
    let violations = check(&history);
    assert!(violations.iter().any(|violation| violation.wrong == wrong), "no {wrong:?} among {violations:#?}");
}

/// Takes the entry out of everything that shows the log, and numbers what is left.
fn without(history: &mut History, seq: i64) {
    let log = &mut history.threads[0].log;
    log.remove(seq as usize - 1);
    (1..).zip(log).for_each(|(seq, entry)| entry.seq = seq);
}

#[test]
fn a_clean_history_passes() {
    let violations = check(&clean());
    assert_eq!(violations, [], "{violations:#?}");
}

#[test]
fn what_becomes_of_a_send_is_checked() {
    found(Wrong::Lost, |h| h.sends.push(send("gone", 9, Uuid::max(), None)));
    found(Wrong::Doubled, |h| h.threads[0].log[13].said.as_mut().unwrap().text = "naïve?".into());
    found(Wrong::Changed, |h| h.sends[0].answers[1].message = Some(LATER));
    found(Wrong::Changed, |h| h.sends[0].answers[1].turn = None);
    found(Wrong::Effect, |h| h.sends[1].refused = Some("409".into()));
    found(Wrong::Forged, |h| drop(h.sends.remove(1)));
    found(Wrong::Disordered, |h| (h.sends[1].begun, h.sends[1].answered, h.sends[0].begun) = (1, Some(2), 3));
}

#[test]
fn a_send_without_an_answer_may_be_there_once() {
    let mut history = clean();
    let unanswered = Send { answers: Vec::new(), answered: None, ..send("later", 3, LATER, None) };
    history.sends[1] = unanswered.clone();
    history.sends.push(Send { text: "never came".into(), ..unanswered });
    let violations = check(&history);
    assert_eq!(violations, [], "{violations:#?}");
}

#[test]
fn the_log_is_checked() {
    found(Wrong::Gap, |h| drop(h.threads[0].log.remove(3)));
    found(Wrong::Gap, |h| h.threads[0].log[4].at = h.threads[0].log[3].at.clone());
    found(Wrong::Overlapping, |h| h.threads[0].log[5] = entry(6, "turn.started", CANCELLED));
    found(Wrong::Unanswered, |h| without(h, 13));
    found(Wrong::Unanswered, |h| h.threads[0].log[13].turn = None);
    found(Wrong::Unanswered, |h| h.threads[0].log[11].said.as_mut().unwrap().text = "Hello".into());
    found(Wrong::Unanswered, |h| {
        for at in [3, 8, 10] {
            h.threads[0].log[at].step.as_mut().unwrap().0 = 1;
        }
    });
    found(Wrong::Unanswered, |h| drop(h.threads[0].turns.remove(0)));
    found(Wrong::Ended, |h| h.threads[0].log[15] = entry(16, "turn.completed", CANCELLED));
    found(Wrong::Ended, |h| h.threads[0].log[15] = entry(16, "step.started", TURN));
    found(Wrong::Ended, |h| h.threads[0].log[12].kind = "turn.failed".into());
    found(Wrong::Ended, |h| h.threads[0].log[9].attempt = Some(2));
    found(Wrong::Ended, |h| h.threads[0].turns[0].1 = "cancelled".into());
    found(Wrong::Tool, |h| without(h, 8));
    found(Wrong::Tool, |h| h.threads[0].log[8] = calling(entry(9, "tool.completed", TURN)));
    found(Wrong::Stuck, |h| h.threads[0].turns[1].1 = "waiting".into());
    found(Wrong::Stuck, |h| h.threads[0].rests = false);
    found(Wrong::Cancel, |h| h.cancels[0].turn = TURN);
}

#[test]
fn readers_are_checked() {
    for reader in 0..3 {
        found(Wrong::Reading, |h| drop(h.readings[reader].seen.remove(4)));
        found(Wrong::Reading, |h| drop(h.readings[reader].seen.split_off(11)));
        found(Wrong::Reading, |h| {
            let again = h.readings[reader].seen[4].clone();
            h.readings[reader].seen.insert(5, again);
        });
        found(Wrong::Reading, |h| h.readings[reader].seen.swap(2, 4));
    }
    found(Wrong::Reading, |h| drop(h.readings[1].seen.remove(5)));
    found(Wrong::Reading, |h| {
        let Seen::Entry(entry) = &mut h.readings[0].seen[1] else { unreachable!() };
        entry.whole = "another".into();
    });
    found(Wrong::Reading, |h| h.readings[0].seen.swap(12, 13));
}

#[test]
fn unfinished_text_is_checked() {
    let spoilt = |at: usize, spoil: fn(&mut Delta)| {
        found(Wrong::Delta, |h| {
            let Seen::Delta(delta) = &mut h.readings[0].seen[at] else { unreachable!("{:?}", h.readings[0].seen[at]) };
            spoil(delta);
        });
    };
    spoilt(12, |delta| delta.text = "You say: nai".into());
    spoilt(13, |delta| delta.offset = 11);
    spoilt(12, |delta| delta.message = FIRST_TRY);
    // Nothing takes the third attempt back.
    spoilt(9, |delta| delta.attempt = 3);
    found(Wrong::Delta, |h| {
        let Seen::Event(event) = &mut h.readings[1].seen[22] else { unreachable!() };
        event.piece = Some((SAID, "you".into()));
    });
}

#[test]
fn what_doors_show_is_checked() {
    for list in 0..3 {
        found(Wrong::Disagreement, |h| drop(h.threads[0].lists[list].1.pop()));
        found(Wrong::Disagreement, |h| h.threads[0].lists[list].1[0].text = "naive?".into());
        found(Wrong::Disagreement, |h| h.threads[0].lists[list].1.swap(0, 1));
    }
    found(Wrong::Lost, |h| h.polls[0].items[0].id = Uuid::max());
    found(Wrong::Lost, |h| h.polls[1].items[1].text = "late".into());
    found(Wrong::Disordered, |h| h.polls.reverse());
}

#[test]
fn what_the_load_met_is_passed_on() {
    found(Wrong::Refused, |h| {
        h.faults.push(super::Violation { wrong: Wrong::Refused, thread: THREAD, what: "500".into() });
    });
}
