//! Finds in a history what must not be. It knows only what clients saw.

mod deltas;
mod lists;
mod log;
mod readers;
mod sends;
#[cfg(test)]
mod tests;

use std::fmt;

use uuid::Uuid;

use crate::history::History;

/// A kind of thing that must not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wrong {
    /// A message that was answered with 2xx is not there, or something seen in a list has gone.
    Lost,
    /// A message is there twice.
    Doubled,
    /// A repeated send was answered otherwise than the first time, or otherwise than the log has it.
    Changed,
    /// A good request was refused.
    Refused,
    /// A refused message is there.
    Effect,
    /// A message is there that nobody sent.
    Forged,
    /// Something came later and stands earlier.
    Disordered,
    /// The log has a gap, or its times do not grow.
    Gap,
    /// A message has no turn, or its turn did not answer it.
    Unanswered,
    /// A turn has more than one end, something after its end, or an end that nobody can explain.
    Ended,
    /// Two turns of a thread ran at once.
    Overlapping,
    /// A tool call has no result, or two.
    Tool,
    /// A turn is open that nothing moves any more.
    Stuck,
    /// A cancel was acknowledged and did not hold.
    Cancel,
    /// A reader saw something else than the log: something missing, twice, or out of order.
    Reading,
    /// Unfinished text was shown that does not belong to what was said.
    Delta,
    /// Two doors show different messages.
    Disagreement,
    /// More was spent than a budget has.
    Overspent,
    /// A provider refused a request: calls without results, foreign signatures, roles out of order.
    Prompt,
    /// An answer that no client can understand, or a connection that broke although the server lived.
    Broken,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub wrong: Wrong,
    pub thread: Uuid,
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} in thread {}: {}", self.wrong, self.thread, self.what)
    }
}

/// Everything that is wrong, the load's own finds first.
pub fn check(history: &History) -> Vec<Violation> {
    let mut found = history.faults.clone();
    for thread in &history.threads {
        let mut of_thread = Found { thread: thread.id, violations: Vec::new() };
        sends::check(thread, history.sends.iter().filter(|send| send.thread == thread.id), &mut of_thread);
        log::check(thread, &mut of_thread);
        log::check_cancels(thread, history.cancels.iter().filter(|c| c.thread == thread.id), &mut of_thread);
        for reading in history.readings.iter().filter(|reading| reading.thread == thread.id) {
            readers::check(thread, reading, &mut of_thread);
            deltas::check(thread, reading, &mut of_thread);
        }
        lists::check(thread, &mut of_thread);
        lists::check_polls(thread, history.polls.iter().filter(|poll| poll.thread == thread.id), &mut of_thread);
        found.append(&mut of_thread.violations);
    }
    found
}

/// What is wrong with one thread.
struct Found {
    thread: Uuid,
    violations: Vec<Violation>,
}

impl Found {
    fn add(&mut self, wrong: Wrong, what: impl Into<String>) {
        self.violations.push(Violation { wrong, thread: self.thread, what: what.into() });
    }

    fn expect(&mut self, good: bool, wrong: Wrong, what: impl FnOnce() -> String) {
        if !good {
            self.add(wrong, what());
        }
    }
}
