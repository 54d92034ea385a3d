//! Letters: messages with addresses, between customers and the people of a project (Algoreg's door; e-mail later).
//!
//! One transaction finds or makes the thread, its customers and contacts, stores the message, and starts the turn or owes the
//! delivery, by the letter's direction.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    AgentId, Caller, ContactId, CustomerId, DeliveryId, Error, MessageId, Result, ThreadId,
    attachment::Attachment,
    author::Author,
    caller::Scope,
    customer::Contact,
    envelope::Envelope,
    event::Event,
    message::{Body, Role},
    reminder::{Delivery, DeliveryKind, DeliveryState, Reminder},
    thread::Ticket,
    turn::Policy,
};
use store::{Operation, Tx, origin_keys};

use super::{
    messages::{self, Said, WhenClosed},
    threads::agent_for,
};
use crate::{
    App, Origin,
    app::Inner,
    journal::{self, Journal},
    origin::{self, Taken},
    turns::Permit,
    validate,
};

/// A letter as a door hands it over. Addresses in the envelope are bare and in lower case.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Where it goes; absent: to the thread of the message it replies to, else into a new one.
    pub thread: Option<ThreadId>,
    /// Content and envelope.
    pub body: Body,
    /// The project's own name for the customer who wrote it.
    pub customer: Option<String>,
    /// Set the thread's reminder, or (`Some(None)`) clear it.
    pub reminder: Option<Option<NewReminder>>,
    /// Bytes that came with it: stored, their rows not yet written.
    pub attachments: Vec<Attachment>,
    pub origin: Option<Origin>,
}

/// Fires after `delay_s`, `number_left` times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewReminder {
    pub delay_s: i64,
    pub number_left: i64,
}

/// Where a letter has come to lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filed {
    pub thread: ThreadId,
    pub message: MessageId,
    pub replayed: bool,
}

impl App {
    /// Files a letter. From a customer: an answer is owed, a turn starts. From the project: it goes out, a delivery waits.
    ///
    /// # Errors
    /// `not_found` for an unknown thread; `invalid` for a letter without content, without a thread and anyone to make one for,
    /// to someone who is no contact of the thread's customers (`contact_not_in_thread`), with a reminder that cannot fire, or
    /// that replies to another thread than it names; `conflict` for a reused origin key.
    pub async fn file_letter(&self, caller: &Caller, letter: Letter) -> Result<Filed> {
        caller.require(Scope::Write)?;
        validate::body(&letter.body, &self.limits)?;
        if !letter.body.is_listed() {
            return Err(Error::field("content", "a message needs content or attachments"));
        }
        if let Some(Some(reminder)) = letter.reminder {
            check_reminder(reminder)?;
        }
        let permit = self.workers.free();
        let id = MessageId(self.clock.id());
        self.store.write(File { inner: self.inner().clone(), caller: caller.clone(), id, letter, permit }).await
    }

    /// The thread's reminder.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    pub async fn reminder(&self, caller: &Caller, thread: ThreadId) -> Result<Option<Reminder>> {
        self.thread(caller, thread).await?;
        let project = caller.project;
        self.store
            .read(store::op(move |tx| Box::pin(async move { store::reminders::find(tx, project, thread).await })))
            .await
    }

    /// What is owed to the outside because of a message.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    pub async fn deliveries(&self, caller: &Caller, message: MessageId) -> Result<Vec<Delivery>> {
        caller.require(Scope::Read)?;
        let project = caller.project;
        self.store
            .read(store::op(move |tx| Box::pin(async move { store::deliveries::of_message(tx, project, message).await })))
            .await
    }
}

/// A hundred years: more is a mistake, and would not fit a time.
const REMINDER_DELAY_S_MAX: i64 = 3_153_600_000;
const REMINDER_NUMBER_MAX: i64 = 1_000;

fn check_reminder(reminder: NewReminder) -> Result<()> {
    if !(0..=REMINDER_DELAY_S_MAX).contains(&reminder.delay_s) {
        return Err(Error::field("set_reminder.delay", format!("must be from 0 to {REMINDER_DELAY_S_MAX} seconds")));
    }
    if !(1..=REMINDER_NUMBER_MAX).contains(&reminder.number_left) {
        return Err(Error::field("set_reminder.number_left", format!("must be from 1 to {REMINDER_NUMBER_MAX}")));
    }
    Ok(())
}

struct File {
    inner: Arc<Inner>,
    caller: Caller,
    id: MessageId,
    letter: Letter,
    permit: Option<Permit>,
}

impl Operation for File {
    type Out = Filed;

    async fn run(self, tx: &mut Tx) -> Result<Filed> {
        let Self { inner, caller, id, letter, permit } = self;
        let now = inner.clock.now();
        match origin::take(tx, &caller, letter.origin.as_ref(), letter.thread, id.0, now).await? {
            Taken::First => {}
            Taken::Replay(id) => return replay(tx, &caller, MessageId(id)).await,
        }
        let envelope = letter.body.envelope.clone().unwrap_or_default();
        let sender = sender(tx, &caller, &letter, &envelope).await?;
        let thread = resolve(tx, &caller, &letter, &envelope).await?;
        let mut journal = match thread {
            Some(thread) => Journal::named(tx, caller.project, thread, now).await?,
            None => begin_thread(tx, &inner, &caller, &letter, &envelope).await?,
        };
        let thread = journal.thread.id;
        for attachment in &letter.attachments {
            store::attachments::insert(tx, attachment).await?;
        }
        match sender {
            Sender::Customer => {
                let author = customer(tx, &inner, &journal, &letter, &envelope).await?;
                let said = Said { id, author, body: letter.body, policy: Policy::Queue };
                receive(tx, &mut journal, said, permit, &inner).await?;
            }
            Sender::Project(author) => {
                admit_recipients(tx, &inner, &journal, &envelope).await?;
                send_out(tx, &mut journal, id, author, letter.body, &inner).await?;
            }
        }
        if let Some(reminder) = letter.reminder {
            set_reminder(tx, &inner, &journal, reminder).await?;
        }
        origin::settle(tx, &caller, letter.origin.as_ref(), thread, id.0, now).await?;
        journal.write(tx, &inner).await?;
        Ok(Filed { thread, message: id, replayed: false })
    }
}

async fn replay(tx: &mut Tx, caller: &Caller, id: MessageId) -> Result<Filed> {
    let found = store::messages::find_in_project(tx, caller.project, id).await?;
    let message = found.ok_or_else(|| Error::not_found("message_not_found", "Message"))?;
    Ok(Filed { thread: message.thread, message: id, replayed: true })
}

/// Who wrote the letter, which is its direction.
enum Sender {
    Customer,
    Project(Author),
}

/// From the project: no customer is named, and the sender is absent or a member. Everybody else is a customer.
async fn sender(tx: &mut Tx, caller: &Caller, letter: &Letter, envelope: &Envelope) -> Result<Sender> {
    if letter.customer.is_some() {
        return Ok(Sender::Customer);
    }
    let Some(from) = &envelope.from else { return Ok(Sender::Project(Author::Key { key: caller.key })) };
    Ok(match store::members::find_by_email(tx, caller.project, from).await? {
        Some(member) => {
            Sender::Project(Author::Member { member: member.id, email: member.email, impersonated_by: None })
        }
        None => Sender::Customer,
    })
}

/// The thread that the letter belongs to, if there is one already.
async fn resolve(tx: &mut Tx, caller: &Caller, letter: &Letter, envelope: &Envelope) -> Result<Option<ThreadId>> {
    let replied = match &envelope.reply_to_external_id {
        Some(key) => origin_keys::find(tx, caller.project, origin_keys::Kind::External, "", key).await?,
        None => None,
    };
    let replied = replied.and_then(|used| used.thread);
    match (letter.thread, replied) {
        (Some(named), Some(replied)) if named != replied => {
            Err(Error::field("reply_to_ext_msg_id", "names a message of another thread than thread_id"))
        }
        (named, replied) => Ok(named.or(replied)),
    }
}

async fn begin_thread(
    tx: &mut Tx,
    inner: &Arc<Inner>,
    caller: &Caller,
    letter: &Letter,
    envelope: &Envelope,
) -> Result<Journal> {
    if letter.customer.is_none() && envelope.to.is_empty() {
        let missing = "without a thread, and without a reply to a known message, a recipient or a customer is needed";
        return Err(Error::field("to", missing));
    }
    let now = inner.clock.now();
    let mut thread = journal::new_thread(&inner.clock, caller.project, AgentId(caller.project.0), now);
    thread.agent = agent_for(tx, caller.project, None).await?.id;
    thread.title = envelope.subject.clone();
    Journal::create(tx, thread, now).await
}

/// The customer who wrote the letter, made if new, and now part of the thread.
async fn customer(
    tx: &mut Tx,
    inner: &Arc<Inner>,
    journal: &Journal,
    letter: &Letter,
    envelope: &Envelope,
) -> Result<Author> {
    let (project, thread) = (journal.thread.project, journal.thread.id);
    let contact = match &envelope.from {
        Some(from) => store::customers::find_contact(tx, project, from).await?,
        None => None,
    };
    let id = match (&letter.customer, &contact) {
        (Some(external), _) => match store::customers::find_by_external_id(tx, project, external).await? {
            Some(id) => id,
            None => new_customer(tx, inner, journal, Some(external)).await?,
        },
        (None, Some(contact)) => contact.customer,
        (None, None) => new_customer(tx, inner, journal, None).await?,
    };
    let contact = match (contact, &envelope.from) {
        (Some(contact), _) => Some(contact.id).filter(|_| contact.customer == id),
        (None, Some(from)) => Some(new_contact(tx, inner, journal, id, from).await?),
        (None, None) => None,
    };
    store::threads::add_customer(tx, project, thread, id).await?;
    Ok(Author::Customer { customer: id, contact, address: envelope.from.clone() })
}

async fn new_customer(
    tx: &mut Tx,
    inner: &Arc<Inner>,
    journal: &Journal,
    external: Option<&String>,
) -> Result<CustomerId> {
    let id = CustomerId(inner.clock.id());
    let external = external.map(String::as_str);
    store::customers::insert(tx, id, journal.thread.project, external, journal.now).await?;
    Ok(id)
}

async fn new_contact(
    tx: &mut Tx,
    inner: &Arc<Inner>,
    journal: &Journal,
    customer: CustomerId,
    address: &str,
) -> Result<ContactId> {
    let contact = Contact { id: ContactId(inner.clock.id()), customer, address: address.into() };
    store::customers::insert_contact(tx, journal.thread.project, &contact).await?;
    Ok(contact.id)
}

/// A letter goes only to contacts of the thread's customers; a thread's first one makes its recipients contacts of its customers.
async fn admit_recipients(tx: &mut Tx, inner: &Arc<Inner>, journal: &Journal, envelope: &Envelope) -> Result<()> {
    let (project, thread) = (journal.thread.project, journal.thread.id);
    let recipients: BTreeSet<&str> = envelope.recipients().collect();
    if !store::threads::customers(tx, project, thread).await?.is_empty() {
        let contacts = store::customers::contacts_of_thread(tx, project, thread).await?;
        return match recipients.iter().find(|r| !contacts.iter().any(|c| c.address == **r)) {
            Some(stranger) => {
                let message = format!("{stranger} is no contact of this thread's customers");
                Err(Error { code: "contact_not_in_thread", ..Error::field("to", message) })
            }
            None => Ok(()),
        };
    }
    let mut fresh = None;
    for address in recipients {
        let customer = match (store::customers::find_contact(tx, project, address).await?, fresh) {
            (Some(contact), _) => contact.customer,
            (None, known) => {
                let customer = match known {
                    Some(customer) => customer,
                    None => new_customer(tx, inner, journal, None).await?,
                };
                fresh = Some(customer);
                new_contact(tx, inner, journal, customer, address).await?;
                customer
            }
        };
        store::threads::add_customer(tx, project, thread, customer).await?;
    }
    Ok(())
}

/// A customer's letter: the ticket opens, a reminder is off, a turn answers.
async fn receive(
    tx: &mut Tx,
    journal: &mut Journal,
    said: Said,
    permit: Option<Permit>,
    inner: &Arc<Inner>,
) -> Result<()> {
    messages::open_for(journal, WhenClosed::Reopen)?;
    journal.touch_window();
    journal.thread.ticket = Ticket::Open;
    store::reminders::clear(tx, journal.thread.id).await?;
    let agent = journal.agent(tx).await?;
    if agent.settings.paused {
        journal.say(None, Event::MessageCreated {}, said.id, (Role::User, said.author), said.body);
        return Ok(());
    }
    messages::accept(tx, journal, said, agent, permit, inner).await.map(drop)
}

/// The project's letter: an agent message by its author, which starts no turn and is owed to its recipients.
async fn send_out(
    tx: &mut Tx,
    journal: &mut Journal,
    id: MessageId,
    author: Author,
    body: Body,
    inner: &Arc<Inner>,
) -> Result<()> {
    journal.touch_window();
    if journal.thread.closed.is_none() {
        journal.thread.ticket = Ticket::Waiting;
    }
    let message = journal.say(None, Event::MessageCompleted {}, id, (Role::Agent, author), body);
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

async fn set_reminder(tx: &mut Tx, inner: &Arc<Inner>, journal: &Journal, new: Option<NewReminder>) -> Result<()> {
    let thread = journal.thread.id;
    let Some(NewReminder { delay_s, number_left }) = new else {
        return store::reminders::clear(tx, thread).await.map(drop);
    };
    let due_at = journal.now.plus_s(delay_s);
    let reminder = Reminder { thread, project: journal.thread.project, delay_s, number_left, due_at };
    store::reminders::set(tx, &reminder).await?;
    let inner = inner.clone();
    tx.on_commit(move || inner.reminders.notify_one());
    Ok(())
}
