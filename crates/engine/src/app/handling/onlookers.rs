//! Those who are present in a thread, as the project's pages follow them.

use domain::{Caller, Result, ThreadId, caller::Scope};

use super::presence::Attending;
use crate::{
    App,
    app::access::bounds,
    presence::{Presence, Seen},
};

/// A reader of everybody who is present in a thread.
pub struct Onlookers(Attending<Seen>);

impl App {
    /// Follows everybody who is present in the thread.
    ///
    /// # Errors
    /// `forbidden` for callers below the project; `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn follow_present(&self, caller: &Caller, thread: ThreadId) -> Result<Onlookers> {
        caller.require(Scope::Read)?;
        self.store.read(bounds::Visible { caller: caller.clone(), thread }).await?;
        Ok(Onlookers(Attending::new(self, caller, thread)))
    }
}

impl Onlookers {
    pub fn thread(&self) -> ThreadId {
        self.0.thread()
    }

    /// Waits until others are present than those who were told last, or do something else. Dropping the future loses
    /// nothing.
    ///
    /// # Errors
    /// `unauthenticated` once the reader's credential is invalid.
    #[crate::boxed]
    pub async fn next(&mut self) -> Result<Vec<Seen>> {
        self.0.next(|present| present, Presence::next_change_us).await
    }
}
