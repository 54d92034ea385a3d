//! The endpoint of an external agent in its settings, and its signing secret.

use std::sync::Arc;

use domain::{
    AgentId, Caller, Error, Result,
    agent::{Agent, Push, Settings},
    caller::Scope,
    codes,
};
use outward::{Targets, target};
use store::{Operation, Tx};

use crate::{
    App, Origin,
    app::access::audit,
    delivery,
    inner::Inner,
    origin::{self, Taken},
    unknown, validate,
};

/// Checks the endpoint, as a webhook's.
///
/// # Errors
/// `invalid` for `push.url`.
pub(in crate::app) fn check(inner: &Inner, settings: &Settings) -> Result<()> {
    let Some(push) = &settings.push else { return Ok(()) };
    validate::chars("push.url", &push.url, inner.limits.webhook_url_chars)?;
    target("push.url", &push.url, inner.pushes.targets()).map(drop).map_err(|error| match inner.pushes.targets() {
        // Only if the setting would allow the address.
        Targets::Public if target("push.url", &push.url, Targets::Any).is_ok() => {
            let said = error.fields.first().map(|field| field.message.clone()).unwrap_or_default();
            Error::field("push.url", format!("{said}, unless the setting `webhook_targets` is `any`"))
        }
        _ => error,
    })
}

/// The endpoint after a change, with the secret that it had.
pub(in crate::app) fn kept(before: Option<&Push>, after: Option<Push>) -> Option<Push> {
    let (signs_by, former) = before.map_or((None, None), |push| (push.signs_by, push.former));
    after.map(|push| Push { signs_by, former, ..push })
}

impl App {
    /// Gives the agent's endpoint a new signing secret, which is returned only here. The previous secret signs too for
    /// `overlap_s` seconds.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `not_found`; `invalid` for the overlap; `conflict` for an agent without an endpoint,
    /// or a reused origin key, also in a replay.
    #[crate::boxed]
    pub async fn renew_push_secret(
        &self,
        caller: &Caller,
        id: AgentId,
        overlap_s: i64,
        origin: Option<Origin>,
    ) -> Result<(Agent, String)> {
        caller.require(Scope::Admin)?;
        let longest = self.limits.webhook_overlap_s;
        if u64::try_from(overlap_s).map_or(true, |s| s > longest) {
            return Err(Error::field("overlap_s", format!("must be between 0 and {longest}")));
        }
        let renew = Renew { inner: self.inner().clone(), caller: caller.clone(), id, overlap_s, origin };
        self.store.write(renew).await
    }
}

struct Renew {
    inner: Arc<Inner>,
    caller: Caller,
    id: AgentId,
    overlap_s: i64,
    origin: Option<Origin>,
}

impl Operation for Renew {
    type Out = (Agent, String);

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let Self { inner, caller, id, overlap_s, origin } = self;
        let now = inner.clock.now();
        if let Taken::Replay(_) = origin::take(tx, &caller, origin.as_ref(), None, id.0, now).await? {
            let message = "This request was already carried out; the secret is shown only once";
            return Err(Error::conflict(codes::PUSH_SECRET_ALREADY_TOLD, message));
        }
        // As for every change of an agent.
        store::projects::lock(tx, caller.project).await?;
        let mut agent = store::agents::find(tx, caller.project, id).await?.ok_or_else(unknown::agent)?;
        let Some(push) = &mut agent.settings.push else {
            return Err(Error::conflict(codes::AGENT_IS_NOT_PUSHED, "The agent has no `push`, so it has no secret"));
        };
        let name = inner.clock.id();
        push.former = push.signs_by.filter(|_| overlap_s > 0).map(|former| (former, now.plus_s(overlap_s)));
        push.signs_by = Some(name);
        agent.updated_at = now;
        store::agents::save(tx, &agent).await?;
        audit::note(tx, &inner, &caller, "rotate_push_secret", id).await?;
        Ok((agent, delivery::push_secret(&inner.secret, id, name)))
    }
}
