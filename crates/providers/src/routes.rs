//! Routes: where the public names of models lead.

mod abilities;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use domain::model::{self, Abilities, ECHO, SCRIPTED};
pub use domain::provider::{Overrides, RouteSettings};

use crate::provider::{Protocol, Provider};

/// The name of the route that serves every name of the catalogue without a route of its own, and agents without a model.
pub const DEFAULT: &str = "default";

/// All providers and routes of an installation, and a project's own ones. Empty while no provider is configured. Cheap to
/// clone.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    base: Arc<Table>,
    /// Those of a project. Their names are exact, and win over the installation's.
    own: Arc<Table>,
    /// The patterns of the installation's routes that are switched off.
    off: Arc<BTreeSet<String>>,
}

#[derive(Debug, Default)]
struct Table {
    providers: BTreeMap<String, Arc<Provider>>,
    entries: BTreeMap<String, RouteSettings>,
}

/// The place to which a public name leads.
#[derive(Clone, Debug)]
pub struct Lead {
    /// The public name. For a fallback: its own.
    pub name: String,
    pub provider: Arc<Provider>,
    pub wire: Protocol,
    /// The provider's name of the model.
    pub model: String,
    /// Absent for a model that neither the catalogue nor the configuration knows.
    pub abilities: Option<Abilities>,
    /// Most tokens of an answer, as the configuration bounds it. Absent: the model's own bound.
    pub most_output: Option<u64>,
    /// The name or pattern of the route.
    pub route: String,
    /// True for a route of the project.
    pub is_own: bool,
}

/// The reason why a public name leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRoute {
    #[error("is not a known model")]
    Unknown,
    #[error("leads to no provider: there is no route for it, and no default one")]
    Unrouted,
    #[error("must be set: there is no default model")]
    Unset,
    #[error("is switched off, and no fallback answers in its place")]
    Disabled,
}

/// A mistake in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{pattern}, {field}: {wrong}")]
pub struct Misconfigured {
    /// The name or pattern of the route.
    pub pattern: String,
    /// The field at fault. Empty: the pattern itself.
    pub field: &'static str,
    /// Starts with "must".
    pub wrong: String,
}

/// A route as it was found for a name.
#[derive(Clone, Copy, Debug)]
struct Found<'r> {
    pattern: &'r str,
    entry: &'r RouteSettings,
    is_own: bool,
}

impl Routes {
    /// Checks the whole configuration, so that every route leads somewhere.
    ///
    /// # Errors
    /// The first mistake: a bad pattern, an unknown provider, a fallback that leads nowhere, or fallbacks in a circle.
    pub fn new(providers: Vec<Provider>, entries: BTreeMap<String, RouteSettings>) -> Result<Self, Misconfigured> {
        let routes = Self { base: Arc::new(Table::new(providers, entries)), ..Self::default() };
        for (pattern, entry) in &routes.base.entries {
            routes.check(pattern, entry, false)?;
        }
        for (pattern, entry) in &routes.base.entries {
            routes.check_circle(Found { pattern, entry, is_own: false }, &mut Vec::new())?;
        }
        Ok(routes)
    }

    /// These routes as a project has them: with its own providers and routes, and without the installation's routes of
    /// the patterns `off`. Own routes lead to own providers alone.
    ///
    /// Nothing is checked: a route that leads nowhere, because the configuration has changed, is refused when it is used.
    #[must_use]
    pub fn with_own(
        &self,
        providers: Vec<Provider>,
        entries: BTreeMap<String, RouteSettings>,
        off: BTreeSet<String>,
    ) -> Self {
        Self { base: self.base.clone(), own: Arc::new(Table::new(providers, entries)), off: Arc::new(off) }
    }

    /// Checks the project's own route of this name.
    ///
    /// # Errors
    /// As [`Self::new`]; also a pattern, or a route [`DEFAULT`] without a model.
    pub fn check_own(&self, name: &str) -> Result<(), Misconfigured> {
        let Some((pattern, entry)) = self.own.entries.get_key_value(name) else { return Ok(()) };
        self.check(pattern, entry, true)?;
        self.check_circle(Found { pattern, entry, is_own: true }, &mut Vec::new())
    }

    /// Tells whether the installation has no provider.
    pub fn is_empty(&self) -> bool {
        self.base.providers.is_empty()
    }

    /// The installation's providers.
    pub fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.base.providers.values().map(AsRef::as_ref)
    }

    /// The installation's routes by name or pattern.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &RouteSettings)> {
        self.base.entries.iter().map(|(pattern, entry)| (pattern.as_str(), entry))
    }

    /// The installation's routes by name or pattern, each with the lead of one of its names. `None` for a route to which no
    /// name leads: a pattern or [`DEFAULT`] without a model, of which no name of the catalogue is left.
    pub fn samples(&self) -> Vec<(String, Option<Arc<Lead>>)> {
        let sample = |(pattern, entry): (&String, &RouteSettings)| {
            let found = Found { pattern, entry, is_own: false };
            let leads_here = |name: &&str| self.entry(name).is_ok_and(|other| other.pattern == *pattern);
            let name = match pattern.strip_suffix('*') {
                None if pattern != DEFAULT || entry.model.is_some() => Some(pattern.as_str()),
                Some(start) if entry.model.is_some() => Some(start),
                _ => model::CATALOGUE.iter().map(|model| model.name).find(leads_here),
            };
            (pattern.clone(), name.and_then(|name| self.lead(name, &found)).map(Arc::new))
        };
        self.base.entries.iter().map(sample).collect()
    }

    /// The project's own routes by name, each with its lead, switched off or not. `None` if its provider is gone.
    pub fn own(&self) -> impl Iterator<Item = (&str, Option<Lead>)> {
        self.own.entries.iter().map(|(name, entry)| {
            let found = Found { pattern: name, entry, is_own: true };
            (name.as_str(), self.lead(name, &found))
        })
    }

    /// The exact names of routes outside of the catalogue, [`DEFAULT`] among them if it names its model.
    pub fn own_names(&self) -> impl Iterator<Item = &str> {
        let own = |(name, entry): &(&String, &RouteSettings)| match name.as_str() {
            DEFAULT => entry.model.is_some(),
            name => !name.ends_with('*') && model::by_name(name).is_none(),
        };
        let all: BTreeMap<_, _> = self.base.entries.iter().chain(&self.own.entries).collect();
        all.into_iter().filter(own).map(|(name, _)| name.as_str())
    }

    /// Tells whether a route names the model, by its exact name or by a pattern.
    pub fn names(&self, name: &str) -> bool {
        self.named(name).is_some_and(|found| name != DEFAULT || found.entry.model.is_some())
    }

    /// Tells whether the name has a route, switched off or not.
    pub fn has(&self, name: &str) -> bool {
        self.entry(name).is_ok()
    }

    /// Tells whether the project has a route of this name.
    pub fn has_own(&self, name: &str) -> bool {
        self.own.entries.contains_key(name)
    }

    /// The leads of a public name: its own, and those of its fallbacks behind it, each once. Routes that are switched off
    /// have none.
    ///
    /// # Errors
    /// [`NoRoute`].
    pub fn leads(&self, name: &str) -> Result<Vec<Arc<Lead>>, NoRoute> {
        let (mut leads, mut seen) = (Vec::new(), Vec::new());
        self.collect(name, &mut leads, &mut seen)?;
        if leads.is_empty() { Err(NoRoute::Disabled) } else { Ok(leads) }
    }

    /// Tells whether the route of the lead is switched off.
    pub fn is_off(&self, lead: &Lead) -> bool {
        match lead.is_own {
            true => self.own.entries.get(&lead.route).is_some_and(|entry| entry.disabled),
            false => self.off.contains(&lead.route),
        }
    }

    fn collect<'r>(
        &'r self,
        name: &'r str,
        leads: &mut Vec<Arc<Lead>>,
        seen: &mut Vec<&'r str>,
    ) -> Result<(), NoRoute> {
        let found = self.entry(name)?;
        seen.push(name);
        if let Some(lead) = self.lead(name, &found).filter(|lead| !self.is_off(lead)) {
            leads.push(Arc::new(lead));
        }
        for fallback in &found.entry.fallback {
            if !seen.contains(&fallback.as_str()) {
                // The configuration may have changed since a project named the fallback.
                let _ = self.collect(fallback, leads, seen);
            }
        }
        Ok(())
    }

    /// `None` if the provider is gone.
    fn lead(&self, name: &str, found: &Found<'_>) -> Option<Lead> {
        let Found { pattern, entry, is_own } = *found;
        let nearest = model::by_name(name).and_then(model::Model::nearest);
        let model = entry.model.as_deref().or(nearest).unwrap_or(name);
        let known = model::abilities(model);
        let provider = self.table(is_own).providers.get(&entry.provider)?.clone();
        let wire = provider.protocol(known.is_some_and(|abilities| abilities.only_responses));
        let abilities = abilities::over(&entry.overrides, known, wire);
        let (route, most_output) = (pattern.into(), entry.overrides.output);
        Some(Lead { name: name.into(), provider, wire, model: model.into(), abilities, most_output, route, is_own })
    }

    fn table(&self, is_own: bool) -> &Table {
        if is_own { &self.own } else { &self.base }
    }

    /// The route of a public name: the exact name, else the longest pattern, else for a retired model the route of its
    /// nearest, else the default one.
    fn entry(&self, name: &str) -> Result<Found<'_>, NoRoute> {
        if let Some(found) = self.named(name) {
            let is_named = name != DEFAULT || found.entry.model.is_some();
            return if is_named { Ok(found) } else { Err(NoRoute::Unset) };
        }
        if name == DEFAULT {
            return Err(NoRoute::Unset);
        }
        let model = model::by_name(name).filter(|model| model.name != ECHO).ok_or(NoRoute::Unknown)?;
        let nearest = model.nearest().and_then(|nearest| self.named(nearest));
        nearest.or_else(|| self.base.named(DEFAULT)).ok_or(NoRoute::Unrouted)
    }

    /// The project's route of the exact name, else the installation's.
    fn named(&self, name: &str) -> Option<Found<'_>> {
        let own = self.own.entries.get_key_value(name);
        let own = own.map(|(pattern, entry)| Found { pattern, entry, is_own: true });
        own.or_else(|| self.base.named(name))
    }

    fn check(&self, pattern: &str, entry: &RouteSettings, is_own: bool) -> Result<(), Misconfigured> {
        let bad = |field, wrong| Err(Misconfigured { pattern: pattern.into(), field, wrong });
        if pattern.is_empty() || pattern.strip_suffix('*').unwrap_or(pattern).contains('*') {
            return bad("", "must be a name, or the beginning of names with one `*` at its end".into());
        }
        if [ECHO, SCRIPTED].contains(&pattern) {
            return bad("", format!("must be another name: `{pattern}` answers without a provider"));
        }
        if is_own && pattern.ends_with('*') {
            return bad("", "must be a whole name".into());
        }
        if is_own && pattern == DEFAULT && entry.model.is_none() {
            return bad("model", "must be given for the route `default`".into());
        }
        let providers = &self.table(is_own).providers;
        if !providers.contains_key(&entry.provider) {
            let names: Vec<&str> = providers.keys().map(String::as_str).collect();
            let names = if names.is_empty() { "there is none".into() } else { names.join(", ") };
            let whose = if is_own { "of the project" } else { "under `providers`" };
            return bad("provider", format!("must name a provider {whose}: {names}"));
        }
        for name in &entry.fallback {
            if let Err(nowhere) = self.entry(name) {
                return bad("fallback", format!("must name models that lead somewhere; `{name}` {nowhere}"));
            }
        }
        Ok(())
    }

    /// Walks along the fallbacks. `way` has the routes that lead here.
    fn check_circle<'r>(&'r self, found: Found<'r>, way: &mut Vec<Found<'r>>) -> Result<(), Misconfigured> {
        if way.iter().any(|passed| (passed.pattern, passed.is_own) == (found.pattern, found.is_own)) {
            let circle: Vec<&str> = way.iter().chain([&found]).map(|found| found.pattern).collect();
            let wrong = format!("must not lead in a circle: {}", circle.join(" → "));
            return Err(Misconfigured { pattern: way[0].pattern.into(), field: "fallback", wrong });
        }
        way.push(found);
        for name in &found.entry.fallback {
            // A project's fallback need not be a route of the installation.
            if let Ok(next) = self.entry(name) {
                self.check_circle(next, way)?;
            }
        }
        way.pop();
        Ok(())
    }
}

impl Table {
    fn new(providers: Vec<Provider>, entries: BTreeMap<String, RouteSettings>) -> Self {
        Self { providers: providers.into_iter().map(|one| (one.name.clone(), Arc::new(one))).collect(), entries }
    }

    /// The exact name's route, else the one of the longest pattern.
    fn named(&self, name: &str) -> Option<Found<'_>> {
        let fits = |pattern: &str| match pattern.strip_suffix('*') {
            Some(start) => name != DEFAULT && name.starts_with(start),
            None => pattern == name,
        };
        let fitting = self.entries.iter().filter(|(pattern, _)| fits(pattern));
        let found = fitting.max_by_key(|(pattern, _)| (!pattern.ends_with('*'), pattern.len()));
        found.map(|(pattern, entry)| Found { pattern, entry, is_own: false })
    }
}
