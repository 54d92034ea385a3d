//! The activity of a project's threads in a period, and the cost of their model calls.

pub mod sums;

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Caller, CustomerId, KeyId, MemberId, Result, ThreadId, Timestamp, caller::Scope, event::Event, fold,
    participant::Kind, thread::Thread, usage::Usd,
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
    /// By the cost in the period.
    Cost,
}

/// The threads that a question asks for, by their cost in the period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charged {
    #[default]
    All,
    /// Threads with a known cost above zero.
    Priced,
    /// Threads without a known cost.
    Free,
}

impl Charged {
    fn takes(self, cost: Usd) -> bool {
        match self {
            Self::All => true,
            Self::Priced => cost > Usd::default(),
            Self::Free => cost == Usd::default(),
        }
    }
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
    pub charged: Charged,
    pub rows: Rows,
}

/// The answer to a [`Question`].
#[derive(Clone, Debug)]
pub struct Usage {
    pub threads: Vec<Active>,
    /// The number of all active threads.
    pub total: i64,
    /// Creators of active threads, at most 1,000.
    pub people: Vec<Starter>,
    /// The cost of all active threads.
    pub cost: Usd,
}

/// A creator of active threads.
#[derive(Clone, Debug)]
pub struct Starter {
    pub person: Person,
    /// The cost of these threads in the period.
    pub cost: Usd,
}

/// A thread that was active in the period.
#[derive(Clone, Debug)]
pub struct Active {
    pub thread: Thread,
    /// Within the period.
    pub last_at: Timestamp,
    /// The number of models used, by the thread's newest 1,000 steps of the period.
    pub models: i64,
    /// The cost of its model calls in the period. Calls without a known price are missing.
    pub cost: Usd,
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
        let Self { caller, question: Question { period, begun_by, charged, rows }, most } = self;
        let project = caller.project;
        let (mut sorted, mut starters, mut before) = (Sorted::new(rows, most), BTreeMap::new(), None);
        while let Some(edge) = threads::edge(tx, project, before, STRETCH).await? {
            let stretch = Stretch { before, from: Some(edge) };
            for active in store::usage::active(tx, project, period, begun_by, stretch).await? {
                if !charged.takes(active.cost) {
                    continue;
                }
                let cost: &mut Usd = starters.entry(active.begun_by).or_default();
                *cost = cost.saturating_add(active.cost);
                if starters.len() > PEOPLE_MAX {
                    starters.pop_last();
                }
                sorted.add(active);
            }
            before = Some(edge);
        }
        let mut people = Vec::new();
        for (id, cost) in starters {
            people.push(Starter { person: person(tx, &caller, id).await?, cost });
        }
        let (total, cost) = (sorted.total, sorted.cost);
        let mut threads = Vec::new();
        for Kept { thread: id, last_at, cost, .. } in sorted.page() {
            let Some(thread) = store::threads::find(tx, project, id).await? else { continue };
            let Some(first) = thread.participants.first().map(|p| p.id) else { continue };
            let steps = store::usage::steps(tx, project, id, period, STEPS_MAX).await?;
            let begun_by = match people.iter().find(|starter| starter.person.id == first) {
                Some(known) => known.person.clone(),
                None => person(tx, &caller, first).await?,
            };
            threads.push(Active { thread, last_at, models: models(&steps), cost, begun_by });
        }
        Ok(Usage { threads, total, people, cost })
    }
}

/// The first of the active threads, in order. No more are kept than the page needs.
struct Sorted {
    rows: Rows,
    most: usize,
    total: i64,
    /// The cost of all of them.
    cost: Usd,
    kept: Vec<Kept>,
}

/// A thread with the values that order it, in the order in which they do.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    word: String,
    /// The cost if it orders; else zero.
    weight: Usd,
    last_at: Timestamp,
    thread: ThreadId,
    cost: Usd,
}

impl Sorted {
    fn new(rows: Rows, most: i64) -> Self {
        let most = usize::try_from(rows.offset.saturating_add(rows.limit).min(most)).unwrap_or(0);
        Self { rows, most, total: 0, cost: Usd::default(), kept: Vec::new() }
    }

    fn add(&mut self, active: store::usage::Active) {
        let word = match self.rows.order {
            Order::Activity | Order::Cost => String::new(),
            Order::Title => fold::fold(active.title.as_deref().unwrap_or_default()),
            Order::BegunBy => active.begun_by.to_string(),
        };
        let store::usage::Active { thread, last_at, cost, .. } = active;
        let weight = if self.rows.order == Order::Cost { cost } else { Usd::default() };
        self.total += 1;
        self.cost = self.cost.saturating_add(cost);
        self.kept.push(Kept { word, weight, last_at, thread, cost });
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

    fn page(mut self) -> impl Iterator<Item = Kept> {
        self.sort();
        let offset = usize::try_from(self.rows.offset).unwrap_or(usize::MAX);
        self.kept.into_iter().skip(offset)
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
