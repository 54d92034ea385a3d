//! What a project's threads did in a period. No amounts: nothing here is charged.

use std::collections::BTreeSet;

use domain::{
    Caller, CustomerId, KeyId, MemberId, Result, Timestamp, caller::Scope, event::Event, participant::Kind,
    thread::Thread,
};
pub use store::usage::{Order, Period, Rows};
use store::{Operation, Tx};
use uuid::Uuid;

use crate::App;

/// Who is named beside the threads: more are counted and not named.
const PEOPLE_MAX: i64 = 1_000;
/// How many of a thread's newest steps are looked at for the models that they asked.
const STEPS_MAX: i64 = 1_000;

/// Which threads are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Question {
    pub period: Period,
    /// Only threads that this key, member or customer began.
    pub begun_by: Option<Uuid>,
    pub rows: Rows,
}

/// The answer to a [`Question`].
#[derive(Clone, Debug)]
pub struct Usage {
    pub threads: Vec<Active>,
    /// How many threads were active, on this page or another.
    pub total: i64,
    /// Who began threads that were active, at most 1,000.
    pub people: Vec<Person>,
}

/// A thread that was active in the period.
#[derive(Clone, Debug)]
pub struct Active {
    pub thread: Thread,
    /// Within the period.
    pub last_at: Timestamp,
    /// How many models it asked, as its newest 1,000 steps of the period show.
    pub models: i64,
    pub begun_by: Person,
}

/// A key, a member or a customer, with what it is called now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub id: Uuid,
    pub kind: Kind,
    pub name: Option<String>,
    pub email: Option<String>,
}

impl App {
    /// What the caller's project did in a period.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn usage(&self, caller: &Caller, question: Question) -> Result<Usage> {
        caller.require(Scope::Read)?;
        self.store.read_long(Ask { caller: caller.clone(), question }).await
    }
}

struct Ask {
    caller: Caller,
    question: Question,
}

impl Operation for Ask {
    type Out = Usage;

    async fn run(self, tx: &mut Tx) -> Result<Usage> {
        let Self { caller, question: Question { period, begun_by, rows } } = self;
        let project = caller.project;
        let total = store::usage::count_active(tx, project, period, begun_by).await?;
        let mut people = Vec::new();
        for id in store::usage::starters(tx, project, period, begun_by, PEOPLE_MAX).await? {
            people.push(person(tx, &caller, id).await?);
        }
        let mut threads = Vec::new();
        for (id, last_at) in store::usage::active(tx, project, period, begun_by, rows).await? {
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

fn models(steps: &[Event]) -> i64 {
    let model = |step: &Event| match step {
        Event::StepStarted { model, .. } => model.clone(),
        _ => None,
    };
    steps.iter().filter_map(model).collect::<BTreeSet<_>>().len() as i64
}

/// What the id is that of. A member who is gone has no name any more.
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
