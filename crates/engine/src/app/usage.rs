//! The activity of a project's threads in a period. Threadline charges nothing, so there are no amounts.

pub mod sums;

use std::collections::BTreeSet;

use domain::{
    Caller, CustomerId, KeyId, MemberId, Result, ThreadId, Timestamp, caller::Scope, event::Event, fold,
    participant::Kind, thread::Thread,
};
pub use store::usage::Period;
use store::{
    Operation, Tx,
    threads::{self, Stretch},
};
use uuid::Uuid;

use crate::App;

/// Most people in an answer. Further ones are counted only.
const PEOPLE_MAX: usize = 1_000;
/// Number of newest steps of a thread that are searched for models.
const STEPS_MAX: i64 = 1_000;

/// Threads of the project that one statement reads.
const STRETCH: i64 = 500;

/// The order of active threads; equal ones are ordered by last activity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    #[default]
    Activity,
    /// By title, ignoring case.
    Title,
    BegunBy,
}

/// A page of the active threads. At most [`domain::Limits::sorted_threads`] can be paged through.
#[derive(Clone, Copy, Debug)]
pub struct Rows {
    pub order: Order,
    pub ascending: bool,
    pub offset: i64,
    pub limit: i64,
}

/// The query of usage.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    pub period: Period,
    /// Only threads that this key, member or customer created.
    pub begun_by: Option<Uuid>,
    pub rows: Rows,
}

/// The answer to a [`Question`].
#[derive(Clone, Debug)]
pub struct Usage {
    pub threads: Vec<Active>,
    /// The number of all active threads.
    pub total: i64,
    /// Creators of active threads, at most 1,000.
    pub people: Vec<Person>,
}

/// A thread that was active in the period.
#[derive(Clone, Debug)]
pub struct Active {
    pub thread: Thread,
    /// Within the period.
    pub last_at: Timestamp,
    /// The number of models used, by the thread's newest 1,000 steps of the period.
    pub models: i64,
    pub begun_by: Person,
}

/// A key, a member or a customer, with its present name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: Uuid,
    pub kind: Kind,
    pub name: Option<String>,
    pub email: Option<String>,
}

impl App {
    /// The usage of the caller's project in a period.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn usage(&self, caller: &Caller, question: Question) -> Result<Usage> {
        caller.require(Scope::Read)?;
        let most = self.limits.sorted_threads as i64;
        self.store.read_long(Ask { caller: caller.clone(), question, most }).await
    }
}

struct Ask {
    caller: Caller,
    question: Question,
    /// Number of threads that are sorted.
    most: i64,
}

impl Operation for Ask {
    type Out = Usage;

    async fn run(self, tx: &mut Tx) -> Result<Usage> {
        let Self { caller, question: Question { period, begun_by, rows }, most } = self;
        let project = caller.project;
        let (mut sorted, mut starters, mut before) = (Sorted::new(rows, most), BTreeSet::new(), None);
        while let Some(edge) = threads::edge(tx, project, before, STRETCH).await? {
            let stretch = Stretch { before, from: Some(edge) };
            for active in store::usage::active(tx, project, period, begun_by, stretch).await? {
                starters.insert(active.begun_by);
                if starters.len() > PEOPLE_MAX {
                    starters.pop_last();
                }
                sorted.add(active);
            }
            before = Some(edge);
        }
        let mut people = Vec::new();
        for id in starters {
            people.push(person(tx, &caller, id).await?);
        }
        let (page, total) = sorted.page();
        let mut threads = Vec::new();
        for (id, last_at) in page {
            let Some(thread) = store::threads::find(tx, project, id).await? else { continue };
            let Some(first) = thread.participants.first().map(|p| p.id) else { continue };
            let steps = store::usage::steps(tx, project, id, period, STEPS_MAX).await?;
            let begun_by = match people.iter().find(|person| person.id == first) {
                Some(known) => known.clone(),
                None => person(tx, &caller, first).await?,
            };
            threads.push(Active { thread, last_at, models: models(&steps), begun_by });
        }
        Ok(Usage { threads, total, people })
    }
}

/// The first of the active threads, in order. No more are kept than the page needs.
struct Sorted {
    rows: Rows,
    most: usize,
    total: i64,
    /// The sort key, the time of the last activity, and the id.
    kept: Vec<(String, Timestamp, ThreadId)>,
}

impl Sorted {
    fn new(rows: Rows, most: i64) -> Self {
        let most = usize::try_from(rows.offset.saturating_add(rows.limit).min(most)).unwrap_or(0);
        Self { rows, most, total: 0, kept: Vec::new() }
    }

    fn add(&mut self, active: store::usage::Active) {
        let word = match self.rows.order {
            Order::Activity => String::new(),
            Order::Title => fold::fold(active.title.as_deref().unwrap_or_default()),
            Order::BegunBy => active.begun_by.to_string(),
        };
        self.total += 1;
        self.kept.push((word, active.last_at, active.thread));
        if self.kept.len() > self.most.saturating_mul(2).max(1_000) {
            self.sort();
        }
    }

    fn sort(&mut self) {
        self.kept.sort_unstable();
        if !self.rows.ascending {
            self.kept.reverse();
        }
        self.kept.truncate(self.most);
    }

    /// The page, and the number of all threads.
    fn page(mut self) -> (Vec<(ThreadId, Timestamp)>, i64) {
        self.sort();
        let offset = usize::try_from(self.rows.offset).unwrap_or(usize::MAX);
        (self.kept.into_iter().skip(offset).map(|(_, at, id)| (id, at)).collect(), self.total)
    }
}

fn models(steps: &[Event]) -> i64 {
    let model = |step: &Event| match step {
        Event::StepStarted { model, .. } => model.clone(),
        _ => None,
    };
    steps.iter().filter_map(model).collect::<BTreeSet<_>>().len() as i64
}

/// The owner of the id. A deleted member has no name.
async fn person(tx: &mut Tx, caller: &Caller, id: Uuid) -> Result<Person> {
    let project = caller.project;
    if let Some(key) = store::keys::find(tx, project, KeyId(id)).await? {
        return Ok(Person { id, kind: Kind::Key, name: Some(key.name), email: None });
    }
    if let Some(customer) = store::customers::find(tx, project, CustomerId(id)).await? {
        let email = customer.contacts.into_iter().next().map(|contact| contact.address);
        return Ok(Person { id, kind: Kind::Customer, name: customer.external_id, email });
    }
    let member = store::members::find(tx, project, MemberId(id)).await?;
    let (name, email) = member.map_or((None, None), |member| (member.name, Some(member.email)));
    Ok(Person { id, kind: Kind::Member, name, email })
}
