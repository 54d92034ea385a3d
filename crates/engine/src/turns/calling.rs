//! The way of one model call: its route, the words that the model gets, and the tries.

use std::time::Duration;

use domain::{
    Error, ProjectId, Result, Timestamp,
    agent::Settings,
    codes,
    controls::{Controls, Reasoning, Speed},
    fault::Fault,
    model::ECHO,
    usage::{Usage, Usd},
};
use providers::{Failure, Models, NoRoute, Route, Target};

use super::run::{Halt, Run};
use crate::{
    breakers::{Admission, Probe},
    inner::Inner,
};

/// A call as it was asked for: the model that answers, and the words that it got.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The public name, or `scripted`. For a fallback: its own.
    pub(crate) name: String,
    target: Target,
    /// With words that the model takes.
    pub(crate) controls: Controls,
}

impl Asked {
    pub(super) fn of(target: &Target, name: &str, mut controls: Controls) -> Self {
        if let Some(abilities) = target.abilities() {
            controls.reasoning = controls.reasoning.map(|word| abilities.lowered_reasoning(word));
            controls.speed = controls.speed.map(|speed| abilities.lowered_speed(speed));
        }
        let name = match target {
            Target::Provider(lead) => lead.name.clone(),
            Target::Echo | Target::Scripted => name.into(),
        };
        Self { name, target: target.clone(), controls }
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// The configured name of the provider. Absent for `echo` and `scripted`.
    pub(crate) fn provider(&self) -> Option<&str> {
        match &self.target {
            Target::Provider(lead) => Some(&lead.provider.name),
            Target::Echo | Target::Scripted => None,
        }
    }

    /// The provider's name of the model.
    pub(crate) fn model(&self) -> &str {
        match &self.target {
            Target::Provider(lead) => &lead.model,
            Target::Echo | Target::Scripted => &self.name,
        }
    }

    /// The public name of the model, if `echo` answers in its place because no model is connected.
    pub(crate) fn missing(&self) -> Option<&str> {
        let is_missing = matches!(self.target, Target::Echo) && self.name != ECHO;
        is_missing.then_some(self.name.as_str())
    }

    /// The cost of a call with this usage. `None` if the price is unknown.
    pub(crate) fn cost(&self, usage: &Usage) -> Option<Usd> {
        self.target.abilities()?.cost(usage, self.controls.speed)
    }
}

/// The next act after a failed call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Calls the model again after this time.
    Wait(Duration),
    /// Calls again at once, in another way.
    Now,
    Fail,
}

/// The calls for one answer.
pub(super) struct Calling {
    route: Route,
    at: usize,
    name: String,
    /// As the message and the agent wish them.
    wished: Controls,
    /// Failed calls for the answer, those of earlier claims included.
    pub(super) tries: u32,
    /// Failed calls of the present target.
    tries_here: u32,
    /// The time from which the budget of the present target counts.
    since: Timestamp,
    /// True if the provider has refused the blocks of earlier answers.
    pub(super) without_blocks: bool,
    /// True if the model has refused the transcript as too long, which is then fitted once more.
    pub(super) too_long: bool,
    /// True if the provider has refused a picture. All pictures so far are then named.
    pub(super) without_pictures: bool,
}

impl Calling {
    /// A change of the configuration may have taken the route away.
    pub(super) async fn new(run: &Run, inner: &Inner) -> Result<Self, Halt> {
        let settings = &run.agent.settings;
        let wished = run.turn.controls.clone().over(&settings.controls);
        let models = inner.catalogues.of(run.turn.project).await?;
        let name = chosen(&models, settings, &wished).to_owned();
        let route = models.route(&name).map_err(|none| nowhere(&name, none))?;
        let tries = run.progress.tries;
        let since = run.progress.asking_since.unwrap_or_else(|| inner.clock.now());
        Ok(Self {
            route,
            at: 0,
            name,
            wished,
            tries,
            tries_here: tries,
            since,
            without_blocks: false,
            too_long: false,
            without_pictures: false,
        })
    }

    /// The calls by the present routes, after the target of these was switched off.
    pub(super) async fn anew(self, run: &Run, inner: &Inner) -> Result<Self, Halt> {
        Ok(Self { tries: self.tries + 1, ..Self::new(run, inner).await? })
    }

    /// Asks the breakers whether the present target may be called. A target that may not is left to the next one.
    ///
    /// # Errors
    /// The pause until a breaker lets a probe through. `None` if the pause is beyond the budget of retries.
    pub(super) fn admit(&mut self, project: ProjectId, inner: &Inner) -> Result<Option<Probe>, Option<Duration>> {
        let (now, mut due) = (inner.clock.now(), Timestamp(i64::MAX));
        loop {
            let Target::Provider(lead) = self.target() else { return Ok(None) };
            match inner.breakers.admit(project, lead, now) {
                Admission::Call(probe) => return Ok(probe),
                Admission::Skip(until) => due = due.min(until),
            }
            if self.at + 1 == self.route.targets().len() {
                let is_within = due <= self.since.plus_s(inner.limits.model_retry_s as i64);
                let pause = u64::try_from(due.since_us(now)).map(Duration::from_micros).unwrap_or_default();
                return Err(is_within.then_some(pause));
            }
            self.turn_to_next(now, "it is not called for a while");
        }
    }

    /// The call begins now. Waiting for its place took nothing of the budget of retries.
    pub(super) fn begins(&mut self, inner: &Inner) {
        if self.tries == 0 {
            self.since = inner.clock.now();
        }
    }

    fn turn_to_next(&mut self, now: Timestamp, reason: &str) {
        let from = self.asked().name;
        self.at += 1;
        (self.tries_here, self.since) = (0, now);
        let to = self.asked().name;
        tracing::warn!(from, to, reason, "a model failed, so its fallback answers");
    }

    pub(super) fn target(&self) -> &Target {
        &self.route.targets()[self.at]
    }

    pub(super) fn asked(&self) -> Asked {
        Asked::of(self.target(), &self.name, self.wished.clone())
    }

    /// Counts a failed call, and decides what follows. `shown` tells whether readers have seen a part of the answer.
    ///
    /// A passing failure is tried again within a budget of time, then at the next target. Readers who have seen a part
    /// of an answer get no other model's.
    pub(super) fn fail(&mut self, failure: &Failure, shown: bool, inner: &Inner) -> Next {
        self.tries += 1;
        self.tries_here += 1;
        if failure.fault == Fault::BlocksRefused && !self.without_blocks {
            self.without_blocks = true;
            return Next::Now;
        }
        if failure.fault == Fault::PicturesRefused && !self.without_pictures && !shown {
            self.without_pictures = true;
            return Next::Now;
        }
        if failure.fault == Fault::ContextTooLong && !self.too_long && !shown {
            self.too_long = true;
            return Next::Now;
        }
        if !failure.fault.is_transient() {
            return Next::Fail;
        }
        let (now, pause) = (inner.clock.now(), backoff(failure, self.tries_here));
        let ends_at = self.since.plus_s(inner.limits.model_retry_s as i64);
        let again_at = now.plus_us(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX / 2));
        if u64::from(self.tries_here) < inner.limits.model_tries && again_at <= ends_at {
            return Next::Wait(pause);
        }
        if shown || self.at + 1 == self.route.targets().len() {
            return Next::Fail;
        }
        self.turn_to_next(now, &failure.message);
        Next::Now
    }
}

/// The pause after so many failed calls: the one that the provider asks for, or a backoff of 0.2 s, 0.4 s, 0.8 s …, at
/// most half a minute.
pub(super) fn backoff(failure: &Failure, tries: u32) -> Duration {
    let backoff = Duration::from_millis(100 << tries.min(8)).min(Duration::from_secs(30));
    failure.retry_after.unwrap_or(backoff)
}

/// The failure of a turn whose model leads nowhere.
fn nowhere(name: &str, none: NoRoute) -> Halt {
    let code = match none {
        NoRoute::Disabled => codes::MODEL_DISABLED.to_string(),
        NoRoute::Unknown | NoRoute::Unrouted | NoRoute::Unset => Fault::Invalid.as_str().into(),
    };
    Halt::Fail { code, reason: format!("the model {name} {none}") }
}

/// The public name of the model for an agent's turn, or `scripted`.
fn chosen<'n>(models: &Models, settings: &'n Settings, controls: &'n Controls) -> &'n str {
    settings.chosen_model(controls).unwrap_or_else(|| models.default_name())
}

impl Inner {
    /// As [`chosen`], by the models of the project that are known.
    pub(crate) fn model_for(&self, project: ProjectId, settings: &Settings, controls: &Controls) -> String {
        chosen(&self.catalogues.guess(project), settings, controls).into()
    }

    /// The word of reasoning that the model of this name gets for a word.
    pub(crate) fn lowered(&self, project: ProjectId, model: &str, word: Reasoning) -> Reasoning {
        let route = self.catalogues.guess(project).route(model);
        let abilities = route.as_ref().ok().and_then(|route| route.first().abilities());
        abilities.map_or(word, |abilities| abilities.lowered_reasoning(word))
    }
}

/// Checks that the model of a turn can answer, and takes the words that the message itself chooses. Words that come
/// from the turn or from the agent are lowered later.
///
/// # Errors
/// `invalid` at `controls.model`, `controls.reasoning` or `controls.speed`. `conflict` if the agent's own model leads
/// nowhere, or the model is switched off.
pub(crate) fn check(models: &Models, settings: &Settings, of_turn: &Controls, own: &Controls) -> Result<()> {
    let controls = own.clone().over(of_turn).over(&settings.controls);
    let name = chosen(models, settings, &controls).to_owned();
    let route = models.route(&name).map_err(|none| match (&own.model, none) {
        (_, NoRoute::Disabled) => Error::conflict(codes::MODEL_DISABLED, format!("The model {name} {none}")),
        (Some(own), _) if *own == name => Error::field("controls.model", none.to_string()),
        (_, NoRoute::Unset) => {
            Error::conflict(codes::MODEL_WITHOUT_ROUTE, "The agent has no model, and there is no default one")
        }
        _ => Error::conflict(codes::MODEL_WITHOUT_ROUTE, format!("The agent's model {name} {none}")),
    })?;
    let Some(abilities) = route.first().abilities() else { return Ok(()) };
    if let Some(takes) = own.reasoning.and_then(|word| abilities.refuses_reasoning(word)) {
        return Err(refused("controls.reasoning", &name, takes.iter().map(|word: &Reasoning| word.as_str())));
    }
    if let Some(takes) = own.speed.and_then(|speed| abilities.refuses_speed(speed)) {
        return Err(refused("controls.speed", &name, takes.iter().map(|speed: &Speed| speed.as_str())));
    }
    Ok(())
}

fn refused(path: &str, model: &str, words: impl Iterator<Item = &'static str>) -> Error {
    Error::word(path, &format!("must be a word that {model} takes"), words.collect())
}
