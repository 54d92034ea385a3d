//! Threads as tickets: changes by people of the project, beside the automatic ones.

pub mod correspondence;
pub mod file;
pub mod overview;
pub(crate) mod people;

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    Caller, CustomerId, Error, Kept, Limits, Map, Result, ThreadId,
    caller::Scope,
    codes,
    event::Event,
    thread::{Thread, Ticket},
    ticket::Setting,
};
use serde_json::json;
use store::{Operation, Tx};

use self::overview::Overview;
use super::{
    keyed::Keyed,
    people::customers::CustomerRef,
    reminders::{self, NewReminder},
    threads::{
        NewThread, close,
        make::{self, Begun},
        tags,
        update::written,
    },
};
use crate::{App, inner::Inner, journal::Journal, unknown, validate};

/// The fields of a thread's ticket to change. Absent fields stay unchanged.
#[derive(Clone, Debug, Default)]
pub struct TicketPatch {
    pub ticket: Option<Ticket>,
    pub title: Option<String>,
    /// Replaces the customers of the thread.
    pub customers: Option<Vec<CustomerRef>>,
    /// Replaces the tags of the thread. They need not be tags of the project.
    pub tags: Option<Vec<String>>,
    /// Sets the reminder, or clears it (`Some(None)`).
    pub reminder: Option<Option<NewReminder>>,
    /// A note of the project: an entry of the log, and not a message.
    pub comment: Option<String>,
}

impl App {
    /// Creates a thread with its customers, its reminder, and the other given fields of the ticket.
    ///
    /// # Errors
    /// As [`App::create_thread`] and [`App::update_ticket`].
    #[crate::boxed]
    pub async fn create_ticket(&self, caller: &Caller, new: NewThread, ticket: TicketPatch) -> Result<Overview> {
        caller.require(Scope::Write)?;
        make::check(&new, self, &self.catalogues.of(caller.project).await?)?;
        check(&ticket, &self.limits)?;
        self.store.write(Create { inner: self.inner().clone(), caller: caller.clone(), new, ticket }).await
    }

    /// Changes a ticket. Any state may follow any other. Closed closes the thread and cancels its open turns; any other
    /// state reopens a closed thread. Equal values change nothing.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread. `invalid` for an invalid reminder, too many customers, an unknown
    /// customer (`customer_not_found`, at `customers.<n>`), or an empty or too long comment.
    #[crate::boxed]
    pub async fn update_ticket(&self, caller: &Caller, id: ThreadId, patch: TicketPatch) -> Result<Thread> {
        self.store.write(self.updating_ticket(caller, id, patch)?).await
    }

    fn updating_ticket(&self, caller: &Caller, id: ThreadId, patch: TicketPatch) -> Result<Update> {
        caller.require(Scope::Write)?;
        check(&patch, &self.limits)?;
        Ok(Update { inner: self.inner().clone(), caller: caller.clone(), id, patch })
    }
}

impl Keyed<'_> {
    /// # Errors
    /// As [`App::update_ticket`]; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn update_ticket(&self, caller: &Caller, id: ThreadId, patch: TicketPatch) -> Result<()> {
        let update = self.app.updating_ticket(caller, id, patch)?;
        self.once(caller, Some(id), update, move |_| id.0).await.map(drop)
    }
}

fn check(patch: &TicketPatch, limits: &Limits) -> Result<()> {
    if let Some(customers) = &patch.customers {
        validate::at_most("customers", "customers", customers.len(), limits.thread_customers)?;
    }
    if let Some(title) = &patch.title {
        validate::title(title, limits)?;
        // The title is the subject of e-mail to the customers.
        validate::header_line("title", title)?;
    }
    patch.tags.as_deref().map_or(Ok(()), |names| validate::tag_names(names, limits))?;
    if let Some(Some(reminder)) = patch.reminder {
        reminders::check("reminder", reminder, limits)?;
    }
    patch.comment.as_deref().map_or(Ok(()), |text| validate::text("comment", text, limits.comment_chars))
}

struct Create {
    inner: Arc<Inner>,
    caller: Caller,
    new: NewThread,
    ticket: TicketPatch,
}

impl Operation for Create {
    type Out = Overview;

    async fn run(self, tx: &mut Tx) -> Result<Overview> {
        let Self { inner, caller, new, ticket } = self;
        let thread = match make::begin(tx, &inner, &caller, new).await? {
            Begun::Before(thread) => *thread,
            Begun::Now(mut journal) => {
                change(tx, &mut journal, ticket, &inner).await?;
                journal.write(tx, &inner).await?
            }
        };
        overview::overview(tx, caller.project, thread.id).await?.ok_or_else(unknown::thread)
    }
}

struct Update {
    inner: Arc<Inner>,
    caller: Caller,
    id: ThreadId,
    patch: TicketPatch,
}

impl Operation for Update {
    type Out = Thread;

    async fn run(self, tx: &mut Tx) -> Result<Thread> {
        let Self { inner, caller, id, patch } = self;
        let mut journal = Journal::named(tx, caller.project, id, inner.clock.now()).await?;
        change(tx, &mut journal, patch, &inner).await?;
        written(tx, journal, &inner).await
    }
}

/// Writes one entry for all changes except those of tags. Tags have their own entry, between one that reopens the
/// thread and one that closes it.
async fn change(tx: &mut Tx, journal: &mut Journal, patch: TicketPatch, inner: &Arc<Inner>) -> Result<()> {
    let setting = patch.ticket.map(|wanted| (wanted, journal.thread.ticket.set(wanted)));
    let mut changed = Map::new();
    match setting {
        Some((wanted, Setting::Reopen)) => close::reopen(tx, journal, wanted, inner).await?,
        Some((wanted, Setting::Change)) => {
            changed.insert("ticket".into(), wanted.as_str().into());
            journal.thread.ticket = wanted;
        }
        Some((_, Setting::Close | Setting::Nothing)) | None => {}
    }
    if let Some(title) = patch.title.filter(|title| journal.thread.title.as_ref() != Some(title)) {
        changed.insert("title".into(), title.clone().into());
        journal.retitle(Some(title));
    }
    if let Some(named) = patch.customers {
        changed.extend(set_customers(tx, journal, named).await?.map(|ids| ("customers".into(), ids)));
    }
    if let Some(reminder) = patch.reminder {
        let shown = match reminder {
            None => Kept::null(),
            Some(new) => json!({"delay_s": new.delay_s, "number_left": new.number_left}).into(),
        };
        let had = store::reminders::find(tx, journal.thread.project, journal.thread.id).await?.is_some();
        reminders::set(tx, inner, journal, reminder).await?;
        if had || reminder.is_some() {
            changed.insert("reminder".into(), shown);
        }
    }
    changed.extend(patch.comment.map(|text| ("comment".into(), text.into())));
    if !changed.is_empty() {
        journal.append(None, Event::ThreadUpdated { changed });
    }
    if let Some(names) = patch.tags {
        tags::put(tx, journal, names, false).await?;
    }
    match setting {
        Some((_, Setting::Close)) => close::close(tx, journal, None, inner).await,
        _ => Ok(()),
    }
}

/// The ids of the new customers, if they differ from the present ones.
async fn set_customers(tx: &mut Tx, journal: &Journal, named: Vec<CustomerRef>) -> Result<Option<Kept>> {
    let (project, thread) = (journal.thread.project, journal.thread.id);
    let mut wanted = BTreeSet::new();
    for (i, one) in named.into_iter().enumerate() {
        let found = one.find(tx, project).await?;
        let unknown = || Error {
            code: codes::CUSTOMER_NOT_FOUND,
            ..Error::field(format!("customers.{i}"), "must name a customer of this project")
        };
        wanted.insert(found.ok_or_else(unknown)?);
    }
    let wanted: Vec<CustomerId> = wanted.into_iter().collect();
    if store::threads::customers(tx, project, thread).await? == wanted {
        return Ok(None);
    }
    store::tickets::set_customers(tx, project, thread, &wanted).await?;
    Ok(Some(wanted.iter().map(ToString::to_string).collect::<Vec<_>>().into()))
}
