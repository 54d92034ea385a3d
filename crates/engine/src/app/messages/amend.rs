//! Changes messages: the text of an e-mail until it is sent, and notes beside any message.

use std::sync::Arc;

use domain::{
    Caller, Error, Kept, Map, MessageId, Result, ThreadId,
    author::Author,
    caller::Scope,
    codes,
    event::Event,
    last_words::LastWords,
    message::{Message, Part, Role},
    reminder::DeliveryState,
};
use store::{Operation, Tx};
use uuid::Uuid;

use crate::{App, app::keyed::Keyed, inner::Inner, journal::Journal, unknown, validate};

/// The fields of a message to change. Absent fields stay unchanged.
#[derive(Clone, Debug, Default)]
pub struct MessagePatch {
    /// The new text; files stay. Only for a message of the project that waits to be sent.
    pub text: Option<String>,
    /// Only for a message of the project that waits to be sent.
    pub subject: Option<String>,
    /// Only for a message of the project that waits to be sent.
    pub delivery_requested: Option<Kept>,
    pub priority: Option<i64>,
    /// Marks whether the project's people have read the message.
    pub read: Option<bool>,
}

impl App {
    /// Changes a message, and records the change in its thread's log. `thread` is the expected thread; absent: any of
    /// the project. Equal values change nothing.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign message. `conflict` (`message_sent`) for a new text of a message that is
    /// not the project's or was sent. `invalid` for a field beyond its limit, or if no readable content would be left.
    #[crate::boxed]
    pub async fn update_message(
        &self,
        caller: &Caller,
        thread: Option<ThreadId>,
        id: MessageId,
        patch: MessagePatch,
    ) -> Result<Message> {
        self.store.write(self.amending(caller, thread, id, patch)?).await
    }

    fn amending(&self, caller: &Caller, thread: Option<ThreadId>, id: MessageId, patch: MessagePatch) -> Result<Amend> {
        caller.require(Scope::Write)?;
        Ok(Amend { inner: self.inner().clone(), caller: caller.clone(), thread, id, patch })
    }
}

impl Keyed<'_> {
    /// Changes a message in any thread of the project.
    ///
    /// # Errors
    /// As [`App::update_message`]; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn update_message(&self, caller: &Caller, id: MessageId, patch: MessagePatch) -> Result<()> {
        let amend = self.app.amending(caller, None, id, patch)?;
        self.once(caller, None, amend, |_| Uuid::nil()).await.map(drop)
    }
}

struct Amend {
    inner: Arc<Inner>,
    caller: Caller,
    thread: Option<ThreadId>,
    id: MessageId,
    patch: MessagePatch,
}

impl Operation for Amend {
    type Out = Message;

    async fn run(self, tx: &mut Tx) -> Result<Message> {
        let Self { inner, caller, thread, id, patch } = self;
        if let Some(thread) = thread {
            store::threads::find(tx, caller.project, thread).await?.ok_or_else(unknown::thread)?;
        }
        let found = store::messages::find_in_project(tx, caller.project, id).await?.ok_or_else(unknown::message)?;
        if thread.is_some_and(|thread| thread != found.thread) {
            return Err(unknown::message());
        }
        let mut journal = Journal::named(tx, caller.project, found.thread, inner.clock.now()).await?;
        // The thread is now locked, so nobody else changes the message.
        let mut message = store::messages::find(tx, found.thread, id).await?.ok_or_else(unknown::message)?;
        let (words, notes) = apply(&mut message, patch);
        if !words.is_empty() {
            unsent(tx, &caller, &message).await?;
            let models = inner.catalogues.within(tx, caller.project).await?;
            validate::body(&message.body, &inner.limits, inner.link_targets, &models)?;
            let delivery = message.body.envelope.as_ref().and_then(|envelope| envelope.delivery_requested.as_ref());
            validate::json_bytes("envelope.delivery_requested", &delivery, inner.limits.metadata_bytes)?;
        }
        let changed: Map = words.into_iter().chain(notes).collect();
        if changed.is_empty() {
            return Ok(message);
        }
        let before = store::stored::of_entry(tx, message.thread, message.seq).await?;
        store::messages::save(tx, &message).await?;
        journal.amended(&message);
        journal.keeps(store::stored::of_entry(tx, message.thread, message.seq).await? - before);
        if journal.thread.last_words.as_ref().is_some_and(|words| words.seq == message.seq) {
            let former = journal.thread.last_words.take();
            journal.thread.last_words = LastWords::of(&message, former.as_ref());
        }
        journal.append(None, Event::MessageUpdated { message: id, changed });
        journal.write(tx, &inner).await?;
        Ok(message)
    }
}

/// The changes of the message itself, and of the notes beside it.
fn apply(message: &mut Message, patch: MessagePatch) -> (Map, Map) {
    let (mut words, mut notes) = (Map::new(), Map::new());
    let MessagePatch { text, subject, delivery_requested, priority, read } = patch;
    if let Some(text) = text.filter(|text| *text != message.body.only_text()) {
        words.insert("text".into(), text.clone().into());
        message.body.content.retain(|part| !matches!(part, Part::Text { .. }));
        if !text.is_empty() {
            message.body.content.insert(0, Part::Text { text });
        }
    }
    let mut envelope = message.body.envelope.clone().unwrap_or_default();
    if let Some(subject) = subject.filter(|subject| envelope.subject.as_ref() != Some(subject)) {
        words.insert("subject".into(), subject.clone().into());
        envelope.subject = Some(subject);
    }
    if let Some(delivery) = delivery_requested.filter(|delivery| envelope.delivery_requested.as_ref() != Some(delivery))
    {
        words.insert("delivery_requested".into(), delivery.clone());
        envelope.delivery_requested = Some(delivery);
    }
    if let Some(priority) = priority.filter(|priority| envelope.priority.unwrap_or(0) != *priority) {
        notes.insert("priority".into(), priority.into());
        envelope.priority = Some(priority);
    }
    if let Some(read) = read.filter(|read| envelope.read.unwrap_or(false) != *read) {
        notes.insert("read".into(), read.into());
        envelope.read = Some(read);
    }
    if !words.is_empty() || !notes.is_empty() {
        message.body.envelope = Some(envelope);
    }
    (words, notes)
}

/// # Errors
/// `conflict` unless the message is an e-mail of the project and all its deliveries are pending.
async fn unsent(tx: &mut Tx, caller: &Caller, message: &Message) -> Result<()> {
    let email = message.role == Role::Agent && !matches!(message.author, Author::Agent { .. });
    let deliveries = store::deliveries::of_message(tx, caller.project, message.id).await?;
    let waits = !deliveries.is_empty() && deliveries.iter().all(|delivery| delivery.state == DeliveryState::Pending);
    match email && waits {
        true => Ok(()),
        false => Err(Error::conflict(
            codes::MESSAGE_SENT,
            "The text can change only while the project's message waits to be sent",
        )),
    }
}
