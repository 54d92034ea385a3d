//! Programs with one agent, and their end users. An end user is a customer, named by the program, who sees only own
//! threads with this agent.

use domain::{
    AgentId, Caller, CustomerId, Error, Result, Timestamp,
    agent::Agent,
    caller::{Scope, Subject},
    codes,
    thread::Thread,
};
use store::{Operation, Tx};
use uuid::Uuid;

use crate::{
    App,
    app::{access::tokens::Token, keyed::Keyed, threads::NewThread, tickets::people::named_customer},
    inner::Inner,
    unknown, validate,
};

/// The reference by which a program names its agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentRef {
    Id(AgentId),
    Name(String),
}

/// A caller who is bound to one agent.
#[derive(Clone, Debug, PartialEq)]
pub struct Narrowed {
    pub agent: Agent,
    /// Bound to the agent, or to one of its end users.
    pub caller: Caller,
}

impl App {
    /// Binds the caller to this agent, and with `end_user` to this person's threads. It creates nobody: an unknown end
    /// user has no threads.
    ///
    /// # Errors
    /// `forbidden` without `read`, for a caller that is bound to a thread or a customer, and for `end_user` without
    /// `impersonate`. `not_found` (`agent_not_found`) for an unknown or foreign agent, and for another one than the
    /// caller's. `invalid` for a malformed `end_user`.
    #[crate::boxed]
    pub async fn narrow(&self, caller: &Caller, to: AgentRef, end_user: Option<&str>) -> Result<Narrowed> {
        caller.require_of_agent(Scope::Read)?;
        if let Some(name) = end_user {
            self.check_speaks_for(caller, name)?;
        }
        let end_user = end_user.map(str::to_owned);
        self.store.read(Narrow { caller: caller.clone(), to, end_user }).await
    }

    /// Starts a thread of the caller's agent for an end user, who is created if unknown.
    ///
    /// # Errors
    /// As [`App::create_thread`]; `forbidden` without `impersonate`; `invalid` for a malformed `end_user`.
    #[crate::boxed]
    pub async fn create_thread_for(&self, caller: &Caller, end_user: &str, new: NewThread) -> Result<Thread> {
        self.check_speaks_for(caller, end_user)?;
        self.make_thread(caller, new, Some(end_user.into())).await
    }

    /// # Errors
    /// `forbidden` without `impersonate`; `invalid` for a malformed name, with `end_user_too_long` beyond the limit.
    fn check_speaks_for(&self, caller: &Caller, name: &str) -> Result<()> {
        caller.require_of_agent(Scope::Impersonate)?;
        let most = self.limits.end_user_chars;
        match name.chars().count() as u64 > most {
            true => Err(Error {
                code: codes::END_USER_TOO_LONG,
                ..Error::field("end_user", format!("must have at most {most} characters"))
            }),
            false => validate::label("end_user", name, most),
        }
    }
}

impl Keyed<'_> {
    /// A token for an end user of the caller's agent, and the user's customer. It opens the user's threads with this
    /// agent.
    /// A replay creates another token for the same person, because tokens are not stored.
    ///
    /// # Errors
    /// `forbidden` without `impersonate`, and for a caller that is not bound to an agent; `invalid` for a malformed
    /// `end_user`; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn let_end_user_in(&self, caller: &Caller, end_user: &str) -> Result<(Token, CustomerId)> {
        self.app.check_speaks_for(caller, end_user)?;
        let Subject::Agent(agent) = caller.subject else { return Err(speaks_for_nobody()) };
        // The body does not name the end user, so the key must.
        let origin = self.origin.clone().map(|origin| origin.with(&[end_user.as_bytes()]));
        let (inner, program, name) = (self.app.inner().clone(), caller.clone(), String::from(end_user));
        let now = self.app.clock.now();
        let known =
            store::op(move |tx| Box::pin(async move { named_customer(tx, &inner, program.project, &name, now).await }));
        let known = self.app.keyed(origin).once(caller, None, known, |customer| customer.0).await?;
        let customer = known.customer();
        let person = Caller { subject: Subject::EndUser { agent, customer }, ..caller.clone() };
        Ok((self.app.end_user_token(&person, agent, customer), customer))
    }
}

/// The caller, who is bound to an agent, as the end user of this name. A missing user is created.
///
/// # Errors
/// `forbidden` for a caller who is not bound to an agent, or is already an end user.
pub(crate) async fn speak_for(
    tx: &mut Tx,
    inner: &Inner,
    caller: Caller,
    name: &str,
    now: Timestamp,
) -> Result<Caller> {
    let Subject::Agent(agent) = caller.subject else { return Err(speaks_for_nobody()) };
    let customer = named_customer(tx, inner, caller.project, name, now).await?;
    Ok(Caller { subject: Subject::EndUser { agent, customer }, ..caller })
}

fn speaks_for_nobody() -> Error {
    Error::forbidden("Only a key that is bound to an agent can speak for end users")
}

struct Narrow {
    caller: Caller,
    to: AgentRef,
    end_user: Option<String>,
}

impl Operation for Narrow {
    type Out = Narrowed;

    async fn run(self, tx: &mut Tx) -> Result<Narrowed> {
        let Self { caller, to, end_user } = self;
        let project = caller.project;
        let found = match to {
            AgentRef::Id(id) => store::agents::find(tx, project, id).await?,
            AgentRef::Name(name) => store::agents::find_by_name(tx, project, &name).await?,
        };
        let known = |agent: &Agent| caller.subject.agent().is_none_or(|own| own == agent.id);
        let agent = found.filter(known).ok_or_else(unknown::agent)?;
        let subject = match (caller.subject, end_user) {
            (Subject::EndUser { .. }, Some(_)) => return Err(speaks_for_nobody()),
            (own @ Subject::EndUser { .. }, None) => own,
            (_, None) => Subject::Agent(agent.id),
            (_, Some(name)) => {
                let customer = store::customers::find_by_external_id(tx, project, &name).await?;
                // No customer has the nil id, so the caller has no threads.
                Subject::EndUser { agent: agent.id, customer: customer.unwrap_or(CustomerId(Uuid::nil())) }
            }
        };
        Ok(Narrowed { agent, caller: Caller { subject, ..caller } })
    }
}
