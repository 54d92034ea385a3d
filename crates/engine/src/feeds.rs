//! Wakes those who follow a project's heads, with the thread that moved.
//!
//! A wake-up is a hint: the follower reads the head from the store. A follower that lags reads what moved since.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use domain::{ProjectId, ThreadId};
use tokio::sync::broadcast::{Receiver, Sender};

/// The followed projects of this node.
#[derive(Default)]
pub(crate) struct Feeds(Mutex<HashMap<ProjectId, Weak<Feed>>>);

/// Hints of one project.
pub(crate) struct Feed(Sender<ThreadId>);

/// Hints that wait for one follower. A follower that lags behind them reads all that moved.
const HINTS: usize = 1_024;

impl Feeds {
    /// The project's hints from now on. The feed lives as long as a follower keeps it.
    pub(crate) fn follow(&self, project: ProjectId) -> (Arc<Feed>, Receiver<ThreadId>) {
        let mut feeds = self.lock();
        let feed = match feeds.get(&project).and_then(Weak::upgrade) {
            Some(feed) => feed,
            None => {
                feeds.retain(|_, feed| feed.strong_count() > 0);
                let feed = Arc::new(Feed(Sender::new(HINTS)));
                feeds.insert(project, Arc::downgrade(&feed));
                feed
            }
        };
        let hints = feed.0.subscribe();
        (feed, hints)
    }

    /// Tells that the head of a thread moved, or that the thread is gone.
    pub(crate) fn tell(&self, project: ProjectId, thread: ThreadId) {
        let feed = self.lock().get(&project).and_then(Weak::upgrade);
        if let Some(feed) = feed {
            // Without a follower there is nobody to tell.
            let _ = feed.0.send(thread);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ProjectId, Weak<Feed>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn hints_are_of_one_project_and_a_feed_without_followers_is_forgotten() {
        let feeds = Feeds::default();
        let [own, foreign] = [1, 2].map(|n| ProjectId(Uuid::from_u128(n)));
        let thread = ThreadId(Uuid::from_u128(3));
        let (feed, mut hints) = feeds.follow(own);
        feeds.tell(foreign, thread);
        assert!(hints.try_recv().is_err());
        feeds.tell(own, thread);
        assert_eq!(hints.try_recv(), Ok(thread));
        drop((feed, hints));
        let _other = feeds.follow(foreign);
        assert_eq!(feeds.lock().len(), 1);
    }
}
