//! The same messages through every door, and nothing that a list has shown goes away.

use super::{Found, Wrong};
use crate::history::{Door, Listed, Poll, Speaker, Thread};

pub fn check(thread: &Thread, found: &mut Found) {
    let logged: Vec<Listed> = thread.log.iter().filter_map(listed).collect();
    for (door, list) in &thread.lists {
        let expected: Vec<&Listed> = logged.iter().filter(|message| shows(*door, message)).collect();
        let list: Vec<&Listed> = list.iter().collect();
        if list != expected {
            let at = list.iter().zip(&expected).take_while(|(a, b)| a == b).count();
            let (shown, logged) = (list.get(at), expected.get(at));
            found.add(Wrong::Disagreement, format!("{door:?} lists {shown:?} in the place of {logged:?}"));
        }
    }
}

/// Each page stands whole in what the same list showed in the end.
pub fn check_polls<'a>(thread: &Thread, polls: impl Iterator<Item = &'a Poll>, found: &mut Found) {
    let Some((_, list)) = thread.lists.iter().find(|(door, _)| *door == Door::Capy) else { return };
    let mut newest = 0;
    for poll in polls.filter(|poll| !poll.items.is_empty()) {
        let begin = list.iter().position(|message| message.id == poll.items[0].id);
        let whole = begin.is_some_and(|at| list[at..].starts_with(&poll.items));
        let Some(begin) = begin.filter(|_| whole) else {
            found.add(Wrong::Lost, format!("a page was listed that is no part of the list: {:?}", poll.items));
            continue;
        };
        let end = begin + poll.items.len();
        found.expect(end >= newest, Wrong::Disordered, || format!("a list went back from {newest} to {end} messages"));
        newest = newest.max(end);
    }
}

fn listed(entry: &crate::history::Entry) -> Option<Listed> {
    let said = entry.said.as_ref()?;
    let speaker = match entry.kind.as_str() {
        "message.created" => Speaker::Person,
        "message.completed" => Speaker::Agent,
        _ => Speaker::Tool,
    };
    Some(Listed { id: said.id, speaker, text: said.text.clone() })
}

/// Native and Everruns list everything that was said, the others what can be read.
fn shows(door: Door, message: &Listed) -> bool {
    matches!(door, Door::Native | Door::Everruns) || message.speaker != Speaker::Tool && !message.text.is_empty()
}
