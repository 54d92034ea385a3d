//! Sends a message: stores the message and the turn that answers it in one transaction.

use std::sync::Arc;

use domain::{
    AttachmentId, Caller, Error, KeyId, MessageId, Result, ThreadId, Timestamp, TurnId,
    agent::{Agent, Reopen},
    attachment::Attachment,
    author::Author,
    caller::{Scope, Subject},
    codes,
    controls::Policy,
    event::Event,
    handling::{Handling, REOPENED},
    message::{Body, Message, Part, Role},
    thread::{Closed, ClosedBy, Thread},
    turn::State,
};
use store::{Bound, Operation, Tx, events::Stretch};

use crate::{
    App, Origin,
    app::{
        access::{bounds, impersonation},
        messages::accept::{Said, accept},
        reminders::{self, NewReminder},
        snapshots::check_snapshots,
        threads::{make, windows},
    },
    inner::Inner,
    journal::Journal,
    origin::{self, Taken},
    turns::wanting::{self, Request},
    unknown, validate,
};

/// A message for a thread, parsed by a dialect, with its bytes already stored as attachments.
#[derive(Clone, Debug)]
pub struct Send {
    pub thread: ThreadId,
    /// Content, controls and further fields. `when_busy` chooses the policy.
    pub body: Body,
    /// The dialect's policy while a turn is open, for a message that chooses none.
    pub default_policy: Policy,
    /// Sends in the name of the member with this address.
    pub impersonate: Option<String>,
    /// True if the message needs an answer.
    pub respond: bool,
    /// The behaviour of a closed thread.
    pub when_closed: WhenClosed,
    /// True if the dialect gives threads an inactivity window (Feather).
    pub window: bool,
    /// Files that came within the message. Their bytes are stored, and their rows are not.
    pub attachments: Vec<Attachment>,
    /// True if a message without browser snapshots gets the project's default ones.
    pub default_snapshots: bool,
    /// Sets the thread's reminder. Without it, the message cancels an existing reminder.
    pub reminder: Option<NewReminder>,
    pub origin: Option<Origin>,
}

/// The behaviour of a closed thread towards a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenClosed {
    /// Refuses the message.
    Refuse,
    /// Reopens the thread.
    Reopen,
    /// Stores the message and stays closed.
    Leave,
}

/// The result of sending. A replay returns the same ids.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    pub message: Message,
    /// The turn that answers the message, with its state at the time of the accept.
    pub turn: Option<(TurnId, State)>,
    /// Who speaks in the thread.
    pub handling: Handling,
    /// True if the agent is silent, because a person holds the thread or is waited for.
    pub is_silent: bool,
    /// The end of the thread's inactivity window ([`domain::thread::Thread::window_end`]).
    pub window_ends_at: Option<Timestamp>,
    pub replayed: bool,
}

impl Sent {
    pub(crate) fn of(
        thread: &Thread,
        message: Message,
        turn: Option<(TurnId, State)>,
        now: Timestamp,
        replayed: bool,
    ) -> Self {
        let (handling, is_silent) = (thread.people.handling(), thread.people.is_silent());
        Self { message, turn, handling, is_silent, window_ends_at: thread.window_end(now), replayed }
    }
}

impl Send {
    /// A message with a dialect's defaults: it needs an answer, and a closed thread refuses it.
    pub fn new(thread: ThreadId, body: Body, default_policy: Policy) -> Self {
        Self {
            thread,
            body,
            default_policy,
            impersonate: None,
            respond: true,
            when_closed: WhenClosed::Refuse,
            window: false,
            attachments: Vec::new(),
            default_snapshots: false,
            reminder: None,
            origin: None,
        }
    }
}

impl Send {
    /// The first message of a new thread.
    pub fn first(body: Body, default_policy: Policy) -> Self {
        Self::new(ThreadId(uuid::Uuid::nil()), body, default_policy)
    }
}

impl App {
    /// Stores a user's message and the turn that answers it. Both are on disk when this returns.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread. `forbidden` without `write`, without `impersonate` for a message
    /// in a member's name, or beyond the project's quota (`quota_exceeded`). `invalid` for a field beyond its limit, or
    /// an unknown member, attachment or snapshot. `conflict` for a reused origin key, a closed thread, or a busy one
    /// under `reject`. `rate_limited` if too many turns wait.
    #[crate::boxed]
    pub async fn send(&self, caller: &Caller, send: Send) -> Result<Sent> {
        caller.require_bound(Scope::Write)?;
        bounds::only_own(caller, &send)?;
        if send.impersonate.is_some() {
            caller.require(Scope::Impersonate)?;
        }
        let models = self.catalogues.of(caller.project).await?;
        validate::body(&send.body, &self.limits, self.link_targets, &models)?;
        send.reminder.map_or(Ok(()), |reminder| reminders::check("reminder", reminder, &self.limits))?;
        if send.origin.is_none() {
            self.quotas.admit_any(caller.project)?;
        }
        let id = MessageId(self.clock.id());
        self.store.write(Accept { inner: self.inner().clone(), caller: caller.clone(), id, send }).await
    }

    /// # Errors
    /// `not_found` for an unknown or foreign thread or message.
    #[crate::boxed]
    pub async fn message(&self, caller: &Caller, thread: ThreadId, id: MessageId) -> Result<Message> {
        caller.require_bound(Scope::Read)?;
        let (subject, caller) = (caller.subject, caller.clone());
        let found = self
            .store
            .read(store::op(move |tx| {
                Box::pin(async move {
                    bounds::find(tx, &caller, thread).await?;
                    store::messages::find(tx, thread, id).await
                })
            }))
            .await?;
        let found = found.ok_or_else(unknown::message)?;
        Ok(found.shown_to(subject))
    }
}

#[derive(Clone)]
struct Accept {
    inner: Arc<Inner>,
    caller: Caller,
    id: MessageId,
    send: Send,
}

impl Operation for Accept {
    type Out = Sent;

    async fn run(self, tx: &mut Tx) -> Result<Sent> {
        let Self { inner, caller, id, send } = self;
        let now = inner.clock.now();
        bounds::check(tx, &caller, send.thread).await?;
        match origin::take(tx, &caller, send.origin.as_ref(), Some(send.thread), id.0, now).await? {
            Taken::First => {}
            Taken::Replay(id) => return replay(tx, &caller, MessageId(id), now).await,
        }
        let mut journal = Journal::named(tx, caller.project, send.thread, now).await?;
        let agent = journal.agent(tx).await?;
        open_for(tx, &mut journal, send.when_closed, &inner).await?;
        store::reminders::clear(tx, journal.thread.id).await?;
        if send.window {
            windows::give(tx, &mut journal, make::window_s(&agent, &inner), &inner).await?;
        }
        journal.touch_window();
        let said = Opening { id, send };
        let (message, turn) = said.say(tx, &mut journal, agent, &caller, &inner).await?;
        let thread = journal.write(tx, &inner).await?;
        if caller.subject != Subject::Project {
            let (present, id) = (inner, thread.id);
            tx.on_commit(move || present.presence.said(id, None));
        }
        Ok(Sent::of(&thread, message, turn, now, false))
    }

    fn again(&self) -> Option<Self> {
        Some(self.clone())
    }
}

/// A message for a locked thread that accepts it.
pub(crate) struct Opening {
    pub(crate) id: MessageId,
    pub(crate) send: Send,
}

impl Opening {
    /// Appends the message with its files, and the turn that answers it.
    pub(crate) async fn say(
        self,
        tx: &mut Tx,
        journal: &mut Journal,
        agent: Agent,
        caller: &Caller,
        inner: &Arc<Inner>,
    ) -> Result<(Message, Option<(TurnId, State)>)> {
        let Self { id, mut send } = self;
        if send.reminder.is_some() {
            reminders::set(tx, inner, journal, send.reminder).await?;
        }
        let author = author(tx, journal, inner, caller, send.impersonate.as_deref(), id).await?;
        keep_attachments(tx, journal, caller, &send).await?;
        let named = &mut send.body.controls.browser_snapshots;
        if send.default_snapshots && named.is_none() {
            let most = inner.limits.snapshot_ids as i64;
            let defaults = store::snapshots::defaults(tx, caller.project, caller.key, most).await?;
            *named = Some(defaults).filter(|ids| !ids.is_empty());
        }
        let policy = send.body.when_busy.unwrap_or(send.default_policy);
        let respond = send.respond && !agent.settings.paused && !journal.thread.people.is_silent();
        send.body.unasked = !send.respond;
        let said = Said { id, author, body: send.body, policy };
        if !respond {
            return Ok((journal.say(None, Event::MessageCreated {}, id, (Role::User, said.author), said.body), None));
        }
        let (message, turn) = accept(tx, journal, said, agent, inner).await?;
        Ok((message, Some(turn)))
    }
}

/// The stored result of an earlier send.
async fn replay(tx: &mut Tx, caller: &Caller, id: MessageId, now: Timestamp) -> Result<Sent> {
    let found = store::messages::find_in_project(tx, caller.project, id).await?;
    let message = found.ok_or_else(unknown::message)?;
    let thread = store::threads::find(tx, caller.project, message.thread).await?.ok_or_else(unknown::thread)?;
    // The turn of the entry, because a retry may have given the message to another turn.
    let one = Stretch::one(message.seq);
    let entry = store::events::stretch(tx, message.thread, one, false, Bound::rows(1)).await?.rows.pop();
    let turn = match entry.and_then(|entry| entry.turn) {
        Some(turn) => store::turns::find(tx, caller.project, turn).await?.map(|t| (t.id, t.state)),
        None => None,
    };
    Ok(Sent::of(&thread, message, turn, now, true))
}

/// Applies the dialect's behaviour of a closed thread.
pub(crate) async fn open_for(
    tx: &mut Tx,
    journal: &mut Journal,
    when_closed: WhenClosed,
    inner: &Arc<Inner>,
) -> Result<()> {
    let Some(Closed { by, .. }) = journal.thread.closed_at(journal.now) else { return Ok(()) };
    match when_closed {
        WhenClosed::Refuse => Err(Error::conflict(codes::THREAD_CLOSED, "Thread is closed")),
        WhenClosed::Leave => Ok(()),
        WhenClosed::Reopen => {
            journal.thread.closed = None;
            match by {
                ClosedBy::Person => {
                    windows::begin(tx, journal, inner).await?;
                    journal.append(None, Event::ThreadReopened {});
                }
                ClosedBy::Expired => windows::reopen(tx, journal).await?,
            }
            reopened(tx, journal, inner).await
        }
    }
}

/// Asks for a person in a thread that a customer's message has reopened, if its agent says so.
async fn reopened(tx: &mut Tx, journal: &mut Journal, inner: &Arc<Inner>) -> Result<()> {
    if journal.agent(tx).await?.settings.reopen == Reopen::Agent || journal.thread.people.wanted.is_some() {
        return Ok(());
    }
    let request = Request { by: None, reason: REOPENED.into(), until: None, say: None };
    wanting::want(tx, journal, request, inner).await
}

/// The author: a person outside the project, the key itself, or the member in whose name it speaks. The latter is
/// recorded in the audit trail.
pub(crate) async fn author(
    tx: &mut Tx,
    journal: &Journal,
    inner: &Arc<Inner>,
    caller: &Caller,
    impersonate: Option<&str>,
    message: MessageId,
) -> Result<Author> {
    let key: KeyId = caller.key;
    let Some(email) = impersonate else { return Ok(own_author(caller)) };
    let (thread, at) = (journal.thread.id, journal.now);
    let member = impersonation::record(tx, inner, caller, email, (thread, Some(message)), at).await?;
    Ok(Author::Member { member: member.id, email: member.email, name: member.name, impersonated_by: Some(key) })
}

/// The caller as an author.
pub(crate) fn own_author(caller: &Caller) -> Author {
    match caller.subject {
        Subject::Project | Subject::Agent(_) | Subject::ExternalAgent | Subject::Attempt { .. } => {
            Author::Key { key: caller.key }
        }
        Subject::Thread(_) => Author::Guest {},
        Subject::Customer(customer) | Subject::EndUser { customer, .. } => {
            Author::Customer { customer, contact: None, address: None }
        }
    }
}

/// Writes the rows of new attachments, and checks that named attachments and snapshots exist.
pub(crate) async fn keep_attachments(tx: &mut Tx, journal: &mut Journal, caller: &Caller, send: &Send) -> Result<()> {
    for attachment in &send.attachments {
        store::attachments::insert(tx, attachment).await?;
        journal.growth.attachment(attachment);
    }
    let new = |id: &AttachmentId| send.attachments.iter().any(|a| a.id == *id);
    for (i, part) in send.body.content.iter().enumerate() {
        let Some(id) = part.attachment().filter(|id| !new(id)) else { continue };
        let found = store::attachments::find(tx, caller.project, id).await?;
        bounds::own_file(caller, journal.thread.id, found.as_ref())?;
        let is_image = matches!(part, Part::Image { .. } | Part::ImageFile { .. });
        if !found.is_some_and(|a| !is_image || a.is_image()) {
            let code = if is_image { codes::IMAGE_NOT_FOUND } else { codes::ATTACHMENT_NOT_FOUND };
            return Err(Error { code, ..Error::field(format!("content.{i}"), "must name an existing attachment") });
        }
    }
    if let Some(unknown) = check_snapshots(tx, caller, &send.body.controls).await? {
        let error = Error::field("browser_snapshots", format!("{unknown} is not a browser snapshot of this project"));
        return Err(Error { code: codes::SNAPSHOT_NOT_FOUND, ..error });
    }
    Ok(())
}
