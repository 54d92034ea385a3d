//! The words in which webhooks are told: each dialect brings its own.

use std::{collections::BTreeMap, sync::Arc};

use domain::{Caller, Result, WebhookId, event::Entry, thread::Thread};
use futures_util::future::BoxFuture;

use super::{App, Inner};

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

impl App {
    /// Says in which dialects' words webhooks can be told. Once, when the doors are made; nothing is sent before.
    pub fn word_deliveries(&self, wordings: Wordings) {
        // A second set of doors on one engine words the same.
        let _ = self.wordings.set(wordings);
        self.outbox.ring();
    }
}

impl Inner {
    pub(crate) fn wording(&self, dialect: &str) -> Option<Arc<dyn Wording>> {
        self.wordings.get()?.get(dialect).cloned()
    }
}
