//! Threads as their people look at them: who takes part, what was said last, what is due.

use domain::{
    AttachmentId, Caller, CustomerId, ProjectId, Result, ThreadId,
    attachment::Attachment,
    caller::Scope,
    customer::Customer,
    message::{Message, Part},
    reminder::Reminder,
    thread::Ticket,
};
use store::{Operation, Tx, customers, messages, origin_keys, reminders, threads, tickets};

use super::{
    correspondence::{self, Correspondence},
    tickets::CustomerRef,
};
use crate::{App, journal::thread_not_found};

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
}

/// Senders' names that an overview tells.
pub const NAMES_MAX: i64 = 1_000;
/// Files that an overview tells.
pub const FILES_MAX: usize = 1_000;
/// Messages that are looked through at once for files.
const STRETCH: i64 = 200;

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
    pub threads: Vec<Overview>,
    pub total: i64,
}

impl App {
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn overview(&self, caller: &Caller, thread: ThreadId) -> Result<Overview> {
        caller.require(Scope::Read)?;
        // Counting messages and finding their files is to pass by them all.
        self.store.read_long(One { project: caller.project, thread }).await
    }

    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn search_tickets(&self, caller: &Caller, search: Search, offset: i64, limit: i64) -> Result<Found> {
        caller.require(Scope::Read)?;
        self.store.read_long(Several { project: caller.project, search, offset, limit }).await
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
        let overview = overview(tx, project, thread).await?.ok_or_else(thread_not_found)?;
        Ok(Overview { files: files(tx, project, thread).await?, ..overview })
    }
}

struct Several {
    project: ProjectId,
    search: Search,
    offset: i64,
    limit: i64,
}

impl Operation for Several {
    type Out = Found;

    async fn run(self, tx: &mut Tx) -> Result<Found> {
        let Self { project, search, offset, limit } = self;
        let Some(filter) = resolve(tx, project, search).await? else {
            return Ok(Found { threads: Vec::new(), total: 0 });
        };
        let total = tickets::count(tx, project, &filter).await?;
        let mut found = Vec::new();
        for id in tickets::search(tx, project, &filter, offset, limit).await? {
            found.extend(overview(tx, project, id).await?);
        }
        Ok(Found { threads: found, total })
    }
}

/// The search with its names looked up; `None` if one of them is nobody's, or two are of different people.
async fn resolve(tx: &mut Tx, project: ProjectId, search: Search) -> Result<Option<tickets::Filter>> {
    let mut people: Vec<Option<CustomerId>> = Vec::new();
    for one in search.customers {
        people.push(one.find(tx, project).await?);
    }
    if let Some(address) = search.address {
        let contact = customers::find_contact(tx, project, &address.to_lowercase()).await?;
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
    let title = search.title.map(|title| title.to_lowercase());
    Ok(Some(tickets::Filter { ticket: search.ticket, customer, thread, tag: search.tag, title }))
}

pub(super) async fn overview(tx: &mut Tx, project: ProjectId, id: ThreadId) -> Result<Option<Overview>> {
    let Some(thread) = threads::find(tx, project, id).await? else { return Ok(None) };
    let total = messages::count_listed(tx, id).await?;
    let last = messages::listed_before(tx, id, i64::MAX, 1).await?;
    let last = correspondence::with(tx, thread, last, total).await?;
    let people = super::customers::of_thread(tx, project, id).await?;
    let external_ids = origin_keys::external_of_thread(tx, project, id, NAMES_MAX).await?;
    let reminder = reminders::find(tx, project, id).await?;
    Ok(Some(Overview { last, customers: people, external_ids, reminder, files: Vec::new() }))
}

async fn files(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<Vec<Attachment>> {
    let (mut files, mut from) = (Vec::new(), 0);
    loop {
        let stretch = messages::listed_after(tx, thread, from, STRETCH).await?;
        let Some(last) = stretch.last() else { return Ok(files) };
        from = last.seq;
        for id in stretch.iter().flat_map(named) {
            if files.len() == FILES_MAX {
                return Ok(files);
            }
            files.extend(store::attachments::find(tx, project, id).await?);
        }
    }
}

fn named(message: &Message) -> impl Iterator<Item = AttachmentId> {
    message.body.content.iter().filter_map(|part| match part {
        Part::File { attachment, .. } | Part::ImageFile { attachment, .. } => Some(*attachment),
        Part::Image { attachment, .. } => *attachment,
        Part::Text { .. } | Part::Link { .. } | Part::ToolCall(_) | Part::ToolResult(_) => None,
    })
}
