//! The event formats of webhooks. Each dialect provides its own.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    Caller, Limits, Result, WebhookId,
    event::Entry,
    external::{Act, Claimed},
    thread::Thread,
};
use futures_util::future::BoxFuture;

use super::{App, Inner};

/// A pending entry for a webhook.
#[derive(Clone, Debug)]
pub struct PendingEntry {
    /// A caller who may read everything in the project that the format needs.
    pub caller: Caller,
    pub webhook: WebhookId,
    /// The present thread, which may be ahead of the entry.
    pub thread: Thread,
    pub entry: Entry,
}

/// The content of a request to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payload {
    pub content_type: &'static str,
    pub body: Vec<u8>,
}

/// A dialect's format of webhook events.
pub trait Wording: Send + Sync + 'static {
    /// The request's body. `None` skips an entry that the dialect has no event for.
    ///
    /// # Errors
    /// Errors of the store, after which the entry is retried.
    fn word<'a>(&'a self, app: &'a App, pending: &'a PendingEntry) -> BoxFuture<'a, Result<Option<Payload>>>;
}

/// A dialect's format of pushed turns, and of the events in an endpoint's answer.
pub trait PushWording: Send + Sync + 'static {
    /// The request's body: the claim, and the token for its attempt.
    fn word(&self, claimed: Claimed, token: &str) -> Payload;

    /// The bytes of memory that it takes to read this data of an event.
    fn cost(&self, data: &str) -> u64;

    /// Reads an event of an answer that is a stream: the position up to which the program has read, and its report.
    ///
    /// # Errors
    /// `invalid` for an event that is no report.
    fn read(&self, event: &str, data: &str, limits: &Limits) -> Result<(Option<i64>, Act)>;
}

/// The formats by the name of their dialect.
pub type Wordings = BTreeMap<&'static str, Arc<dyn Wording>>;

impl App {
    /// Registers the formats. Called once, when the dialects are set up; nothing is sent before.
    pub fn word_deliveries(&self, wordings: Wordings) {
        // A second setup on the same engine registers the same formats.
        let _ = self.wordings.set(wordings);
        self.outbox.ring();
    }
}

impl App {
    /// Registers the format of pushed turns. Called once, when the dialects are set up; nothing is pushed before.
    pub fn word_pushes(&self, wording: Arc<dyn PushWording>) {
        // As above.
        let _ = self.push_wording.set(wording);
        self.pushes.ring();
    }
}

impl Inner {
    pub(crate) fn wording(&self, dialect: &str) -> Option<Arc<dyn Wording>> {
        self.wordings.get()?.get(dialect).cloned()
    }
}
