//! Threads as support staff see them: participants, last message, reminder.

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

/// A thread with its details, from one snapshot.
#[derive(Clone, Debug)]
pub struct Overview {
    /// The thread, the number of its readable messages, and the last of them.
    pub last: Correspondence,
    pub customers: Vec<Customer>,
    /// External ids of messages, oldest first, at most [`NAMES_MAX`].
    pub external_ids: Vec<String>,
    pub reminder: Option<Reminder>,
    /// Files of all messages, in the log's order, at most [`FILES_MAX`]. Empty in the results of a search.
    pub files: Vec<Attachment>,
    /// Bytes of the last message and the external ids, which may be large.
    bytes: i64,
}

/// Most external ids of an overview.
pub const NAMES_MAX: i64 = 1_000;
/// Most files of an overview.
pub const FILES_MAX: usize = 1_000;
/// Messages that are searched for files at once, and their bytes.
const STRETCH: i64 = 200;
const STRETCH_BYTES: i64 = 1 << 20;

/// The filter of a search. Absent fields match all.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub ticket: Option<Ticket>,
    /// References that must all name the same customer, who takes part.
    pub customers: Vec<CustomerRef>,
    /// The address of one of its customers; case does not matter.
    pub address: Option<String>,
    /// The external id of one of its messages.
    pub external_id: Option<String>,
    /// A tag of the thread.
    pub tag: Option<String>,
    /// A part of the title; case does not matter.
    pub title: Option<String>,
}

/// A page of found threads, newest first, and the number of matches.
#[derive(Clone, Debug)]
pub struct Found {
    /// The first messages of the page within [`domain::Limits::page_bytes`], at least one.
    pub threads: Vec<Overview>,
    /// The remaining threads of the page, for [`App::overviews`].
    pub rest: Vec<ThreadId>,
    pub total: i64,
}

impl App {
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn overview(&self, caller: &Caller, thread: ThreadId) -> Result<Overview> {
        caller.require(Scope::Read)?;
        // To find all files, all messages are read.
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

    /// Further threads of a search within [`domain::Limits::piece_bytes`], at least one, and the ids of the rest.
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

/// The filter with its names looked up. `None` if one is unknown, or two name different people.
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

/// The first of these threads within this many bytes, at least one, and the ids of the rest.
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
        // The thread that exceeds the bound is the last one read.
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
