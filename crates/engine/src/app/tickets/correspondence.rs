//! Threads as correspondence: messages with their deliveries.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    AgentId, Caller, Error, MessageId, ProjectId, Result, ThreadId,
    attachment::Attachment,
    author::Author,
    caller::{Scope, Subject},
    envelope::Envelope,
    handling::is_of_team,
    message::{Message, Part},
    reminder::Delivery,
    thread::Thread,
};
use store::{Bound, Fitted, Operation, Tx, messages::Side};

use crate::{App, app::access::bounds, unknown};

/// A page of a thread's readable messages, oldest first, with data beside them, from one snapshot.
#[derive(Clone, Debug)]
pub struct Correspondence {
    pub thread: Thread,
    /// The first messages of the page within [`domain::Limits::page_bytes`], at least one.
    pub messages: Vec<Message>,
    /// The remaining messages of the page, for [`App::correspondence_rest`].
    pub rest: Option<Rest>,
    /// The number of readable messages in the thread.
    pub total: i64,
    /// Deliveries of the page's messages.
    pub deliveries: Vec<Delivery>,
    /// Pictures of the page's messages, because message parts do not contain name and size of pictures.
    pub pictures: Vec<Attachment>,
    /// The numbers of the thread's agent, and of every agent that speaks on the page.
    pub agent_numbers: BTreeMap<AgentId, i64>,
}

/// The rest of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest {
    /// Above this entry.
    after: i64,
    rows: i64,
}

impl App {
    /// `limit` messages starting at `offset`, counted from 0.
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
        let (caller, bound) = (caller.clone(), self.bound(limit));
        self.store.read(Correspond { caller, thread, place: Place::Offset(offset), bound }).await
    }

    /// The rest of a page, in pieces of [`domain::Limits::piece_bytes`], at least one message each.
    ///
    /// # Errors
    /// As [`App::correspondence`].
    #[crate::boxed]
    pub async fn correspondence_rest(&self, caller: &Caller, thread: ThreadId, rest: Rest) -> Result<Correspondence> {
        caller.require_bound(Scope::Read)?;
        let bound = Bound::page(rest.rows, self.limits.piece_bytes as i64);
        let (caller, place) = (caller.clone(), Place::After(rest.after));
        self.store.read_long(Correspond { caller, thread, place, bound }).await
    }

    /// One message, with data beside it. `None` if it is not readable.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn email(&self, caller: &Caller, thread: ThreadId, id: MessageId) -> Result<Correspondence> {
        caller.require(Scope::Read)?;
        let project = caller.project;
        let find = store::op(move |tx| {
            Box::pin(async move {
                let thread = store::threads::find(tx, project, thread).await?.ok_or_else(unknown::thread)?;
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
    place: Place,
    bound: Bound,
}

/// The start of a page: by number, or above an entry.
#[derive(Clone, Copy)]
enum Place {
    Offset(i64),
    After(i64),
}

impl Operation for Correspond {
    type Out = Correspondence;

    async fn run(self, tx: &mut Tx) -> Result<Correspondence> {
        let Self { caller, thread: id, place, bound } = self;
        let thread = bounds::find(tx, &caller, id).await?;
        let total = thread.listed;
        let (page, asked) = match place {
            Place::Offset(offset) if offset >= total => (Fitted::none(), 0),
            Place::Offset(offset) => {
                (store::messages::listed_at(tx, id, offset, bound).await?, bound.rows.min(total - offset))
            }
            Place::After(seq) => (store::messages::page(tx, id, Side::Above(seq), true, bound).await?, bound.rows),
        };
        let mut messages: Vec<Message> = page.rows.into_iter().map(|one| one.shown_to(caller.subject)).collect();
        let (rows, last) = (asked - messages.len() as i64, messages.last().map(|last| last.seq));
        let rest = last.filter(|_| page.more && rows > 0).map(|after| Rest { after, rows });
        if caller.subject != Subject::Project {
            messages.iter_mut().for_each(|message| match &mut message.body.envelope {
                Some(envelope) => for_outsiders(envelope),
                // A reply without addresses. Who of the team wrote it is internal to the project.
                None if is_of_team(message.role, &message.author) => {
                    message.author = Author::Agent { agent: thread.agent };
                }
                None => {}
            });
        }
        Ok(Correspondence { rest, ..with(tx, thread, messages, total).await? })
    }
}

/// Removes blind copies and the project's notes, which are internal to the project.
fn for_outsiders(envelope: &mut Envelope) {
    envelope.bcc.clear();
    (envelope.read, envelope.priority) = (None, None);
}

/// The messages with data beside them.
pub(crate) async fn with(tx: &mut Tx, thread: Thread, messages: Vec<Message>, total: i64) -> Result<Correspondence> {
    let (project, id) = (thread.project, thread.id);
    let deliveries = match (messages.first(), messages.last()) {
        (Some(first), Some(last)) => store::deliveries::of_messages(tx, project, id, first.seq, last.seq).await?,
        _ => Vec::new(),
    };
    let pictures = pictures(tx, project, &messages).await?;
    let agent_numbers = agent_numbers(tx, &thread, &messages).await?;
    Ok(Correspondence { thread, messages, rest: None, total, deliveries, pictures, agent_numbers })
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
        let agent =
            agent.ok_or_else(|| Error::internal(format!("a message of {} names an unknown agent: {id}", thread.id)))?;
        numbers.insert(id, agent.number);
    }
    Ok(numbers)
}
