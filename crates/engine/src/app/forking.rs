//! A thread that begins with what was said in another.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use domain::{
    AgentId, Caller, Error, MessageId, Result, ThreadId,
    caller::Scope,
    event::Event,
    message::{Message, Role},
    overrides::Fork,
    thread::Thread,
    ticket::Cause,
};
use store::{Operation, Tx};

use super::{
    overrides::{self, Own},
    threads::{agent_for, written},
    variables,
};
use crate::{
    App,
    app::Inner,
    journal::{self, Journal},
    validate,
};

/// What of a fork is not as in the thread that it branches off; absent fields are as there.
#[derive(Clone, Debug, Default)]
pub struct NewFork {
    pub title: Option<String>,
    pub agent: Option<AgentId>,
    /// A name of the catalogue.
    pub model: Option<String>,
    pub locale: Option<String>,
    pub instructions: Option<String>,
    /// The project need not know them.
    pub tags: Option<Vec<String>>,
    /// Names of extras that the fork does not have.
    pub without: &'static [&'static str],
}

impl App {
    /// Makes a thread with copies of all messages of another, which stays as it is. The copies belong to no turn.
    ///
    /// # Errors
    /// `not_found`; `conflict` while a turn is open; `too_large` for a thread with too many messages; `invalid` for an unknown
    /// agent or a field beyond its limit.
    #[crate::boxed]
    pub async fn fork_thread(&self, caller: &Caller, from: ThreadId, new: NewFork) -> Result<Thread> {
        caller.require(Scope::Write)?;
        if let Some(title) = &new.title {
            validate::title(title, &self.limits)?;
        }
        if let Some(tags) = &new.tags {
            validate::tag_names(tags, &self.limits)?;
        }
        self.store.write(Branch { inner: self.inner().clone(), caller: caller.clone(), from, new }).await
    }
}

struct Branch {
    inner: Arc<Inner>,
    caller: Caller,
    from: ThreadId,
    new: NewFork,
}

/// Messages read at once.
const BATCH: i64 = 256;

impl Operation for Branch {
    type Out = Thread;

    async fn run(self, tx: &mut Tx) -> Result<Thread> {
        let Self { inner, caller, from, new } = self;
        let now = inner.clock.now();
        let trunk = Journal::named(tx, caller.project, from, now).await?;
        if trunk.thread.run.is_open() {
            return Err(Error::conflict("thread_busy", "A turn is open: a thread is forked between its turns"));
        }
        let Own { mut overrides, mut extras } = overrides::of(tx, &trunk.thread).await?;
        extras.retain(|name, _| !new.without.contains(&name.as_str()));
        let agent = agent_for(tx, caller.project, Some(new.agent.unwrap_or(trunk.thread.agent))).await?;
        overrides.controls.model = new.model.or(overrides.controls.model);
        overrides.controls.locale = new.locale.or(overrides.controls.locale);
        overrides.instructions = new.instructions.or(overrides.instructions);
        overrides.forked_from = Some(Fork { thread: from, seq: trunk.thread.last_seq });
        validate::overrides(&overrides, &inner.limits)?;
        let thread = Thread {
            title: new.title.or(trunk.thread.title),
            metadata: trunk.thread.metadata,
            ..journal::new_thread(&inner.clock, caller.project, agent.id, now)
        };
        overrides::own(tx, &thread, &overrides, &extras).await?;
        let carried = store::tags::of_thread(tx, caller.project, from).await?.into_iter().map(|tag| tag.name);
        let tags: BTreeSet<String> = new.tags.map_or_else(|| carried.collect(), BTreeSet::from_iter);
        store::tags::set(tx, caller.project, thread.id, &Vec::from_iter(tags)).await?;
        let variables = store::variables::of_thread(tx, caller.project, from).await?;
        variables::merge(tx, caller.project, thread.id, variables, &inner.limits).await?;
        let mut journal = Journal::create(tx, thread, now).await?;
        copy(tx, from, &mut journal, &inner).await?;
        journal.move_ticket(Cause::TurnEnded);
        written(tx, journal, &inner).await
    }
}

async fn copy(tx: &mut Tx, from: ThreadId, journal: &mut Journal, inner: &Inner) -> Result<()> {
    let (mut after, mut copied, mut names) = (0, 0, HashMap::new());
    loop {
        let batch = store::messages::after(tx, from, after, BATCH).await?;
        copied += batch.len() as u64;
        if copied > inner.limits.fork_messages {
            let most = inner.limits.fork_messages;
            return Err(Error::too_large(format!("A thread with more than {most} messages cannot be forked")));
        }
        let more = batch.len() as i64 == BATCH;
        after = batch.last().map_or(after, |message| message.seq);
        for message in batch {
            names.extend(message.body.tool_calls().map(|call| (call.id.clone(), call.name.clone())));
            let event = event(&message, &names);
            let id = MessageId(inner.clock.id());
            journal.say(None, event, id, (message.role, message.author), message.body);
        }
        if !more {
            return Ok(());
        }
    }
}

/// The entry that a copy is. `names` are those of the tools that were called before it, by call.
fn event(message: &Message, names: &HashMap<String, String>) -> Event {
    match message.role {
        Role::User => Event::MessageCreated {},
        Role::Agent => Event::MessageCompleted {},
        Role::Tool => {
            let result = message.body.tool_results().next();
            let tool_call_id = result.map(|result| result.tool_call_id.clone()).unwrap_or_default();
            Event::ToolCompleted {
                name: names.get(&tool_call_id).cloned().unwrap_or_default(),
                tool_call_id,
                success: result.is_some_and(|result| result.error.is_none()),
                duration_ms: None,
                last_open: None,
            }
        }
    }
}
