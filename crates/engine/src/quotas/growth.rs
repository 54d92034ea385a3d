//! The growth of stored amounts in one transaction.

use std::sync::Arc;

use domain::{ProjectId, Result, ThreadId, attachment::Attachment, project::Stored};
use store::Tx;
use uuid::Uuid;

use super::{Change, Place, Quotas};

/// The growth that a transaction adds to a project's stored amounts.
pub(crate) struct Growth {
    /// The project for which it counts.
    pub(crate) project: ProjectId,
    /// True if a client asked for it, so that the quota may refuse it. Other writes always succeed.
    is_asked: bool,
    changes: Vec<Change>,
}

impl Growth {
    pub(crate) fn new(project: ProjectId) -> Self {
        Self { project, is_asked: false, changes: Vec::new() }
    }

    /// A growth that the quota may refuse.
    pub(crate) fn asked(project: ProjectId) -> Self {
        Self { is_asked: true, ..Self::new(project) }
    }

    /// Exempts the growth from the quota.
    pub(crate) fn exempt(&mut self) {
        self.is_asked = false;
    }

    pub(crate) fn thread(&mut self, thread: ThreadId, threads: i64, bytes: i64) {
        self.add(Place::Thread(thread.0), Stored { threads, bytes });
    }

    /// A deleted thread, whose stored bytes remain for now.
    pub(crate) fn deleted(project: ProjectId, thread: ThreadId, bytes: i64) -> Self {
        let mut growth = Self::new(project);
        growth.thread(thread, -1, -bytes);
        growth.removal(thread.0, bytes);
        growth
    }

    /// The remaining bytes of a deleted thread, customer or webhook change.
    pub(crate) fn removal(&mut self, owner: Uuid, bytes: i64) {
        self.add(Place::Removal(owner), Stored { threads: 0, bytes });
    }

    pub(crate) fn attachment(&mut self, attachment: &Attachment) {
        let bytes = attachment.size_bytes;
        self.add(Place::Attachment(attachment.id.0), Stored { threads: 0, bytes });
    }

    pub(crate) fn no_attachment(&mut self, attachment: &Attachment) {
        let bytes = -attachment.size_bytes;
        self.add(Place::Attachment(attachment.id.0), Stored { threads: 0, bytes });
    }

    fn add(&mut self, place: Place, by: Stored) {
        if by != Stored::default() {
            self.changes.push(Change { project: self.project, place, by });
        }
    }

    /// Checks the growth against the quota, and adds it to the sums after COMMIT. Two concurrent transactions may both
    /// get the last room.
    ///
    /// # Errors
    /// `quota_exceeded`.
    pub(crate) fn settle(self, tx: &mut Tx, quotas: &Arc<Quotas>) -> Result<()> {
        let Self { project, is_asked, changes } = self;
        if changes.is_empty() {
            return Ok(());
        }
        if is_asked {
            let sum = |of: fn(&Stored) -> i64| changes.iter().map(|change| of(&change.by)).sum();
            quotas.admit(project, Stored { threads: sum(|by| by.threads), bytes: sum(|by| by.bytes) })?;
        }
        let quotas = quotas.clone();
        tx.on_commit(move || quotas.note(&changes));
        Ok(())
    }
}
