//! A client that follows a thread and shows it, as a person's client does.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use domain::{
    MessageId, Position, ThreadId,
    event::{DeltaKind, Event, Item},
    message::{Message, Part, Role},
};
use engine::{
    app::messages::follow::{Reader, Start},
    testing::TestApp,
};
use tokio::time::timeout;

/// Longer than a thread is silent in any of the tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// The thread as the client has shown it so far.
pub struct Screen {
    reader: Reader,
    /// The test's case, for its failures.
    case: String,
    /// Texts of messages that are still being said.
    unfinished: HashMap<MessageId, String>,
    /// The agent's messages.
    pub texts: Vec<String>,
    called: HashSet<String>,
    answered: HashSet<String>,
    /// A code for each turn that failed, and `None` for each that ended well.
    pub ends: Vec<Option<String>>,
}

impl Screen {
    pub async fn of(test: &TestApp, thread: ThreadId, case: &str) -> Self {
        let reader = test.app.follow(&test.caller, thread, Start::Beyond(Position::START)).await;
        Self {
            reader: reader.expect("a thread to follow"),
            case: case.to_owned(),
            unfinished: HashMap::new(),
            texts: Vec::new(),
            called: HashSet::new(),
            answered: HashSet::new(),
            ends: Vec::new(),
        }
    }

    /// Shows all up to the next end of a turn.
    pub async fn until_ended(&mut self) {
        let before = self.ends.len();
        while self.ends.len() == before {
            let items = timeout(PATIENCE, self.reader.next()).await;
            let items = items.unwrap_or_else(|_| panic!("{}: nothing comes, and no turn has ended", self.case));
            for item in items.expect("the store answers").expect("the thread stays") {
                self.show(&item);
            }
        }
        assert_eq!(self.ends.len(), before + 1, "{}: one end", self.case);
        assert_eq!(self.called, self.answered, "{}: each call has its result", self.case);
        assert!(self.unfinished.is_empty(), "{}: {:?} is never finished", self.case, self.unfinished);
    }

    /// Number of tool calls.
    pub fn calls(&self) -> usize {
        self.called.len()
    }

    fn show(&mut self, item: &Item) {
        let case = &self.case;
        let entry = match item {
            Item::Entry(entry) => entry,
            Item::Delta(delta) if delta.kind == DeltaKind::Text => {
                let text = self.unfinished.entry(delta.message).or_default();
                assert_eq!(delta.offset, text.chars().count() as i64, "{case}: {delta:?} behind {text:?}");
                text.push_str(&delta.text);
                return;
            }
            Item::Delta(_) => return,
        };
        match &entry.event {
            // A reader that is behind gets no deltas of an attempt that is over.
            Event::TurnAttempt { dropped_chars, .. } => {
                let shown: usize = self.unfinished.drain().map(|(_, text)| text.chars().count()).sum();
                assert!(shown as i64 <= *dropped_chars, "{case}: {dropped_chars} dropped of {shown}");
            }
            Event::MessageCompleted { .. } => {
                let message = entry.message.as_ref().expect("the entry's message");
                let (text, begun) = (text(message), self.unfinished.remove(&message.id).unwrap_or_default());
                assert!(text.starts_with(&begun), "{case}: {begun:?} was shown, then {text:?}");
                if message.role == Role::Agent && !text.is_empty() {
                    self.texts.push(text);
                }
            }
            Event::ToolCalled { call, .. } => assert!(self.called.insert(call.id.clone()), "{case}: {call:?} again"),
            Event::ToolCompleted { tool_call_id, .. } => {
                assert!(self.called.contains(tool_call_id), "{case}: {tool_call_id} was never called");
                assert!(self.answered.insert(tool_call_id.clone()), "{case}: {tool_call_id} has two results");
            }
            Event::TurnCompleted(_) => self.ends.push(None),
            Event::TurnFailed(ended) | Event::TurnCancelled(ended) => {
                self.ends.push(Some(ended.code.clone().unwrap_or_default()));
            }
            _ => {}
        }
    }
}

fn text(message: &Message) -> String {
    message
        .body
        .content
        .iter()
        .filter_map(|part| if let Part::Text { text } = part { Some(text.as_str()) } else { None })
        .collect()
}
