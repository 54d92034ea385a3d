//! The band below a thread's title: who answers, and the acts that change it.

use askama::Template;
use domain::{Caller, Result, Timestamp, handling::Person, thread::Thread};
use engine::App;

use super::{acting::Acting, names, names::Names, thread::Head};
use crate::{texts as t, times::Time};

/// Who answers in a thread.
pub enum Standing {
    Closed {
        why: Option<String>,
    },
    Held {
        /// The holder.
        name: String,
        /// True if the holder is the one who is signed in.
        is_own: bool,
        since: Time,
        /// Since when the customer waits, if that is too long.
        overdue: Option<Time>,
    },
    Wanted {
        by: String,
        reason: String,
        at: Time,
        /// Until when the agent is silent.
        until: Option<Time>,
    },
    Agent,
}

/// The band. It is replaced as a whole when something of it changes.
#[derive(Template)]
#[template(path = "parts/band.html")]
pub struct Band<'h> {
    pub head: &'h Head,
    pub acting: &'h Acting,
    /// Why an act was refused.
    pub problem: Option<&'h str>,
}

impl Standing {
    pub async fn of((app, caller): (&App, &Caller), thread: &Thread, acting: &Acting, now: Timestamp) -> Result<Self> {
        let people = &thread.people;
        if let Some(closed) = thread.closed_at(now) {
            return Ok(Self::Closed { why: closed.reason });
        }
        if let (Some(holder), Some(since)) = (people.holder(), people.held_since) {
            let is_overdue = people.is_overdue(now, app.overdue(true).idle_s);
            let overdue = people.unanswered.filter(|_| is_overdue).map(|one| Time::of(one.since, now));
            let name = member(app, caller, holder).await?;
            return Ok(Self::Held { name, is_own: acting.is(holder), since: Time::of(since, now), overdue });
        }
        let Some(wanted) = &people.wanted else { return Ok(Self::Agent) };
        let by = match &wanted.by {
            Some(author) => Names::default().of_author(app, caller, author).await?.0,
            None => t::THE_SERVER.into(),
        };
        let until = wanted.until.map(|until| Time::of(until, now));
        Ok(Self::Wanted { by, reason: wanted.reason.clone(), at: Time::of(wanted.at, now), until })
    }

    pub fn is_held(&self) -> bool {
        matches!(self, Self::Held { .. })
    }

    /// Tells whether the one who is signed in holds the thread.
    pub fn is_own(&self) -> bool {
        matches!(self, Self::Held { is_own: true, .. })
    }

    pub fn is_wanted(&self) -> bool {
        matches!(self, Self::Wanted { .. })
    }
}

/// A member's name, also after the member was removed.
pub async fn member(app: &App, caller: &Caller, id: domain::MemberId) -> Result<String> {
    match app.member(caller, id).await {
        Ok(member) => Ok(names::of_person(&Person::from(&member))),
        Err(error) if error.kind == domain::Kind::NotFound => Ok(t::REMOVED_MEMBER.into()),
        Err(error) => Err(error),
    }
}
