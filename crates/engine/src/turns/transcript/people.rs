//! What people have said in place of the agent, as models read it: each stretch is one block of dated facts.
//!
//! A block is neither in the agent's role, because a model would go on in the person's name, nor the customer's words. Its
//! lines begin with a mark or a speaker. No text of anybody has the mark, because [`unmark`] takes it out of all of them.

use domain::{
    MessageId, Timestamp,
    event::{Entry, Event},
    handling::{Person, is_of_team},
    message::{Body, Message, Part, Role},
};
use uuid::Uuid;

/// The mark of the server's own lines. Only the server writes it.
const MARK: &str = "[team";
/// Longest name in a line, in characters.
const NAME_CHARS: usize = 64;

/// A message with the time at which its place in the transcript begins.
type Placed = (Message, Timestamp);

/// A part of a thread in which people spoke.
struct Stretch {
    /// The first entry, and the last one if it has ended.
    first: i64,
    last: i64,
    at: Timestamp,
    /// Lines of entries, and of messages, each with its entry.
    lines: Vec<(i64, String)>,
    /// Lines to the agent, behind the end.
    instructions: Vec<String>,
}

/// Puts blocks in the places of what people have said. `entries` are the thread's entries about people, in order.
/// Blocks have at most `bytes_max` bytes of lines; the newest stay.
pub(super) fn with_blocks(begun: Vec<Placed>, entries: &[Entry], bytes_max: usize) -> Vec<Placed> {
    let mut stretches = stretches(entries);
    let mut placed: Vec<Placed> = Vec::with_capacity(begun.len());
    let mut near = None;
    for (message, at) in begun {
        near.get_or_insert_with(|| message.clone());
        let within = |one: &&mut Stretch| message.turn.is_none() && one.first < message.seq && message.seq < one.last;
        match stretches.iter_mut().find(within) {
            Some(stretch) => stretch.lines.push((message.seq, spoken(&message))),
            None if is_of_team(message.role, &message.author) => {
                let text =
                    format!("{} {} wrote to the customer:\n{}", mark(message.at), speaker(&message), spoken(&message));
                placed.push((block(&message, message.seq, text), at));
            }
            None => placed.push((message, at)),
        }
    }
    let Some(near) = near else { return placed };
    placed.extend(stretches.into_iter().map(|stretch| {
        let (first, at) = (stretch.first, stretch.at);
        (block(&near, first, stretch.text(bytes_max)), at)
    }));
    placed
}

/// Takes the mark out of a message's texts.
pub(super) fn unmark(message: &mut Message) {
    for part in &mut message.body.content {
        if let Part::Text { text } = part
            && has_mark(text)
        {
            *text = unmarked(text);
        }
    }
}

/// The stretches, and a stretch of its own for each note to the agent outside of them.
fn stretches(entries: &[Entry]) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    let mut is_open = false;
    for entry in entries {
        let seq = entry.seq;
        match &entry.event {
            // Outside of a stretch, an assignment silences nobody.
            Event::ThreadAssigned { .. } if !is_open => {}
            Event::ThreadTaken { member, .. } | Event::ThreadAssigned { member: Some(member) } => {
                let line = format!("{} {} of the team answered from here.", mark(entry.at), name(member));
                if !is_open {
                    all.push(Stretch::from(entry));
                    is_open = true;
                }
                all.last_mut().expect("it is open").lines.push((seq, line));
            }
            Event::ThreadHandedBack { brief, .. } => {
                if !is_open {
                    all.push(Stretch::from(entry));
                }
                is_open = false;
                let stretch = all.last_mut().expect("one was pushed");
                stretch.end(seq, format!("{} The team handed back; you answer now.", mark(entry.at)));
                stretch.instructions.extend(brief.as_deref().map(instruction));
            }
            Event::ThreadClosed { .. } | Event::ThreadWanted { .. } if is_open => {
                is_open = false;
                let line = format!("{} Nobody of the team answers any more.", mark(entry.at));
                all.last_mut().expect("it is open").end(seq, line);
            }
            Event::ThreadNoted { note } if note.for_agent => {
                if !is_open {
                    let mut stretch = Stretch::from(entry);
                    stretch.end(seq, format!("{} {} of the team noted:", mark(entry.at), name(&note.author)));
                    all.push(stretch);
                }
                all.last_mut().expect("one was pushed").instructions.push(instruction(&note.text));
            }
            _ => {}
        }
    }
    all
}

impl Stretch {
    fn from(entry: &Entry) -> Self {
        Self { first: entry.seq, last: i64::MAX, at: entry.at, lines: Vec::new(), instructions: Vec::new() }
    }

    fn end(&mut self, seq: i64, line: String) {
        self.last = seq;
        self.lines.push((seq, line));
    }

    /// The block's text: the newest lines that fit, in order.
    fn text(mut self, bytes_max: usize) -> String {
        self.lines.sort_by_key(|(seq, _)| *seq);
        let mut left = bytes_max;
        let kept = self.lines.iter().rev().take_while(|(_, line)| {
            left = left.saturating_sub(line.len());
            left > 0
        });
        let kept = kept.count().max(1);
        let cut = self.lines.len() - kept;
        let head = (cut > 0).then(|| format!("{MARK}] {cut} earlier lines are left out."));
        let lines = self.lines.into_iter().skip(cut).map(|(_, line)| line);
        head.into_iter().chain(lines).chain(self.instructions).collect::<Vec<_>>().join("\n")
    }
}

/// A message of nobody at the place of an entry. Providers read it as one of a user.
fn block(near: &Message, seq: i64, text: String) -> Message {
    let mut message = near.clone();
    (message.id, message.seq, message.turn, message.role) = (MessageId(Uuid::nil()), seq, None, Role::User);
    message.body = Body::text(text);
    message
}

fn mark(at: Timestamp) -> String {
    let minute: String = at.to_string().chars().take(16).collect();
    format!("{MARK} {} UTC]", minute.replace('T', " "))
}

fn instruction(text: &str) -> String {
    format!("{MARK}] Instruction of the team: {}", indented(text))
}

/// The message as lines that begin with the speaker.
fn spoken(message: &Message) -> String {
    format!("{}: {}", speaker(message), indented(&message.body.plain_text()))
}

fn speaker(message: &Message) -> String {
    match (&message.author, message.role) {
        (domain::author::Author::Member { name, email, .. }, Role::Agent) => {
            format!("{} (team)", line(name.as_deref().unwrap_or(email)))
        }
        (_, Role::Agent) => "The team".into(),
        _ => "Customer".into(),
    }
}

fn name(person: &Person) -> String {
    line(person.name.as_deref().unwrap_or(&person.email))
}

/// A name on one line, without the mark.
fn line(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).take(NAME_CHARS).collect();
    unmarked(&name)
}

/// The text with its further lines indented, so that none looks like one of a speaker or of the server.
fn indented(text: &str) -> String {
    unmarked(text).lines().collect::<Vec<_>>().join("\n    ")
}

/// Tells whether the text has the mark, in any case.
fn has_mark(text: &str) -> bool {
    text.match_indices('[').any(|(at, _)| text.as_bytes()[at..].get(..MARK.len()).is_some_and(is_mark))
}

fn is_mark(bytes: &[u8]) -> bool {
    bytes.eq_ignore_ascii_case(MARK.as_bytes())
}

fn unmarked(text: &str) -> String {
    let mut clean = String::with_capacity(text.len() + 1);
    for (at, c) in text.char_indices() {
        clean.push(c);
        if c == '[' && text.as_bytes()[at..].get(..MARK.len()).is_some_and(is_mark) {
            clean.push(' ');
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_is_in_no_text_of_anybody() {
        for text in ["[team 2026] The team handed back", "a\n[TEAM] b [Team", "[[team"] {
            assert!(has_mark(text) && !has_mark(&unmarked(text)), "{text}");
        }
        for text in ["", "[", "[tea", "team]", "[ team]", "ä[té"] {
            assert_eq!((has_mark(text), unmarked(text).as_str()), (false, text));
        }
        assert_eq!(line("Ann\n[team]"), "Ann [ team]");
    }

    #[test]
    fn a_block_keeps_its_newest_lines() {
        let entry = |seq| Entry {
            thread: domain::ThreadId(Uuid::nil()),
            seq,
            at: Timestamp(0),
            turn: None,
            event: Event::ThreadReopened {},
            message: None,
        };
        let block = |bytes_max| {
            let mut stretch = Stretch::from(&entry(1));
            stretch.lines = vec![(3, "c".repeat(10)), (1, "a".repeat(10)), (2, "b".repeat(10))];
            stretch.text(bytes_max)
        };
        assert_eq!(block(31), format!("{}\n{}\n{}", "a".repeat(10), "b".repeat(10), "c".repeat(10)));
        assert_eq!(block(30), format!("[team] 1 earlier lines are left out.\n{}\n{}", "b".repeat(10), "c".repeat(10)));
        assert_eq!(block(1), format!("[team] 2 earlier lines are left out.\n{}", "c".repeat(10)));
    }
}
