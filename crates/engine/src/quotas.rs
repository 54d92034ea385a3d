//! Stored amounts of each project, and their limits. The sums are in memory. Each commit adds its growth. A count of
//! the whole store initializes the sums at the start, and corrects them now and then ([`crate::services::Stored`]).
//! Therefore no send writes a row that another's writes.

mod growth;

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::{Error, Limits, ProjectId, Result, project::Stored};
use uuid::Uuid;

pub(crate) use growth::Growth;

/// The counted things by id, in the order of a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Removal(Uuid),
    Thread(Uuid),
    Attachment(Uuid),
}

/// The place before everything that is counted.
pub(crate) const FIRST: Place = Place::Removal(Uuid::nil());

/// A committed change of a project's stored amounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) project: ProjectId,
    pub(crate) place: Place,
    pub(crate) by: Stored,
}

/// A project's limit, with its use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Use {
    name: &'static str,
    used: i64,
    most: i64,
}

/// The sums of all projects.
pub(crate) struct Quotas {
    threads: i64,
    bytes: i64,
    told_percent: i64,
    books: Mutex<Books>,
    /// Held during a count.
    pub(crate) counting: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Books {
    /// Sums of the last complete count and all commits since.
    whole: Option<Sums>,
    /// A count in progress: the counted part, and later commits that changed the counted part.
    begun: Option<(Place, Sums)>,
    /// Limits whose use was logged.
    told: HashSet<(ProjectId, &'static str)>,
}

type Sums = HashMap<ProjectId, Stored>;

fn add(sums: &mut Sums, project: ProjectId, by: Stored) {
    let sum = sums.entry(project).or_default();
    sum.threads += by.threads;
    sum.bytes += by.bytes;
    if *sum == Stored::default() {
        sums.remove(&project);
    }
}

impl Books {
    /// During the first count, only the counted part: never too much.
    fn of(&self, project: ProjectId) -> Stored {
        let sums = self.whole.as_ref().or(self.begun.as_ref().map(|(_, sums)| sums));
        sums.and_then(|sums| sums.get(&project)).copied().unwrap_or_default()
    }
}

impl Quotas {
    pub(crate) fn new(limits: &Limits) -> Self {
        let most = |limit: u64| i64::try_from(limit).unwrap_or(i64::MAX);
        Self {
            threads: most(limits.project_threads),
            bytes: most(limits.project_stored_bytes),
            told_percent: most(limits.quota_told_percent),
            books: Mutex::default(),
            counting: tokio::sync::Mutex::default(),
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Checks that the project may store this much more. A decrease is never refused.
    ///
    /// # Errors
    /// `quota_exceeded`.
    pub(crate) fn admit(&self, project: ProjectId, more: Stored) -> Result<()> {
        if self.threads == 0 && self.bytes == 0 {
            return Ok(());
        }
        let used = self.books().of(project);
        if more.threads > 0 && self.threads > 0 && used.threads + more.threads > self.threads {
            return Err(Error::quota_exceeded("The project has reached its limit of threads (project_threads)"));
        }
        if more.bytes > 0 && self.bytes > 0 && used.bytes + more.bytes > self.bytes {
            return Err(Error::quota_exceeded(
                "The project has reached its limit of stored bytes (project_stored_bytes)",
            ));
        }
        Ok(())
    }

    /// Checks that the project may store anything more, before a transaction that would check the same.
    ///
    /// # Errors
    /// `quota_exceeded`.
    pub(crate) fn admit_any(&self, project: ProjectId) -> Result<()> {
        self.admit(project, Stored { threads: 0, bytes: 1 })
    }

    /// Records committed changes.
    pub(crate) fn note(&self, changes: &[Change]) {
        let mut books = self.books();
        for Change { project, place, by } in changes {
            if let Some(whole) = &mut books.whole {
                add(whole, *project, *by);
            }
            if let Some((passed, begun)) = &mut books.begun
                && *place <= *passed
            {
                add(begun, *project, *by);
            }
        }
        if let Some(Change { project, .. }) = changes.first()
            && books.whole.is_some()
        {
            self.tell(&mut books, *project);
        }
    }

    /// Starts a count.
    pub(crate) fn begin(&self) {
        self.books().begun = Some((FIRST, Sums::new()));
    }

    /// Records that the count has passed everything up to there.
    pub(crate) fn pass(&self, to: Place, found: &[(ProjectId, Stored)]) {
        if let Some((passed, begun)) = &mut self.books().begun {
            *passed = to;
            found.iter().for_each(|(project, stored)| add(begun, *project, *stored));
        }
    }

    /// Records that the count is complete.
    pub(crate) fn end(&self) {
        let mut books = self.books();
        if let Some((_, sums)) = books.begun.take() {
            let projects: Vec<ProjectId> = sums.keys().copied().collect();
            books.whole = Some(sums);
            projects.into_iter().for_each(|project| self.tell(&mut books, project));
        }
    }

    /// Logs once that a project is close to a limit, and again after the use has dropped and risen.
    fn tell(&self, books: &mut Books, project: ProjectId) {
        for Use { name, used, most } in self.uses(books.of(project)) {
            let is_near = self.is_near(used, most);
            let is_told = books.told.contains(&(project, name));
            if is_near && !is_told {
                books.told.insert((project, name));
                tracing::warn!(%project, quota = name, used, most, "a project is close to its quota");
            } else if !is_near && is_told {
                books.told.remove(&(project, name));
            }
        }
    }

    /// The existing limits.
    fn uses(&self, stored: Stored) -> impl Iterator<Item = Use> + use<> {
        let bytes = Use { name: "stored_bytes", used: stored.bytes, most: self.bytes };
        let threads = Use { name: "threads", used: stored.threads, most: self.threads };
        [bytes, threads].into_iter().filter(|one| one.most > 0)
    }

    /// The project's stored amounts, and their limits.
    pub(crate) fn of(&self, project: ProjectId) -> Quota {
        let books = self.books();
        let most = |limit: i64| Some(limit).filter(|limit| *limit > 0);
        Quota {
            stored: books.of(project),
            threads_most: most(self.threads),
            bytes_most: most(self.bytes),
            is_counted: books.whole.is_some(),
        }
    }

    /// The limits that the project is close to, as text. `None` if there are none.
    pub(crate) fn notice(&self, project: ProjectId) -> Option<String> {
        let near = self.uses(self.books().of(project)).filter(|one| self.is_near(one.used, one.most));
        let words: Vec<String> = near.map(|Use { name, used, most }| format!("{name}={used}/{most}")).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }

    fn is_near(&self, used: i64, most: i64) -> bool {
        i128::from(used) * 100 >= i128::from(most) * i128::from(self.told_percent)
    }
}

/// A project's stored amounts, and their limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    pub stored: Stored,
    /// Absent: no limit.
    pub threads_most: Option<i64>,
    pub bytes_most: Option<i64>,
    /// `false` during the first count after the start; the amounts are then the counted part.
    pub is_counted: bool,
}
