//! Forks: threads that start with copies of another thread's messages.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    AgentId, Caller, Error, MessageId, Result, ThreadId,
    caller::Scope,
    codes,
    event::{Entry, Event},
    message::Role,
    overrides::Fork,
    project::Stored,
    thread::Thread,
    ticket::Cause,
};
use store::{
    Operation, Tx,
    forks::{Fork as Copying, NOBODY},
};

use super::{
    make::agent_for,
    overrides::{self, Own},
    update::written,
    variables,
};
use crate::{
    App, Origin,
    inner::Inner,
    journal::{self, Journal},
    origin::{self, Taken},
    quotas::Growth,
    unknown, validate,
};

/// The fields in which a fork differs from its source. Absent fields are copied.
#[derive(Clone, Debug, Default)]
pub struct NewFork {
    pub title: Option<String>,
    pub agent: Option<AgentId>,
    /// A name of the catalogue.
    pub model: Option<String>,
    pub locale: Option<String>,
    pub instructions: Option<String>,
    /// Tags, which need not be tags of the project.
    pub tags: Option<Vec<String>>,
    pub origin: Option<Origin>,
    /// Names of extras that are not copied.
    pub without: &'static [&'static str],
}

impl App {
    /// Creates a thread with copies of all messages of another one, which stays unchanged. The copies belong to no
    /// turn. Nobody sees the thread before all messages are copied. A repeated request with the same key helps to
    /// finish the fork and returns the same result.
    ///
    /// # Errors
    /// `not_found`, also if the source is deleted midway. `forbidden` beyond the project's quota (`quota_exceeded`).
    /// `conflict` while a turn is open, and for a reused origin key. `too_large` for a thread with too many messages.
    /// `invalid` for an unknown agent or a field beyond its limit.
    #[crate::boxed]
    pub async fn fork_thread(&self, caller: &Caller, from: ThreadId, new: NewFork) -> Result<Thread> {
        let thread = match self.begin_fork(caller, from, new).await? {
            Begun::Whole(thread) => return Ok(*thread),
            Begun::Part(thread) => thread,
        };
        while self.store.write(CopyOn { inner: self.inner().clone(), thread }).await? {}
        let project = caller.project;
        let find = store::op(move |tx| Box::pin(async move { store::threads::find(tx, project, thread).await }));
        self.store.read(find).await?.ok_or_else(unknown::thread)
    }

    /// Runs the first transaction of a fork. A service finishes it if the caller does not.
    ///
    /// # Errors
    /// As [`App::fork_thread`].
    #[crate::boxed]
    pub async fn begin_fork(&self, caller: &Caller, from: ThreadId, new: NewFork) -> Result<Begun> {
        caller.require(Scope::Write)?;
        if let Some(title) = &new.title {
            validate::title(title, &self.limits)?;
        }
        if let Some(tags) = &new.tags {
            validate::tag_names(tags, &self.limits)?;
        }
        let (project, most) = (caller.project, self.limits.fork_messages);
        // Counted in its own read, because it reads that many rows, and because a repeated request succeeds whatever
        // happened to the thread since.
        let count = store::op(move |tx| {
            Box::pin(async move {
                match store::threads::find(tx, project, from).await? {
                    Some(_) => store::messages::count_up_to(tx, from, most.saturating_add(1) as i64).await,
                    None => Ok(0),
                }
            })
        });
        let too_many = self.store.read_long(count).await? as u64 > most;
        let (inner, caller) = (self.inner().clone(), caller.clone());
        self.store.write(Branch { inner, caller, from, new, too_many }).await
    }
}

/// A fork after its first transaction.
pub enum Begun {
    Whole(Box<Thread>),
    /// The id of the unfinished thread. The caller or a service must continue.
    Part(ThreadId),
}

struct Branch {
    inner: Arc<Inner>,
    caller: Caller,
    from: ThreadId,
    new: NewFork,
    too_many: bool,
}

impl Operation for Branch {
    type Out = Begun;

    async fn run(self, tx: &mut Tx) -> Result<Begun> {
        let Self { inner, caller, from, new, too_many } = self;
        let now = inner.clock.now();
        let thread = journal::new_thread(&inner.clock, caller.project, AgentId(caller.project.0), now);
        match origin::take(tx, &caller, new.origin.as_ref(), None, thread.id.0, now).await? {
            Taken::First => {}
            Taken::Replay(id) => return Ok(Begun::Part(ThreadId(id))),
        }
        if too_many {
            let most = inner.limits.fork_messages;
            return Err(Error::too_large(format!("A thread with more than {most} messages cannot be forked")));
        }
        let trunk = Journal::named(tx, caller.project, from, now).await?.thread;
        if trunk.run.is_open() {
            return Err(Error::conflict(
                codes::THREAD_BUSY,
                "The thread has an open turn and can be forked when the turn has ended",
            ));
        }
        let mut copying =
            Copying { thread: thread.id, project: caller.project, from, last_seq: trunk.last_seq, copied_seq: 0 };
        let mut thread = own(tx, &inner, trunk, thread, new).await?;
        let (slice, more) = slice(tx, &copying, &inner).await?;
        if more {
            // The rest is never refused, so there must be room for all of it at the start.
            let bytes = store::stored::of_thread(tx, from).await?.unwrap_or(0);
            inner.quotas.admit(caller.project, Stored { threads: 1, bytes })?;
            thread.project = NOBODY;
        }
        let mut journal = Journal::create(tx, &inner, caller.project, thread, now).await?;
        journal.keeps(store::stored::beside(tx, caller.project, journal.thread.id).await?);
        copying.copied_seq = copy(tx, slice, &mut journal, &inner).await?;
        if more {
            store::forks::insert(tx, &copying, now.plus_s(GOES_ON_S)).await?;
            return Ok(Begun::Part(journal.write(tx, &inner).await?.id));
        }
        journal.move_ticket(Cause::TurnEnded);
        Ok(Begun::Whole(Box::new(written(tx, journal, &inner).await?)))
    }
}

/// Time after which a service continues the fork. A caller needs far less time between two steps.
const GOES_ON_S: i64 = 10;

/// Sets the fork's own fields. Returns the new thread.
async fn own(tx: &mut Tx, inner: &Inner, trunk: Thread, thread: Thread, new: NewFork) -> Result<Thread> {
    let Own { mut overrides, mut extras } = overrides::of(tx, inner, &trunk).await?;
    new.without.iter().for_each(|name| extras.remove(name));
    let agent = agent_for(tx, trunk.project, Some(new.agent.unwrap_or(trunk.agent))).await?;
    overrides.controls.model = new.model.or(overrides.controls.model);
    overrides.controls.locale = new.locale.or(overrides.controls.locale);
    overrides.instructions = new.instructions.or(overrides.instructions);
    overrides.forked_from = Some(Fork { thread: trunk.id, seq: trunk.last_seq });
    validate::overrides(&overrides, &inner.limits, &inner.catalogues.within(tx, trunk.project).await?)?;
    overrides::own(tx, inner, &thread, &overrides, &extras).await?;
    let carried = store::tags::of_thread(tx, trunk.project, trunk.id).await?.into_iter().map(|tag| tag.name);
    let tags: BTreeSet<String> = new.tags.map_or_else(|| carried.collect(), BTreeSet::from_iter);
    store::tags::set(tx, trunk.project, thread.id, &Vec::from_iter(tags)).await?;
    let variables = store::variables::of_thread(tx, trunk.project, trunk.id).await?;
    variables::merge(tx, trunk.project, thread.id, variables, &inner.limits).await?;
    Ok(Thread { agent: agent.id, title: new.title.or(trunk.title), metadata: trunk.metadata, ..thread })
}

/// One step of an unfinished fork. `false` if nothing is left to do: the fork is complete, or was given up because its
/// source is deleted.
pub(crate) struct CopyOn {
    pub(crate) inner: Arc<Inner>,
    pub(crate) thread: ThreadId,
}

impl Operation for CopyOn {
    type Out = bool;

    async fn run(self, tx: &mut Tx) -> Result<bool> {
        let Self { inner, thread } = self;
        let Some(fork) = store::forks::lock(tx, thread).await? else { return Ok(false) };
        let now = inner.clock.now();
        // Locked (shared) until the end of the transaction, so that a deletion waits.
        if store::threads::share(tx, fork.from).await?.is_none() {
            let stored = store::removals::begin(tx, fork.project, thread, now).await?;
            Growth::deleted(fork.project, thread, stored).settle(tx, &inner.quotas)?;
            tx.on_commit(move || inner.unfinished.notify_one());
            return Ok(false);
        }
        let lost = || Error::internal(format!("forks.thread_id names no thread: {thread}"));
        let mut journal = Journal::open(tx, NOBODY, thread, now).await?.ok_or_else(lost)?;
        journal.growth = Growth::new(fork.project);
        let (slice, more) = slice(tx, &fork, &inner).await?;
        let copied_seq = copy(tx, slice, &mut journal, &inner).await?;
        if more {
            store::forks::advance(tx, thread, copied_seq, now.plus_s(GOES_ON_S)).await?;
            journal.write(tx, &inner).await?;
            return Ok(true);
        }
        journal.move_ticket(Cause::TurnEnded);
        journal.write(tx, &inner).await?;
        store::forks::show(tx, fork.project, thread).await?;
        if store::webhook_backlogs::record(tx, fork.project, thread, 1, now).await? > 0 {
            tx.on_commit(move || inner.outbox.ring());
        }
        Ok(false)
    }
}

/// The messages of the next step, and whether more follow.
async fn slice(tx: &mut Tx, fork: &Copying, inner: &Inner) -> Result<(Vec<Entry>, bool)> {
    let (rows, bytes) = (inner.limits.bulk_rows as i64, inner.limits.bulk_bytes as i64);
    let slice = store::events::messages_within(tx, fork.from, (fork.copied_seq, fork.last_seq), rows, bytes).await?;
    let more = match slice.last() {
        Some(last) => store::messages::any_between(tx, fork.from, last.seq, fork.last_seq).await?,
        None => false,
    };
    Ok((slice, more))
}

/// Appends copies. Returns the number of the last copied entry.
async fn copy(tx: &mut Tx, slice: Vec<Entry>, journal: &mut Journal, inner: &Inner) -> Result<i64> {
    if let Some(first) = slice.first() {
        let messages = slice.iter().filter_map(|entry| entry.message.as_ref());
        let ids: Vec<&str> = messages.flat_map(|message| message.body.tool_calls()).map(|call| &*call.id).collect();
        store::tool_calls::carry(tx, first.thread, journal.thread.id, &ids).await?;
    }
    let (mut copied_seq, mut by_models, mut from) = (0, Vec::new(), None);
    for entry in slice {
        copied_seq = entry.seq;
        let Some(message) = entry.message else { continue };
        let (event, id) = (event(message.role, entry.event), MessageId(inner.clock.id()));
        let (role, own_seq) = (message.role, message.seq);
        let copy = journal.say(None, event, id, (role, message.author), message.body);
        if role == Role::Agent {
            from = Some(message.thread);
            by_models.push((own_seq, copy.seq));
        }
    }
    if let Some(from) = from {
        let bytes = store::blocks::carry(tx, from, journal.thread.id, &by_models).await?;
        journal.keeps(bytes);
    }
    Ok(copied_seq)
}

/// The event of a copied message. A tool's result keeps its own event, without details of its turn.
fn event(role: Role, own: Event) -> Event {
    match (role, own) {
        (Role::User, _) => Event::MessageCreated {},
        (Role::Tool, Event::ToolCompleted { tool_call_id, name, success, .. }) => {
            Event::ToolCompleted { tool_call_id, name, success, duration_ms: None, last_open: None }
        }
        (Role::Agent | Role::Tool, _) => Event::MessageCompleted { record: None },
    }
}
