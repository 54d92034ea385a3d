//! A thread as its native reader has seen it so far: what there is to cancel, to answer, and to kill.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use crate::history::{Entry, Seen};

#[derive(Debug, Default)]
pub struct View {
    /// Messages of each open turn.
    open: HashMap<Uuid, usize>,
    pub running: Option<Uuid>,
    /// Whether a message was shown that is not complete.
    pub streaming: bool,
    /// Calls without a result, and whether they are the client's to answer.
    pub calls: BTreeMap<(Uuid, String), bool>,
}

impl View {
    /// Messages whose turn has not ended.
    pub fn waiting(&self) -> usize {
        self.open.values().sum()
    }

    pub fn take(&mut self, seen: &Seen) {
        match seen {
            Seen::Delta(_) => self.streaming = true,
            Seen::Entry(entry) => self.take_entry(entry),
            Seen::Event(_) => {}
        }
    }

    fn take_entry(&mut self, entry: &Entry) {
        let Some(turn) = entry.turn else { return };
        let call = || (turn, entry.call.clone().unwrap_or_default());
        match entry.kind.as_str() {
            "message.created" => *self.open.entry(turn).or_default() += 1,
            "turn.started" => self.running = Some(turn),
            "message.completed" | "turn.attempt" => self.streaming = false,
            "tool.called" => drop(self.calls.insert(call(), entry.whole["data"]["kind"] == "client")),
            "tool.completed" => drop(self.calls.remove(&call())),
            "turn.completed" | "turn.failed" | "turn.cancelled" => {
                self.open.remove(&turn);
                self.calls.retain(|(of, _), _| *of != turn);
                if self.running == Some(turn) {
                    self.running = None;
                    self.streaming = false;
                }
            }
            _ => {}
        }
    }
}
