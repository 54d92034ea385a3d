//! Those who are present in a thread, as the project's pages follow them.

use std::{sync::Arc, time::Duration};

use domain::{Caller, Error, Result, ThreadId, caller::Scope};
use tokio::sync::Notify;

use crate::{App, app::access::bounds, inner::Inner, presence::Seen, watches::Watch};

/// A reader of everybody who is present in a thread.
pub struct Onlookers {
    inner: Arc<Inner>,
    thread: ThreadId,
    bell: Arc<Notify>,
    told: Vec<Seen>,
    watch: Watch,
}

impl App {
    /// Follows everybody who is present in the thread.
    ///
    /// # Errors
    /// `forbidden` for callers below the project; `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn follow_present(&self, caller: &Caller, thread: ThreadId) -> Result<Onlookers> {
        caller.require(Scope::Read)?;
        self.store.read(bounds::Visible { caller: caller.clone(), thread }).await?;
        let watch = self.watch(caller, Some(thread));
        let (inner, bell) = (self.inner().clone(), self.presence.enter(thread));
        Ok(Onlookers { inner, thread, bell, told: Vec::new(), watch })
    }
}

impl Onlookers {
    pub fn thread(&self) -> ThreadId {
        self.thread
    }

    /// Waits until others are present than those who were told last, or do something else. Dropping the future loses
    /// nothing.
    ///
    /// # Errors
    /// `unauthenticated` once the reader's credential is invalid.
    #[crate::boxed]
    pub async fn next(&mut self) -> Result<Vec<Seen>> {
        let bell = self.bell.clone();
        loop {
            let woken = bell.notified();
            tokio::pin!(woken);
            // Registered before the look.
            woken.as_mut().enable();
            let now_us = self.inner.clock.passed_us();
            let present = self.inner.presence.of(self.thread, now_us);
            if present != self.told {
                self.told.clone_from(&present);
                return Ok(present);
            }
            let next_us = self.inner.presence.next_change_us(self.thread, now_us);
            let ends = async {
                match next_us {
                    Some(us) => tokio::time::sleep(Duration::from_micros(us.unsigned_abs())).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = self.watch.over() => return Err(Error::unauthenticated()),
                () = woken => {}
                () = ends => {}
            }
        }
    }
}

impl Drop for Onlookers {
    fn drop(&mut self) {
        self.inner.presence.leave(self.thread);
    }
}
