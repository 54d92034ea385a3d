//! E-mail: messages with addresses, between customers and the people of a project (Algoreg; SMTP later).
//!
//! One transaction finds or creates the thread, its customers and contacts, and stores the message. By the message's
//! direction, it starts the turn or stores the pending delivery.

pub(crate) mod check;

use std::sync::Arc;

use domain::{
    AgentId, Caller, DeliveryId, Error, MessageId, Result, ThreadId,
    attachment::Attachment,
    author::Author,
    caller::{Scope, Subject},
    controls::Policy,
    envelope::Envelope,
    event::Event,
    message::{Body, Role},
    reminder::{Delivery, DeliveryKind, DeliveryState},
    ticket::Cause,
};
use store::{Operation, Tx, origin_keys};

use self::check::Parties;
use crate::{
    App, Origin,
    app::{
        access::bounds,
        handling::held,
        messages::{
            WhenClosed,
            accept::{self, Said},
            send,
        },
        reminders::{self, NewReminder},
        threads::make::agent_for,
        tickets::people,
    },
    inner::Inner,
    journal::{self, Journal},
    origin::{self, Taken},
    unknown, validate,
};

/// An e-mail message as a dialect hands it over.
#[derive(Clone, Debug)]
pub struct Email {
    /// The thread. Absent: the thread of the message that it answers, else a new one.
    pub thread: Option<ThreadId>,
    /// Text and envelope.
    pub body: Body,
    /// Sets the thread's reminder, or clears it (`Some(None)`).
    pub reminder: Option<Option<NewReminder>>,
    /// Attached files, in order after the text.
    pub files: Vec<NewFile>,
    pub origin: Option<Origin>,
}

/// A file of an e-mail message. Folders in its name are removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFile {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// The place of a filed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filed {
    pub thread: ThreadId,
    pub message: MessageId,
    pub replayed: bool,
}

impl App {
    /// Files an e-mail message. A message from a customer starts a turn. A message from the project is stored with a
    /// pending delivery. It is from the project if it names no customer, and its sender is absent or a member.
    ///
    /// # Errors
    /// `not_found` for an unknown thread. `forbidden` without `write`, or from a member without `impersonate`.
    /// `invalid` for a message without content, with an invalid file or reminder, or in answer to a message of another
    /// thread. Also for a message of the project without any recipient, or to an address outside of the thread's
    /// contacts (`contact_not_in_thread`). `conflict` for a reused origin key, and for a message of the project in a
    /// thread that a member holds: of another member (`held_by_other`), or of no member (`thread_held`).
    ///
    /// From a customer with a token: `forbidden` for a field that only the project may set, and `not_found` for a
    /// thread without the customer.
    #[crate::boxed]
    pub async fn file_email(&self, caller: &Caller, mut email: Email) -> Result<Filed> {
        caller.require_bound(Scope::Write)?;
        check::bound(caller, &email)?;
        let parties = check::email(&email, &self.limits)?;
        let mut attachments = Vec::with_capacity(email.files.len());
        for file in std::mem::take(&mut email.files) {
            let attachment = self.prepare_attachment(caller, &file.name, file.bytes).await?;
            email.body.content.push(attachment.part());
            attachments.push(attachment);
        }
        let models = self.catalogues.of(caller.project).await?;
        validate::body(&email.body, &self.limits, self.link_targets, &models)?;
        let id = MessageId(self.clock.id());
        let inner = self.inner().clone();
        self.store.write(File { inner, caller: caller.clone(), id, email, parties, attachments }).await
    }

    /// The deliveries of a message.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn deliveries(&self, caller: &Caller, message: MessageId) -> Result<Vec<Delivery>> {
        caller.require(Scope::Read)?;
        let project = caller.project;
        self.store
            .read(store::op(move |tx| {
                Box::pin(async move { store::deliveries::of_message(tx, project, message).await })
            }))
            .await
    }
}

struct File {
    inner: Arc<Inner>,
    caller: Caller,
    id: MessageId,
    email: Email,
    parties: Parties,
    attachments: Vec<Attachment>,
}

impl Operation for File {
    type Out = Filed;

    async fn run(self, tx: &mut Tx) -> Result<Filed> {
        let Self { inner, caller, id, email, parties, attachments } = self;
        let now = inner.clock.now();
        let origin = email.origin.as_ref();
        match origin::take(tx, &caller, origin, email.thread, id.0, now).await? {
            Taken::First => {}
            Taken::Replay(id) => return replay(tx, &caller, MessageId(id)).await,
        }
        let envelope = email.body.envelope.clone().unwrap_or_default();
        let outbound = people::is_outbound(tx, &caller, &parties).await?;
        let mut journal = match resolve(tx, &caller, email.thread, &envelope).await? {
            Some(thread) => {
                bounds::check(tx, &caller, thread).await?;
                Journal::named(tx, caller.project, thread, now).await?
            }
            None => begin_thread(tx, &inner, &caller, &envelope).await?,
        };
        let thread = journal.thread.id;
        for attachment in &attachments {
            store::attachments::insert(tx, attachment).await?;
            journal.growth.attachment(attachment);
        }
        if outbound {
            people::admit_recipients(tx, &inner, &journal, &parties).await?;
            let author = send::author(tx, &journal, &inner, &caller, parties.from.as_deref(), id).await?;
            held::admit_letter(tx, &journal, &author).await?;
            send_out(tx, &mut journal, id, author, email.body, &inner).await?;
        } else {
            let (author, body) = match caller.subject {
                Subject::Customer(own) => people::itself(tx, &mut journal, own, &parties, email.body).await?,
                _ => (people::customer(tx, &inner, &journal, &parties).await?, email.body),
            };
            let said = Said { id, author, body, policy: Policy::Queue };
            receive(tx, &mut journal, said, &inner).await?;
        }
        if let Some(reminder) = email.reminder {
            reminders::set(tx, &inner, &journal, reminder).await?;
        }
        origin::settle(tx, &caller, origin, Some(thread), id.0, now).await?;
        journal.write(tx, &inner).await?;
        Ok(Filed { thread, message: id, replayed: false })
    }
}

async fn replay(tx: &mut Tx, caller: &Caller, id: MessageId) -> Result<Filed> {
    let found = store::messages::find_in_project(tx, caller.project, id).await?;
    let message = found.ok_or_else(unknown::message)?;
    Ok(Filed { thread: message.thread, message: id, replayed: true })
}

/// The existing thread of the message: the named one, else that of the message that it answers. An answer to an unknown
/// message has none, as with e-mail.
async fn resolve(
    tx: &mut Tx,
    caller: &Caller,
    named: Option<ThreadId>,
    envelope: &Envelope,
) -> Result<Option<ThreadId>> {
    let replied = match &envelope.reply_to_external_id {
        Some(key) => origin_keys::find(tx, caller.project, origin_keys::Kind::External, "", key).await?,
        None => None,
    };
    let replied = replied.and_then(|used| used.thread);
    match (named, replied) {
        (Some(named), Some(replied)) if named != replied => {
            Err(Error::field("envelope.reply_to_external_id", "must name a message of the same thread"))
        }
        (named, replied) => Ok(named.or(replied)),
    }
}

async fn begin_thread(tx: &mut Tx, inner: &Arc<Inner>, caller: &Caller, envelope: &Envelope) -> Result<Journal> {
    let now = inner.clock.now();
    let mut thread = journal::new_thread(&inner.clock, caller.project, AgentId(caller.project.0), now);
    thread.agent = agent_for(tx, caller.project, None).await?.id;
    thread.title = envelope.subject.as_deref().and_then(|subject| title(subject, inner.limits.title_chars));
    Journal::create(tx, inner, caller.project, thread, now).await
}

/// A thread's title from a subject, which may be longer, or blank.
fn title(subject: &str, chars_max: u64) -> Option<String> {
    let chars_max = usize::try_from(chars_max).unwrap_or(usize::MAX);
    let title: String = subject.trim().chars().take(chars_max).collect();
    (!title.is_empty()).then_some(title)
}

/// Files a customer's message: it reopens the thread, clears the reminder, and starts a turn.
async fn receive(tx: &mut Tx, journal: &mut Journal, said: Said, inner: &Arc<Inner>) -> Result<()> {
    send::open_for(tx, journal, WhenClosed::Reopen, inner).await?;
    journal.touch_window();
    store::reminders::clear(tx, journal.thread.id).await?;
    let agent = journal.agent(tx).await?;
    if agent.settings.paused || journal.thread.people.is_silent() {
        journal.say(None, Event::MessageCreated {}, said.id, (Role::User, said.author), said.body);
        return Ok(());
    }
    accept::accept(tx, journal, said, agent, inner).await.map(drop)
}

/// Files the project's message as an agent message by its author. It starts no turn, leaves a closed thread closed, and
/// has pending deliveries to its recipients.
async fn send_out(
    tx: &mut Tx,
    journal: &mut Journal,
    id: MessageId,
    author: Author,
    body: Body,
    inner: &Arc<Inner>,
) -> Result<()> {
    if journal.thread.closed_at(journal.now).is_none() {
        journal.touch_window();
    }
    journal.move_ticket(Cause::Sent);
    let message = journal.say(None, Event::MessageCompleted { record: None }, id, (Role::Agent, author), body);
    let delivery = Delivery {
        id: DeliveryId(inner.clock.id()),
        project: journal.thread.project,
        thread: journal.thread.id,
        message: message.id,
        kind: DeliveryKind::Mail,
        state: DeliveryState::Pending,
        created_at: message.at,
    };
    store::deliveries::insert(tx, &delivery).await
}
