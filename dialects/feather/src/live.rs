//! The events of a guest's stream beyond the vendor's: own messages, pieces of a message, who speaks, the end.

use std::sync::Arc;

use dialect_kit::Frame;
use domain::{
    Caller, MessageId, Result, ThreadId,
    event::{Delta, DeltaKind, Event, Item},
    message::{Message, Role},
    receipt::Standing,
};
use engine::{
    App, Typist,
    app::{messages::follow::Reader, people::faces::Faces},
};
use serde::Serialize;

use crate::{convert::face, wire};

/// The readable message of this item.
pub fn listed(item: &Item) -> Option<&Message> {
    let Item::Entry(entry) = item else { return None };
    entry.message.as_ref().filter(|message| message.role != Role::Tool && message.body.is_listed())
}

/// What a stream with `include` knows between two batches of items.
pub struct Live {
    app: App,
    caller: Caller,
    thread: ThreadId,
    include: wire::Include<wire::Live>,
    faces: Faces,
    /// The unfinished message, once a piece of it was sent.
    unfinished: Option<MessageId>,
}

impl Live {
    /// With the frames that a new connection gets at once: who speaks, and the beginning of an unfinished message.
    ///
    /// # Errors
    /// Errors of the store; `not_found` for a thread that is gone.
    pub async fn begin(
        app: &App,
        caller: &Caller,
        reader: &Reader,
        thread: ThreadId,
        include: wire::Include<wire::Live>,
    ) -> Result<(Self, Vec<Frame>)> {
        let faces = app.faces(caller, thread).await?;
        let mut live = Self { app: app.clone(), caller: caller.clone(), thread, include, faces, unfinished: None };
        let mut frames = Vec::new();
        if live.include.has(wire::Live::Handling) {
            frames.push(named("handling", &face::handling(&live.faces)));
        }
        if live.include.has(wire::Live::Deltas) {
            let said = app.unfinished(caller, thread).await?;
            // The reader brings the later pieces itself.
            let said = said.iter().filter(|delta| domain::Position::delta(delta.seq, delta.n) <= reader.position());
            said.for_each(|delta| live.delta(delta, &mut frames));
        }
        Ok((live, frames))
    }

    /// The frames of a batch, and the messages to the person among them.
    pub async fn frames(&mut self, items: &[Arc<Item>]) -> (Vec<MessageId>, Vec<Frame>) {
        let (mut given, mut frames, mut looked) = (Vec::new(), Vec::new(), false);
        for item in items {
            match &**item {
                Item::Delta(delta) if self.include.has(wire::Live::Deltas) => self.delta(delta, &mut frames),
                Item::Delta(_) => {}
                Item::Entry(entry) => {
                    // The first look is later than each item of the batch.
                    if !looked && may_change_hands(&entry.event) {
                        looked = true;
                        self.look(&mut frames).await;
                    }
                    if let Some(message) = listed(item) {
                        self.message(message, &mut given, &mut frames);
                    }
                    self.entry(&entry.event, &mut frames);
                }
            }
        }
        (given, frames)
    }

    fn message(&mut self, message: &Message, given: &mut Vec<MessageId>, frames: &mut Vec<Frame>) {
        let is_own = message.role == Role::User;
        if is_own && !self.include.has(wire::Live::Own) {
            return;
        }
        if self.unfinished == Some(message.id) {
            self.unfinished = None;
        }
        let standing = if is_own { Standing::Received } else { Standing::Delivered };
        let data = json(&face::streamed(message, standing, &self.faces));
        let event = is_own.then_some("inbound".into());
        frames.push(Frame { id: Some(message.id.to_string()), event, data: Some(data), ..Frame::default() });
        if !is_own {
            given.push(message.id);
        }
    }

    fn delta(&mut self, delta: &Delta, frames: &mut Vec<Frame>) {
        if delta.kind != DeltaKind::Text {
            return;
        }
        if self.unfinished != Some(delta.message) {
            self.reset(frames);
            self.unfinished = Some(delta.message);
        }
        let (id, text) = (delta.message.to_string(), delta.text.clone());
        frames.push(named("delta", &wire::ChatDelta { id, offset: delta.offset, text }));
    }

    fn entry(&mut self, event: &Event, frames: &mut Vec<Frame>) {
        match event {
            // A message that is still unfinished here was left behind.
            Event::TurnAttempt { .. } | Event::MessageCompleted { .. } => self.reset(frames),
            event if event.ended().is_some() => self.reset(frames),
            Event::ThreadClosed { .. } if self.include.has(wire::Live::Handling) => {
                frames.push(Frame { event: Some("closed".into()), data: Some("{}".into()), ..Frame::default() });
            }
            _ => {}
        }
    }

    fn reset(&mut self, frames: &mut Vec<Frame>) {
        if let Some(id) = self.unfinished.take() {
            frames.push(named("reset", &wire::ChatReset { id: id.to_string() }));
        }
    }

    /// Tells who speaks, if that has changed. A failed look changes nothing, and the next one tells.
    async fn look(&mut self, frames: &mut Vec<Frame>) {
        match self.app.faces(&self.caller, self.thread).await {
            Ok(faces) if faces != self.faces => {
                self.faces = faces;
                if self.include.has(wire::Live::Handling) {
                    frames.push(named("handling", &face::handling(&self.faces)));
                }
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(?error, "a stream cannot see who speaks in its thread"),
        }
    }
}

/// Takes, hand-backs and requests are internal to the project, so a guest's stream asks the thread's head instead.
fn may_change_hands(event: &Event) -> bool {
    matches!(event, Event::ThreadInternal {} | Event::ThreadClosed { .. } | Event::ThreadReopened {})
}

/// Whether somebody of the team types. Of several members the first is named.
pub fn typing_frame(typists: &[Typist]) -> Frame {
    let mut team = typists.iter().filter_map(|typist| typist.side.as_ref());
    let first = team.next();
    named("typing", &wire::ChatTyping { typing: first.is_some(), name: first.and_then(|side| side.name.clone()) })
}

fn named(event: &'static str, data: &impl Serialize) -> Frame {
    Frame { event: Some(event.into()), data: Some(json(data)), ..Frame::default() }
}

fn json(data: &impl Serialize) -> String {
    serde_json::to_string(data).expect("texts and words are JSON")
}
