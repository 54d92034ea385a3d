//! Threads as their people look at them: who takes part, what was said last, what is due.

use domain::{
    Caller, CustomerId, ProjectId, Result, ThreadId, attachment::Attachment, caller::Scope, customer::Customer, fold,
    message::Part, reminder::Reminder, thread::Ticket,
};
use store::{
    Bound, Operation, Tx, customers,
    messages::{self, Side},
    origin_keys, reminders, threads, tickets,
};

use super::correspondence::{self, Correspondence};
use crate::{
    App,
    app::{
        people::{self, customers::CustomerRef},
        threads::numbering,
    },
    unknown, validate,
};

/// A thread with what stands beside it, all of one snapshot.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The thread, how many messages it has to read, and the last of them.
    pub last: Correspondence,
    pub customers: Vec<Customer>,
    /// The senders' own names for messages, the oldest first; at most [`NAMES_MAX`].
    pub external_ids: Vec<String>,
    pub reminder: Option<Reminder>,
    /// The files of all messages, in the log's order; at most [`FILES_MAX`]. Empty in what a search finds.
    pub files: Vec<Attachment>,
    /// Of the last message and the names, which are what may be large.
    bytes: i64,
}

/// Senders' names that an overview tells.
pub const NAMES_MAX: i64 = 1_000;
/// Files that an overview tells.
pub const FILES_MAX: usize = 1_000;
/// Messages that are looked through at once for files, and their bytes.
const STRETCH: i64 = 200;
const STRETCH_BYTES: i64 = 1 << 20;

/// Which threads a search finds; absent fields let all through.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub ticket: Option<Ticket>,
    /// All of them are one customer, who takes part.
    pub customers: Vec<CustomerRef>,
    /// An address of one of its customers; case does not matter.
    pub address: Option<String>,
    /// A sender's own name for one of its messages.
    pub external_id: Option<String>,
    /// A tag that it carries.
    pub tag: Option<String>,
    /// Part of the title; case does not matter.
    pub title: Option<String>,
}

/// A page of what a search finds, the newest first, and how much there is.
#[derive(Clone, Debug)]
pub struct Found {
    /// As many of the page as have [`domain::Limits::page_bytes`], one at least.
    pub threads: Vec<Overview>,
    /// The page's other threads, for [`App::overviews`].
    pub rest: Vec<ThreadId>,
    pub total: i64,
}

impl App {
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn overview(&self, caller: &Caller, thread: ThreadId) -> Result<Overview> {
        caller.require(Scope::Read)?;
        // Finding the files of all messages is to pass by them all.
        self.store.read_long(One { project: caller.project, thread }).await
    }

    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn search_tickets(&self, caller: &Caller, search: Search, offset: i64, limit: i64) -> Result<Found> {
        caller.require(Scope::Read)?;
        let (project, bytes) = (caller.project, self.page_bytes());
        self.store.read_long(Several { project, search, offset, limit, bytes }).await
    }

    /// More of what a search has found: as many as have [`domain::Limits::piece_bytes`], one at least, and the ids of the others.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn overviews(&self, caller: &Caller, ids: Vec<ThreadId>) -> Result<(Vec<Overview>, Vec<ThreadId>)> {
        caller.require(Scope::Read)?;
        let (project, bytes) = (caller.project, self.limits.piece_bytes as i64);
        self.store
            .read_long(store::op(move |tx| Box::pin(async move { overviews(tx, project, ids, bytes).await })))
            .await
    }
}

struct One {
    project: ProjectId,
    thread: ThreadId,
}

impl Operation for One {
    type Out = Overview;

    async fn run(self, tx: &mut Tx) -> Result<Overview> {
        let Self { project, thread } = self;
        let overview = overview(tx, project, thread).await?.ok_or_else(unknown::thread)?;
        Ok(Overview { files: files(tx, project, thread).await?, ..overview })
    }
}

struct Several {
    project: ProjectId,
    search: Search,
    offset: i64,
    limit: i64,
    bytes: i64,
}

impl Operation for Several {
    type Out = Found;

    async fn run(self, tx: &mut Tx) -> Result<Found> {
        let Self { project, search, offset, limit, bytes } = self;
        let Some(filter) = resolve(tx, project, search).await? else {
            return Ok(Found { threads: Vec::new(), rest: Vec::new(), total: 0 });
        };
        let (ids, total) = numbering::numbered(tx, project, &filter, offset, limit).await?;
        let (threads, rest) = overviews(tx, project, ids, bytes).await?;
        Ok(Found { threads, rest, total })
    }
}

/// The search with its names looked up; `None` if one of them is nobody's, or two are of different people.
async fn resolve(tx: &mut Tx, project: ProjectId, search: Search) -> Result<Option<tickets::Filter>> {
    let mut people: Vec<Option<CustomerId>> = Vec::new();
    for one in search.customers {
        people.push(one.find(tx, project).await?);
    }
    if let Some(address) = search.address {
        let contact = customers::find_contact(tx, project, &validate::spelled_as_stored(&address)).await?;
        people.push(contact.map(|contact| contact.customer));
    }
    let thread = match search.external_id {
        None => None,
        Some(name) => {
            let used = origin_keys::find(tx, project, origin_keys::Kind::External, "", &name).await?;
            let Some(thread) = used.and_then(|used| used.thread) else { return Ok(None) };
            Some(thread)
        }
    };
    let customer = people.first().copied().flatten();
    if people.iter().any(|one| one.is_none() || *one != customer) {
        return Ok(None);
    }
    let title = search.title.map(|title| fold::fold(&title));
    Ok(Some(tickets::Filter { ticket: search.ticket, agent: None, customer, thread, tag: search.tag, title }))
}

/// The first of these threads, as many as have so many bytes, one at least, and the ids of the others.
async fn overviews(
    tx: &mut Tx,
    project: ProjectId,
    ids: Vec<ThreadId>,
    bytes: i64,
) -> Result<(Vec<Overview>, Vec<ThreadId>)> {
    let (mut found, mut left, mut ids) = (Vec::new(), bytes, ids.into_iter());
    while left > 0
        && let Some(id) = ids.next()
    {
        // What is read beyond the bound is the last of it.
        if let Some(overview) = overview(tx, project, id).await? {
            left -= overview.bytes;
            found.push(overview);
        }
    }
    Ok((found, ids.collect()))
}

pub(crate) async fn overview(tx: &mut Tx, project: ProjectId, id: ThreadId) -> Result<Option<Overview>> {
    let Some(thread) = threads::find(tx, project, id).await? else { return Ok(None) };
    let total = thread.listed;
    let last = messages::page(tx, id, Side::Below(i64::MAX), true, Bound::rows(1)).await?;
    let said = last.bytes();
    let last = correspondence::with(tx, thread, last.rows, total).await?;
    let people = people::customers::of_thread(tx, project, id).await?;
    let external_ids = origin_keys::external_of_thread(tx, project, id, NAMES_MAX).await?;
    let reminder = reminders::find(tx, project, id).await?;
    let bytes = said + external_ids.iter().map(|name| name.len() as i64).sum::<i64>();
    Ok(Some(Overview { last, customers: people, external_ids, reminder, files: Vec::new(), bytes }))
}

async fn files(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<Vec<Attachment>> {
    let (mut files, mut from) = (Vec::new(), 0);
    loop {
        let bound = Bound::page(STRETCH, STRETCH_BYTES);
        let stretch = messages::page(tx, thread, Side::Above(from), true, bound).await?.rows;
        let Some(last) = stretch.last() else { return Ok(files) };
        from = last.seq;
        let parts = stretch.iter().flat_map(|message| &message.body.content);
        for id in parts.filter_map(Part::attachment) {
            if files.len() == FILES_MAX {
                return Ok(files);
            }
            files.extend(store::attachments::find(tx, project, id).await?);
        }
    }
}
