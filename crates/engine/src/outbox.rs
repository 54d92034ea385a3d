//! The outbox: what is written to threads goes out to the webhooks of their project.
//!
//! The log is durable and in order, so nothing of it is written twice. The transaction that appends to a thread notes for each
//! webhook from which entry on it is behind; a sender claims such a note, posts one entry after the other in the log's order,
//! and moves it on. Whatever dies in between, the note stays, and the entry is posted again: at least once, in order within a
//! thread.

mod claim;
mod deliver;
mod post;
mod schedule;
mod send;
mod settle;
mod sign;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use domain::{
    Caller, KeyId, ProjectId, Result, WebhookId,
    caller::{Scope, Scopes, Subject},
    event::Entry,
    shares::{Holder, Place, Pool},
    thread::Thread,
};
use futures_util::future::BoxFuture;
use store::Tx;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{App, inner::Inner, validate::Targets};

pub(crate) use deliver::deliver;
pub(crate) use post::Answer;
pub(crate) use schedule::error_of;
pub(crate) use send::{Worded, send_once, worded};
pub(crate) use sign::secret;

/// An entry that a webhook is owed.
#[derive(Clone, Debug)]
pub struct Owed {
    /// Who may read whatever of the project the words need.
    pub caller: Caller,
    pub webhook: WebhookId,
    /// As it stands now, which may be beyond the entry.
    pub thread: Thread,
    pub entry: Entry,
}

/// What is posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    pub content_type: &'static str,
    pub body: Vec<u8>,
}

/// A dialect's words for what webhooks are owed.
pub trait Wording: Send + Sync + 'static {
    /// The request's body; `None` for an entry that the dialect has no words for: it is passed over.
    ///
    /// # Errors
    /// Whatever the store says; the entry is tried again then.
    fn word<'a>(&'a self, app: &'a App, owed: &'a Owed) -> BoxFuture<'a, Result<Option<Payload>>>;
}

/// The words of each dialect that has some, by its name.
pub type Wordings = BTreeMap<&'static str, Arc<dyn Wording>>;

/// What of the outbox is in memory. Losing it loses nothing.
pub(crate) struct Outbox {
    rung: Notify,
    /// A place for each request that may be under way, lent by project and webhook.
    places: Pool,
    /// Webhooks that did not answer in time, and how often in a row.
    silent: Mutex<HashMap<WebhookId, u32>>,
    wordings: OnceLock<Wordings>,
    client: post::Client,
}

/// Webhooks whose silence is remembered; beyond it all are forgotten, and noticed again.
const SILENT_MAX: usize = 65_536;
/// Time-outs in a row after which a webhook's places count as slow.
const SLOW_AFTER: u32 = 2;

impl Outbox {
    pub(crate) fn new(posts: u64, targets: Targets) -> Self {
        Self {
            rung: Notify::new(),
            places: Pool::new(usize::try_from(posts).unwrap_or(usize::MAX).max(1)),
            silent: Mutex::default(),
            wordings: OnceLock::new(),
            client: post::Client::new(targets),
        }
    }

    /// Something may be due.
    pub(crate) fn ring(&self) {
        self.rung.notify_one();
    }

    /// Nothing more is claimed; what is being posted may end.
    pub(crate) fn close(&self) {
        self.places.close();
        self.ring();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.places.is_closed()
    }

    /// Waits until nothing is being posted.
    pub(crate) async fn drained(&self) {
        self.places.drained().await;
    }

    /// Where the places are lent.
    #[cfg(feature = "testing")]
    pub(crate) fn places(&self) -> &Pool {
        &self.places
    }

    /// A place for one request to the webhook, if its project may have one now.
    pub(crate) fn place(&self, project: ProjectId, webhook: WebhookId) -> Option<Place> {
        self.places.try_take(holder(project, webhook), 1)
    }

    /// Whether the webhook has fallen silent.
    fn is_slow(&self, webhook: WebhookId) -> bool {
        let silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        silent.get(&webhook).is_some_and(|times| *times >= SLOW_AFTER)
    }

    /// Takes note of whether the webhook has answered in time.
    fn heard(&self, webhook: WebhookId, in_time: bool) {
        let mut silent = self.silent.lock().unwrap_or_else(PoisonError::into_inner);
        if in_time {
            silent.remove(&webhook);
            return;
        }
        if silent.len() >= SILENT_MAX {
            silent.clear();
        }
        *silent.entry(webhook).or_default() += 1;
    }

    pub(crate) fn targets(&self) -> Targets {
        self.client.targets()
    }

    pub(crate) fn wording(&self, dialect: &str) -> Option<Arc<dyn Wording>> {
        self.wordings.get()?.get(dialect).cloned()
    }

    /// How many requests to one webhook may be under way: an endpoint is not overrun.
    fn posts_each(&self) -> usize {
        usize::try_from(self.places.size() / 8).unwrap_or(usize::MAX).max(1)
    }
}

impl App {
    /// Says in which dialects' words webhooks can be told. Once, when the doors are made; nothing is sent before.
    pub fn word_deliveries(&self, wordings: Wordings) {
        // A second set of doors on one engine words the same.
        let _ = self.outbox.wordings.set(wordings);
        self.outbox.ring();
    }

    /// Looks for what is due, as after a commit. For tests that hold the clock.
    pub fn ring_outbox(&self) {
        self.outbox.ring();
    }
}

/// Notes that webhooks are owed these entries, which were appended to the locked thread just now.
pub(crate) async fn owe(tx: &mut Tx, thread: &Thread, entries: &[Entry], inner: &Arc<Inner>) -> Result<()> {
    let Some(first) = entries.first() else { return Ok(()) };
    let now = inner.clock.now();
    if store::webhook_backlogs::owe(tx, thread.project, thread.id, first.seq, now).await? > 0 {
        let inner = inner.clone();
        tx.on_commit(move || inner.outbox.ring());
    }
    Ok(())
}

fn holder(project: ProjectId, webhook: WebhookId) -> Holder {
    Holder::project(project).within(webhook.0.as_u128())
}

/// Who words an entry: the project itself.
pub(crate) fn reader(project: ProjectId) -> Caller {
    let scopes = Scopes::of(&[Scope::Read]);
    let nobodys = KeyId(Uuid::nil());
    Caller { project, key: nobodys, scopes, subject: Subject::Project, line: nobodys, until: None }
}
