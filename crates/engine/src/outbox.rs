//! The outbox: what is written to threads goes out to the webhooks of their project.
//!
//! The log is durable and in order, so nothing of it is written twice. The transaction that appends to a thread notes for each
//! webhook from which entry on it is behind; a sender claims such a note, posts one entry after the other in the log's order,
//! and moves it on. Whatever dies in between, the note stays, and the entry is posted again: at least once, in order within a
//! thread.

mod claim;
mod post;
mod schedule;
mod send;
mod settle;
mod sign;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::{
    Caller, KeyId, ProjectId, Result, Timestamp, WebhookId,
    caller::{Scope, Scopes, Subject},
    event::Entry,
    shares::Holder,
    thread::Thread,
};
use futures_util::future::BoxFuture;
use store::{Tx, on_behalf_of};
use tokio::{
    sync::{Notify, Semaphore},
    task::JoinSet,
};
use uuid::Uuid;

use crate::{App, app::Inner, rounds::pause};

pub(crate) use post::Answer;
pub(crate) use schedule::error_of;
pub(crate) use send::{Sending, send_once};
pub(crate) use sign::secret;

/// Where URLs that clients name may lead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Targets {
    /// Only where everybody can reach: no private, local or reserved address, and the usual ports.
    #[default]
    Public,
    /// Anywhere, the installation's own network included.
    Any,
}

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
    closed: AtomicBool,
    /// One for each request that may be under way.
    posts: Arc<Semaphore>,
    posts_max: usize,
    wordings: OnceLock<Wordings>,
    client: post::Client,
}

impl Outbox {
    pub(crate) fn new(posts: u64, targets: Targets) -> Self {
        let posts_max = usize::try_from(posts).unwrap_or(usize::MAX).clamp(1, Semaphore::MAX_PERMITS.min(1 << 20));
        Self {
            rung: Notify::new(),
            closed: AtomicBool::new(false),
            posts: Arc::new(Semaphore::new(posts_max)),
            posts_max,
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
        self.closed.store(true, Ordering::SeqCst);
        self.ring();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Waits until nothing is being posted.
    pub(crate) async fn drained(&self) {
        let all = u32::try_from(self.posts_max).unwrap_or(u32::MAX);
        let _ = self.posts.acquire_many(all).await;
    }

    pub(crate) fn targets(&self) -> Targets {
        self.client.targets()
    }

    pub(crate) fn wording(&self, dialect: &str) -> Option<Arc<dyn Wording>> {
        self.wordings.get()?.get(dialect).cloned()
    }

    /// How many requests to one webhook may be under way: a slow one must not keep the others waiting.
    fn posts_each(&self) -> usize {
        (self.posts_max / 8).max(1)
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

/// Who words an entry: the project itself.
pub(crate) fn reader(project: ProjectId) -> Caller {
    let scopes = Scopes::of(&[Scope::Read]);
    Caller { project, key: KeyId(Uuid::nil()), scopes, subject: Subject::Project }
}

/// Sends what is due, until the outbox is closed and what was begun has ended.
pub(crate) async fn deliver(inner: Arc<Inner>) {
    inner.takeover.done().await;
    let (mut senders, mut each) = (JoinSet::new(), HashMap::new());
    while !inner.outbox.is_closed() {
        let next = round(&inner, &mut senders, &mut each).await;
        let wait = pause(next, inner.clock.now(), "what is owed to webhooks could not be read");
        tokio::select! {
            () = inner.outbox.rung.notified() => {}
            Some(ended) = senders.join_next() => ended_one(&mut each, ended),
            () = tokio::time::sleep(wait) => {}
        }
    }
    while senders.join_next().await.is_some() {}
}

fn ended_one(each: &mut HashMap<WebhookId, usize>, ended: Result<WebhookId, tokio::task::JoinError>) {
    match ended {
        Ok(webhook) => {
            let left = each.get(&webhook).map_or(0, |n| n.saturating_sub(1));
            if left == 0 {
                each.remove(&webhook)
            } else {
                each.insert(webhook, left)
            };
        }
        Err(error) => {
            // Whose it was is not known: they are all counted anew, and a few too many may be sent at once.
            tracing::error!(%error, "a sender has panicked");
            each.clear();
        }
    }
}

/// Begins to send what is due, as far as there is room; when the next is due that is not yet.
async fn round(
    inner: &Arc<Inner>,
    senders: &mut JoinSet<WebhookId>,
    each: &mut HashMap<WebhookId, usize>,
) -> Result<Option<Timestamp>> {
    if inner.outbox.wordings.get().is_none() {
        return Ok(None);
    }
    let now = inner.clock.now();
    let longest = claim::longest(inner, now);
    let owed = store::op(move |tx| Box::pin(async move { store::webhooks::owed(tx, now, longest).await }));
    let owed = inner.store.read(owed).await?;
    let mut failed = None;
    for (webhook, project, due) in owed {
        if due > now {
            // They come in this order.
            return failed.map_or(Ok(Some(due)), Err);
        }
        let busy = each.get(&webhook).copied().unwrap_or(0);
        let room = inner.outbox.posts_each().saturating_sub(busy);
        let mut permits = Vec::new();
        while permits.len() < room {
            let Ok(permit) = inner.outbox.posts.clone().try_acquire_owned() else { break };
            permits.push(permit);
        }
        if permits.is_empty() {
            continue;
        }
        let claim = claim::Claim { inner: inner.clone(), project, webhook, most: permits.len() as i64 };
        let holder = Holder::project(project);
        let claimed = match on_behalf_of(holder, inner.store.write(claim)).await {
            Ok(claimed) => claimed,
            // What is wrong with one webhook's must not stand in the way of the others'.
            Err(error) => {
                tracing::error!(?error, %webhook, "what is owed to a webhook could not be claimed");
                failed = Some(error);
                continue;
            }
        };
        for (held, permit) in claimed.into_iter().zip(permits) {
            *each.entry(webhook).or_insert(0) += 1;
            let sending = Sending::new(inner.clone(), held);
            senders.spawn(on_behalf_of(holder, async move {
                sending.run().await;
                drop(permit);
                webhook
            }));
        }
    }
    failed.map_or(Ok(None), Err)
}
