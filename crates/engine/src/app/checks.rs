//! Checks of a project's own providers and routes: each model is asked a short question once.

use std::{sync::Arc, time::Duration};

use domain::{Caller, Result, caller::Scope, fault::Fault};
use providers::{Failure, Lead};
use tokio::time::{Instant, timeout_at};

use crate::{App, unknown};

/// The result of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The name of the route.
    pub route: String,
    pub provider: String,
    /// The provider's name of the model.
    pub model: String,
    pub latency_ms: u64,
    /// Absent: the model has answered.
    pub problem: Option<Problem>,
}

/// The reason why a route does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub fault: Fault,
    /// Plain words, and the provider's own.
    pub words: String,
}

impl App {
    /// Asks the model of the project's own route.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `not_found`; `rate_limited` beyond the checks of a minute.
    #[crate::boxed]
    pub async fn check_route(&self, caller: &Caller, name: &str) -> Result<Checked> {
        let leads = self.own_leads(caller, |route, _| route == name).await?;
        let mut checked = self.check_leads(caller, leads).await?;
        checked.pop().ok_or_else(unknown::route)
    }

    /// Asks the models of the project's own routes that lead to its provider, one after the other, in the order of their
    /// names. The limits bound their number, and the time of all together.
    ///
    /// # Errors
    /// As [`App::check_route`].
    #[crate::boxed]
    pub async fn check_provider(&self, caller: &Caller, name: &str) -> Result<Vec<Checked>> {
        self.provider(caller, name).await?;
        let mut leads = self.own_leads(caller, |_, lead| lead.provider.name == name).await?;
        leads.truncate(usize::try_from(self.limits.checked_routes).unwrap_or(usize::MAX));
        self.check_leads(caller, leads).await
    }

    /// The leads of the project's own routes that are wanted.
    async fn own_leads(&self, caller: &Caller, is_wanted: impl Fn(&str, &Lead) -> bool) -> Result<Vec<Arc<Lead>>> {
        caller.require(Scope::Admin)?;
        let models = self.catalogues.of(caller.project).await?;
        let own = models.routes().own().filter_map(|(route, lead)| lead.filter(|lead| is_wanted(route, lead)));
        Ok(own.map(Arc::new).collect())
    }

    async fn check_leads(&self, caller: &Caller, leads: Vec<Arc<Lead>>) -> Result<Vec<Checked>> {
        if leads.is_empty() {
            return Ok(Vec::new());
        }
        self.checks.take(caller.project.0.as_u128(), self.clock.now(), self.limits.checks)?;
        let within_s = self.limits.check_s;
        let until = Instant::now() + Duration::from_secs(within_s);
        let mut all = Vec::new();
        for lead in leads {
            let begun_at = self.clock.now();
            let call = self.catalogues.base().check(&lead, begun_at);
            let answered = timeout_at(until, call).await.unwrap_or_else(|_| {
                let message = format!("the check was not over within {within_s} seconds");
                Err(Failure::new(Fault::Upstream, message))
            });
            let problem = answered.err().map(|failure| Problem { fault: failure.fault, words: failure.words() });
            all.push(Checked {
                route: lead.route.clone(),
                provider: lead.provider.name.clone(),
                model: lead.model.clone(),
                latency_ms: u64::try_from(self.clock.now().since_us(begun_at) / 1_000).unwrap_or(0),
                problem,
            });
        }
        Ok(all)
    }
}
