//! Watches of credentials, for answers that outlive their request: the caller may lose the right while the answer is
//! still being sent. One statement checks all of them, and answers with the same credential end together.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use domain::{Result, Timestamp};
use store::{
    Store,
    credentials::{ASKED_MAX, Ground},
};
use tokio::sync::watch::Sender;

/// Binds an answer to the credential of its request. Cheap to clone.
#[derive(Clone)]
pub struct Watch(Arc<Watched>);

struct Watched {
    over: Sender<bool>,
}

/// The conditions of an answer: a credential, which may expire, and the thread of a bound caller.
type Standing = (Ground, Option<Timestamp>);

/// All watches of this node.
#[derive(Default)]
pub(crate) struct Watches(Mutex<HashMap<Standing, Weak<Watched>>>);

impl Watch {
    /// Tells whether the credential is invalid. Nothing may be sent after that.
    pub fn is_over(&self) -> bool {
        *self.0.over.borrow()
    }

    /// Returns once the credential is invalid, within [`domain::Limits::credential_check_s`] and the time of a
    /// statement.
    pub async fn over(&self) {
        // The sender lives as long as this.
        let _ = self.0.over.subscribe().wait_for(|over| *over).await;
    }
}

impl Watches {
    pub(crate) fn begin(&self, standing: Standing) -> Watch {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watched) = all.get(&standing).and_then(Weak::upgrade) {
            return Watch(watched);
        }
        let watched = Arc::new(Watched { over: Sender::new(false) });
        all.insert(standing, Arc::downgrade(&watched));
        Watch(watched)
    }

    /// Ends the answers whose credential is invalid.
    ///
    /// # Errors
    /// Errors of the store.
    pub(crate) async fn check(&self, store: &Store, now: Timestamp) -> Result<()> {
        let (expired, living): (Vec<_>, Vec<_>) =
            self.living().into_iter().partition(|((_, until), _)| until.is_some_and(|until| until <= now));
        end(expired.iter().map(|(_, watched)| watched));
        for asked in living.chunks(ASKED_MAX) {
            let grounds: Vec<Ground> = asked.iter().map(|((ground, _), _)| *ground).collect();
            let ask = store::op(move |tx| Box::pin(async move { store::credentials::dead(tx, &grounds, now).await }));
            let dead = store.read(ask).await?;
            let ended = dead.into_iter().filter_map(|place| asked.get(usize::try_from(place).ok()?));
            end(ended.map(|(_, watched)| watched));
        }
        Ok(())
    }

    /// The live watches. Dropped ones are removed.
    fn living(&self) -> Vec<(Standing, Arc<Watched>)> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, watched| watched.strong_count() > 0);
        all.iter().filter_map(|(standing, watched)| Some((*standing, watched.upgrade()?))).collect()
    }
}

fn end<'w>(watched: impl Iterator<Item = &'w Arc<Watched>>) {
    for watched in watched {
        watched.over.send_replace(true);
    }
}
