//! A thread as correspondence: its messages with what became of them outside.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    AgentId, Caller, Error, MessageId, ProjectId, Result, ThreadId,
    attachment::Attachment,
    author::Author,
    caller::{Scope, Subject},
    envelope::Envelope,
    message::{Message, Part},
    reminder::Delivery,
    thread::Thread,
};
use store::{Operation, Tx};

use super::bounds;
use crate::{App, journal::thread_not_found};

/// A page of a thread's messages that have something to read, oldest first, and what stands beside them, all of one snapshot.
#[derive(Clone, Debug)]
pub struct Correspondence {
    pub thread: Thread,
    pub messages: Vec<Message>,
    /// How many such messages the whole thread has.
    pub total: i64,
    /// What is owed to the outside because of the page's messages.
    pub deliveries: Vec<Delivery>,
    /// The pictures in the page's messages: their parts do not say name and size.
    pub pictures: Vec<Attachment>,
    /// The number of the thread's agent, and of every other that speaks on the page.
    pub agent_numbers: BTreeMap<AgentId, i64>,
}

impl App {
    /// `limit` messages from the `offset`-th on, counted from 0.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn correspondence(
        &self,
        caller: &Caller,
        thread: ThreadId,
        offset: i64,
        limit: i64,
    ) -> Result<Correspondence> {
        caller.require_bound(Scope::Read)?;
        // To count them all is to pass by them all.
        self.store.read_long(Correspond { caller: caller.clone(), thread, offset, limit }).await
    }

    /// One message, with what stands beside it; none if nothing of it is to be read.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn letter(&self, caller: &Caller, thread: ThreadId, id: MessageId) -> Result<Correspondence> {
        caller.require(Scope::Read)?;
        let project = caller.project;
        let find = store::op(move |tx| {
            Box::pin(async move {
                let thread = store::threads::find(tx, project, thread).await?.ok_or_else(thread_not_found)?;
                let found = store::messages::find(tx, thread.id, id).await?.filter(|one| one.body.is_listed());
                let total = found.iter().count() as i64;
                with(tx, thread, found.into_iter().collect(), total).await
            })
        });
        self.store.read(find).await
    }
}

struct Correspond {
    caller: Caller,
    thread: ThreadId,
    offset: i64,
    limit: i64,
}

impl Operation for Correspond {
    type Out = Correspondence;

    async fn run(self, tx: &mut Tx) -> Result<Correspondence> {
        let Self { caller, thread: id, offset, limit } = self;
        let thread = bounds::find(tx, &caller, id).await?;
        let total = store::messages::count_listed(tx, id).await?;
        let mut messages = store::messages::listed_at(tx, id, offset, limit).await?;
        if caller.subject != Subject::Project {
            messages.iter_mut().filter_map(|message| message.body.envelope.as_mut()).for_each(for_outsiders);
        }
        with(tx, thread, messages, total).await
    }
}

/// What a letter was secretly sent to, and what the project has noted on it, is its own.
fn for_outsiders(envelope: &mut Envelope) {
    envelope.bcc.clear();
    (envelope.read, envelope.priority) = (None, None);
}

/// The messages with what stands beside them.
pub(super) async fn with(tx: &mut Tx, thread: Thread, messages: Vec<Message>, total: i64) -> Result<Correspondence> {
    let (project, id) = (thread.project, thread.id);
    let deliveries = match (messages.first(), messages.last()) {
        (Some(first), Some(last)) => store::deliveries::of_messages(tx, project, id, first.seq, last.seq).await?,
        _ => Vec::new(),
    };
    let pictures = pictures(tx, project, &messages).await?;
    let agent_numbers = agent_numbers(tx, &thread, &messages).await?;
    Ok(Correspondence { thread, messages, total, deliveries, pictures, agent_numbers })
}

async fn pictures(tx: &mut Tx, project: ProjectId, messages: &[Message]) -> Result<Vec<Attachment>> {
    let mut pictures = Vec::new();
    for part in messages.iter().flat_map(|message| &message.body.content) {
        let (Part::Image { attachment: Some(id), .. } | Part::ImageFile { attachment: id, .. }) = part else {
            continue;
        };
        pictures.extend(store::attachments::find(tx, project, *id).await?);
    }
    Ok(pictures)
}

async fn agent_numbers(tx: &mut Tx, thread: &Thread, messages: &[Message]) -> Result<BTreeMap<AgentId, i64>> {
    let mut speaking = BTreeSet::from([thread.agent]);
    speaking.extend(messages.iter().filter_map(|message| match message.author {
        Author::Agent { agent } => Some(agent),
        _ => None,
    }));
    let mut numbers = BTreeMap::new();
    for id in speaking {
        let agent = store::agents::find(tx, thread.project, id).await?;
        let agent = agent.ok_or_else(|| Error::internal(format!("a message of {} names no agent: {id}", thread.id)))?;
        numbers.insert(id, agent.number);
    }
    Ok(numbers)
}
