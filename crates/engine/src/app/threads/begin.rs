//! Starts a thread with its first message. The thread, its tags, the message and the turn that answers it are stored in
//! one transaction.

use std::sync::Arc;

use domain::{AgentId, Caller, Error, MessageId, Result, ThreadId, Timestamp, caller::Scope, thread::Thread};
use store::{Bound, Operation, Tx, messages::Side};

use super::{NewThread, make, tags};
use crate::{
    App,
    app::{
        messages::{Send, Sent, send::Opening},
        reminders,
    },
    inner::Inner,
    journal,
    origin::{self, Taken},
    unknown, validate,
};

/// A thread with its first message.
#[derive(Clone, Debug)]
pub struct Beginning {
    pub thread: NewThread,
    /// Tags that the project must know. They replace the thread's own, which it need not know.
    pub tags: Vec<String>,
    /// The first message. Its `thread` and `origin` are ignored, because the origin key belongs to the thread.
    pub first: Send,
}

impl App {
    /// Creates the thread and stores its first message. Both and the turn that answers it are on disk when this
    /// returns.
    ///
    /// # Errors
    /// As [`App::create_thread`], [`App::send`] and [`App::set_thread_tags`]. Fields of the message stand below `message`.
    #[crate::boxed]
    pub async fn begin_thread(&self, caller: &Caller, beginning: Beginning) -> Result<(Thread, Sent)> {
        caller.require(Scope::Write)?;
        if beginning.first.impersonate.is_some() {
            caller.require(Scope::Impersonate)?;
        }
        let models = self.catalogues.of(caller.project).await?;
        make::check(&beginning.thread, self, &models)?;
        validate::tag_names(&beginning.tags, &self.limits)?;
        let first = &beginning.first;
        validate::body(&first.body, &self.limits, self.link_targets, &models).map_err(of_the_message)?;
        let reminder = first.reminder.map_or(Ok(()), |reminder| reminders::check("reminder", reminder, &self.limits));
        reminder.map_err(of_the_message)?;
        let (id, inner) = (MessageId(self.clock.id()), self.inner().clone());
        self.store.write(Begin { inner, caller: caller.clone(), id, beginning }).await
    }
}

/// The thread has fields of the same names.
fn of_the_message(error: Error) -> Error {
    error.below("message")
}

struct Begin {
    inner: Arc<Inner>,
    caller: Caller,
    /// The id of the message.
    id: MessageId,
    beginning: Beginning,
}

impl Operation for Begin {
    type Out = (Thread, Sent);

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, caller, id, beginning: Beginning { thread: new, tags: names, first: send } } = self;
        let now = inner.clock.now();
        let thread = journal::new_thread(&inner.clock, caller.project, AgentId(caller.project.0), now);
        if let Taken::Replay(id) = origin::take(tx, &caller, new.origin.as_ref(), None, thread.id.0, now).await? {
            return replay(tx, &caller, ThreadId(id), now).await;
        }
        let has_own_tags = !new.tags.is_empty();
        let mut journal = make::make(tx, &inner, caller.project, thread, new).await?;
        let tags = match (names.is_empty(), has_own_tags) {
            (true, false) => Vec::new(),
            (true, true) => store::tags::of_thread(tx, caller.project, journal.thread.id).await?,
            (false, _) => tags::put(tx, &mut journal, names, true).await?,
        };
        let agent = journal.agent(tx).await?;
        let first = Opening { id, send };
        let said = first.say(tx, &mut journal, agent, &caller, &inner).await;
        let (message, turn) = said.map_err(of_the_message)?;
        let thread = Thread { tags, ..journal.write(tx, &inner).await? };
        let sent = Sent::of(&thread, message, turn, now, false);
        Ok((thread, sent))
    }
}

/// The present thread, and its first message.
pub(crate) async fn replay(tx: &mut Tx, caller: &Caller, id: ThreadId, now: Timestamp) -> Result<(Thread, Sent)> {
    let thread = store::threads::find(tx, caller.project, id).await?.ok_or_else(unknown::thread)?;
    let first = store::messages::page(tx, id, Side::Above(0), false, Bound::rows(1)).await?.rows.pop();
    let message = first.ok_or_else(|| Error::internal(format!("thread {id} has no first message")))?;
    let turn = match message.turn {
        Some(turn) => store::turns::find(tx, caller.project, turn).await?.map(|t| (t.id, t.state)),
        None => None,
    };
    let sent = Sent::of(&thread, message, turn, now, true);
    Ok((thread, sent))
}
