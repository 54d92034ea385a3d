//! The state of a thread in a word.

use domain::{Timestamp, handling::Handling, thread::Thread};
use engine::App;

use crate::texts as t;

/// A word with the colour that repeats it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    pub text: &'static str,
    /// A class of the style sheet.
    pub class: &'static str,
}

impl Word {
    /// Tells whether nobody is awaited.
    pub fn is_quiet(&self) -> bool {
        self.text == t::QUIET
    }
}

/// The thread's price, if it has one.
pub fn cost(thread: &Thread) -> Option<String> {
    let cost = thread.spent.any()?.cost.to_string();
    (cost != "0").then(|| format!("${cost}"))
}

pub fn of_thread(thread: &Thread, now: Timestamp) -> Word {
    let run = thread.run;
    let (text, class) = match () {
        () if thread.closed_at(now).is_some() => (t::THREAD_CLOSED, "is-over"),
        () if thread.people.handling() == Handling::Person => (t::PERSON_ANSWERS, "is-person"),
        () if thread.people.wanted.is_some() => (t::PERSON_IS_WANTED, "is-wait"),
        () if run.running => (t::AGENT_IS_ANSWERING, "is-agent"),
        () if run.waiting => (t::WAITS_FOR_TOOL, "is-wait"),
        () if run.queued > 0 => (t::WAITS_IN_LINE, "is-wait"),
        () => (t::QUIET, "is-quiet"),
    };
    Word { text, class }
}

/// That the customer of a held thread waits for too long.
pub fn overdue(app: &App, thread: &Thread, now: Timestamp) -> Option<Word> {
    let is_overdue = thread.people.is_overdue(now, app.overdue(true).idle_s) && thread.closed_at(now).is_none();
    is_overdue.then_some(Word { text: t::OVERDUE, class: "is-bad" })
}

/// The thread's title, or that it has none.
pub fn title(thread: &Thread) -> String {
    match thread.title.as_deref().map(str::trim) {
        Some(title) if !title.is_empty() => title.to_owned(),
        _ => format!("{} {}", t::UNTITLED, &thread.id.to_string()[28..]),
    }
}
