//! What one transaction stores of a thread, and takes away.

use std::sync::Arc;

use domain::{ProjectId, Result, ThreadId, attachment::Attachment, project::Stored};
use store::Tx;
use uuid::Uuid;

use super::{Change, Place, Quotas};

/// What a transaction adds to what a project has stored.
pub(crate) struct Growth {
    /// For whom it counts.
    pub(crate) project: ProjectId,
    /// Whether a client has asked for it, so that a quota may refuse it. What is owed is written in any case.
    is_asked: bool,
    changes: Vec<Change>,
}

impl Growth {
    pub(crate) fn new(project: ProjectId) -> Self {
        Self { project, is_asked: false, changes: Vec::new() }
    }

    /// Refused beyond the project's quota.
    pub(crate) fn asked(project: ProjectId) -> Self {
        Self { is_asked: true, ..Self::new(project) }
    }

    /// Never refused for a quota.
    pub(crate) fn owed(&mut self) {
        self.is_asked = false;
    }

    pub(crate) fn thread(&mut self, thread: ThreadId, threads: i64, bytes: i64) {
        self.add(Place::Thread(thread.0), Stored { threads, bytes });
    }

    /// A thread is deleted: all that it has stored is left.
    pub(crate) fn deleted(project: ProjectId, thread: ThreadId, bytes: i64) -> Self {
        let mut growth = Self::new(project);
        growth.thread(thread, -1, -bytes);
        growth.removal(thread.0, bytes);
        growth
    }

    /// What is left of a deleted thread, customer or webhook.
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

    /// Holds it to the quota; the sums follow once it is committed. Two at once may both find room for the last of it.
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
