//! Routes: where the public names of models lead.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    controls::{Reasoning, Speed},
    model::{self, Abilities, ECHO, SCRIPTED, Style, Tier},
    usage::Price,
};

use crate::provider::{Protocol, Provider};

/// The name of the route that serves every name of the catalogue without a route of its own, and agents without a model.
pub const DEFAULT: &str = "default";

/// A route, as it is configured for a public name, for a pattern that ends in `*`, or for [`DEFAULT`].
#[derive(Clone, Debug, Default)]
pub struct RouteSettings {
    /// The name of a provider.
    pub provider: String,
    /// The provider's name of the model. Absent: the public one.
    pub model: Option<String>,
    /// Public names, tried in order when this route fails for a passing reason.
    pub fallback: Vec<String>,
    pub overrides: Overrides,
}

/// Abilities that the configuration sets instead of the catalogue's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overrides {
    pub context: Option<u64>,
    pub output: Option<u64>,
    pub images: Option<bool>,
    pub reasoning: Option<Vec<Reasoning>>,
    pub speeds: Option<Vec<Speed>>,
    pub price: Option<Price>,
}

/// All providers and routes of an installation. Empty while no provider is configured.
#[derive(Clone, Debug, Default)]
pub struct Routes {
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

impl Routes {
    /// Checks the whole configuration, so that every route leads somewhere.
    ///
    /// # Errors
    /// The first mistake: a bad pattern, an unknown provider, a fallback that leads nowhere, or fallbacks in a circle.
    pub fn new(providers: Vec<Provider>, entries: BTreeMap<String, RouteSettings>) -> Result<Self, Misconfigured> {
        let providers = providers.into_iter().map(|one| (one.name.clone(), Arc::new(one))).collect();
        let routes = Self { providers, entries };
        for (pattern, entry) in &routes.entries {
            routes.check(pattern, entry)?;
        }
        for pattern in routes.entries.keys() {
            routes.check_circle(pattern, &mut Vec::new())?;
        }
        Ok(routes)
    }

    /// Tells whether no provider is configured.
    pub fn is_empty(&self) -> bool {
        self.providers.is_empty()
    }

    pub fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.providers.values().map(AsRef::as_ref)
    }

    /// The exact names of routes outside of the catalogue, [`DEFAULT`] among them if it names its model.
    pub fn own_names(&self) -> impl Iterator<Item = &str> {
        let own = |(name, entry): &(&String, &RouteSettings)| match name.as_str() {
            DEFAULT => entry.model.is_some(),
            name => !name.ends_with('*') && model::by_name(name).is_none(),
        };
        self.entries.iter().filter(own).map(|(name, _)| name.as_str())
    }

    /// Tells whether a route names the model, by its exact name or by a pattern.
    pub fn names(&self, name: &str) -> bool {
        self.own_entry(name).is_some_and(|(_, entry)| name != DEFAULT || entry.model.is_some())
    }

    /// The lead of a public name, with those of its fallbacks behind it, each once.
    ///
    /// # Errors
    /// [`NoRoute`].
    pub fn leads(&self, name: &str) -> Result<Vec<Arc<Lead>>, NoRoute> {
        let mut leads = Vec::new();
        self.collect(name, &mut leads)?;
        Ok(leads)
    }

    fn collect(&self, name: &str, leads: &mut Vec<Arc<Lead>>) -> Result<(), NoRoute> {
        let (_, entry) = self.entry(name)?;
        leads.push(Arc::new(self.lead(name, entry)));
        for fallback in &entry.fallback {
            if leads.iter().all(|lead| lead.name != *fallback) {
                self.collect(fallback, leads)?;
            }
        }
        Ok(())
    }

    fn lead(&self, name: &str, entry: &RouteSettings) -> Lead {
        let nearest = model::by_name(name).and_then(model::Model::nearest);
        let model = entry.model.as_deref().or(nearest).unwrap_or(name);
        let known = model::abilities(model);
        let provider = self.providers.get(&entry.provider).expect("the provider was checked").clone();
        let wire = provider.protocol(known.is_some_and(|abilities| abilities.only_responses));
        let abilities = entry.overrides.over(known, wire);
        let most_output = entry.overrides.output;
        Lead { name: name.into(), provider, wire, model: model.into(), abilities, most_output }
    }

    /// The route of a public name with its pattern: the exact name, else the longest pattern, else for a retired model
    /// the route of its nearest, else the default one.
    fn entry(&self, name: &str) -> Result<(&str, &RouteSettings), NoRoute> {
        if let Some(found) = self.own_entry(name) {
            let is_named = name != DEFAULT || found.1.model.is_some();
            return if is_named { Ok(found) } else { Err(NoRoute::Unset) };
        }
        if name == DEFAULT {
            return Err(NoRoute::Unset);
        }
        let model = model::by_name(name).filter(|model| model.name != ECHO).ok_or(NoRoute::Unknown)?;
        let nearest = model.nearest().and_then(|nearest| self.own_entry(nearest));
        nearest.or_else(|| self.own_entry(DEFAULT)).ok_or(NoRoute::Unrouted)
    }

    /// The exact name's route, else the one of the longest pattern.
    fn own_entry(&self, name: &str) -> Option<(&str, &RouteSettings)> {
        let fits = |pattern: &str| match pattern.strip_suffix('*') {
            Some(start) => name != DEFAULT && name.starts_with(start),
            None => pattern == name,
        };
        let fitting = self.entries.iter().filter(|(pattern, _)| fits(pattern));
        let found = fitting.max_by_key(|(pattern, _)| (!pattern.ends_with('*'), pattern.len()));
        found.map(|(pattern, entry)| (pattern.as_str(), entry))
    }

    fn check(&self, pattern: &str, entry: &RouteSettings) -> Result<(), Misconfigured> {
        let bad = |field, wrong| Err(Misconfigured { pattern: pattern.into(), field, wrong });
        if pattern.is_empty() || pattern.strip_suffix('*').unwrap_or(pattern).contains('*') {
            return bad("", "must be a name, or the beginning of names with one `*` at its end".into());
        }
        if [ECHO, SCRIPTED].contains(&pattern) {
            return bad("", format!("must be another name: `{pattern}` answers without a provider"));
        }
        if !self.providers.contains_key(&entry.provider) {
            let names: Vec<&str> = self.providers.keys().map(String::as_str).collect();
            let names = if names.is_empty() { "there is none".into() } else { names.join(", ") };
            return bad("provider", format!("must name a provider under `providers`: {names}"));
        }
        for name in &entry.fallback {
            if let Err(nowhere) = self.entry(name) {
                return bad("fallback", format!("must name models that lead somewhere; `{name}` {nowhere}"));
            }
        }
        Ok(())
    }

    /// Walks along the fallbacks. `way` has the patterns that lead here.
    fn check_circle<'r>(&'r self, pattern: &'r str, way: &mut Vec<&'r str>) -> Result<(), Misconfigured> {
        if way.contains(&pattern) {
            let circle = way.iter().chain([&pattern]).copied().collect::<Vec<_>>().join(" → ");
            let wrong = format!("must not lead in a circle: {circle}");
            return Err(Misconfigured { pattern: way[0].into(), field: "fallback", wrong });
        }
        way.push(pattern);
        for name in &self.entries[pattern].fallback {
            let (next, _) = self.entry(name).expect("fallbacks were checked");
            self.check_circle(next, way)?;
        }
        way.pop();
        Ok(())
    }
}

impl Overrides {
    /// The abilities with these instead. `None` if nothing is known. A model outside of the catalogue is told to reason
    /// in the newest way of its wire.
    fn over(&self, known: Option<&Abilities>, wire: Protocol) -> Option<Abilities> {
        if *self == Self::default() {
            return known.cloned();
        }
        let Self { context, output, images, reasoning, speeds, price } = self.clone();
        let newest = || match wire {
            Protocol::Anthropic => Abilities { style: Style::Adaptive, ..Abilities::default() },
            Protocol::Chat | Protocol::Responses | Protocol::Gemini => Abilities::default(),
        };
        let mut abilities = known.cloned().unwrap_or_else(newest);
        if context.is_some() {
            // The bound of the input belongs to the window that the catalogue knows.
            (abilities.context, abilities.input) = (context, None);
        }
        abilities.output = output.or(abilities.output);
        abilities.images = images.or(abilities.images);
        abilities.reasoning = reasoning.or(abilities.reasoning);
        abilities.speeds = speeds.or(abilities.speeds);
        if let Some(price) = price {
            abilities.prices = vec![Tier { above: 0, price, fast_percent: None }];
        }
        Some(abilities)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::provider::{Kind, ProviderSettings, Times};

    fn provider(name: &str) -> Provider {
        let times = Times::all(Duration::from_secs(1));
        let base_url = Some("http://127.0.0.1:1".into());
        let (kind, wire, key, ca_file) = (Kind::Openai, None, None, None);
        Provider::new(ProviderSettings { name: name.into(), kind, base_url, wire, key, ca_file, times })
            .expect("there is no CA file")
    }

    /// Routes to the provider `local`: pattern, the provider's model or nothing, fallbacks.
    fn routes(entries: &[(&str, &str, &[&str])]) -> Result<Routes, Misconfigured> {
        let entry = |(pattern, model, fallback): &(&str, &str, &[&str])| {
            let configured = RouteSettings {
                provider: "local".into(),
                model: Some(String::from(*model)).filter(|model| !model.is_empty()),
                fallback: fallback.iter().map(|name| String::from(*name)).collect(),
                overrides: Overrides::default(),
            };
            (String::from(*pattern), configured)
        };
        Routes::new(vec![provider("local")], entries.iter().map(entry).collect())
    }

    fn led(routes: &Routes, name: &str) -> Result<String, NoRoute> {
        Ok(routes.leads(name)?.iter().map(|lead| lead.model.clone()).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn an_exact_name_wins_then_the_longest_pattern_then_the_default() {
        let routes = routes(&[
            ("claude-*", "any claude", &[]),
            ("claude-opus-*", "any opus", &[]),
            ("claude-opus-4-8", "that opus", &[]),
            ("own", "", &[]),
            ("default", "the rest", &[]),
        ])
        .expect("routes");
        for (name, model) in [
            ("claude-opus-4-8", Ok("that opus")),
            ("claude-opus-4-7", Ok("any opus")),
            ("claude-haiku-4-5", Ok("any claude")),
            ("claude-of-tomorrow", Ok("any claude")),
            ("own", Ok("own")),
            ("gpt-5.5", Ok("the rest")),
            ("default", Ok("the rest")),
            ("gpt-9", Err(NoRoute::Unknown)),
        ] {
            assert_eq!(led(&routes, name), model.map(String::from), "{name}");
        }
    }

    #[test]
    fn a_name_without_a_route_needs_a_default_one() {
        let without = routes(&[("gpt-*", "", &[])]).expect("routes");
        assert_eq!(led(&without, "gpt-5.5").as_deref(), Ok("gpt-5.5"));
        assert_eq!(led(&without, "glm-5"), Err(NoRoute::Unrouted));
        assert_eq!(led(&without, "default"), Err(NoRoute::Unset));
        let unnamed = routes(&[("default", "", &[])]).expect("routes");
        assert_eq!(led(&unnamed, "glm-5").as_deref(), Ok("glm-5"));
        assert_eq!(led(&unnamed, "default"), Err(NoRoute::Unset), "the default route names no model");
    }

    #[test]
    fn a_retired_model_leads_to_its_nearest() {
        for (entries, model) in [
            (&[("grok-4.3", "", &[][..]), ("default", "the rest", &[])][..], "grok-4.3"),
            (&[("grok-*", "", &[])], "grok-4.3"),
            (&[("grok-4-1-fast", "old", &[])], "old"),
            (&[("default", "the rest", &[])], "the rest"),
        ] {
            let routes = routes(entries).expect("routes");
            assert_eq!(led(&routes, "grok-4-1-fast").as_deref(), Ok(model));
        }
    }

    #[test]
    fn fallbacks_follow_in_order_and_each_once() {
        let routes = routes(&[
            ("one", "", &["two", "three"]),
            ("two", "", &["three", "four"]),
            ("three", "", &[]),
            ("four", "", &["gpt-5.5"]),
            ("default", "the rest", &[]),
        ])
        .expect("routes");
        assert_eq!(led(&routes, "one").as_deref(), Ok("one two three four the rest"));
    }

    #[test]
    fn a_route_that_leads_nowhere_is_named() {
        for (entries, expected) in [
            (&[("a", "", &["b"][..])][..], "a, fallback: must name models that lead somewhere; `b` is not a known"),
            (&[("a", "", &["glm-5"])], "`glm-5` leads to no provider"),
            (&[("a.b", "", &["a.b"])], "a.b, fallback: must not lead in a circle: a.b → a.b"),
            (&[("a", "", &["b"]), ("b", "", &["a"])], "a, fallback: must not lead in a circle: a → b → a"),
            (&[("default", "", &["glm-5"])], "must not lead in a circle: default → default"),
            (&[("a*b", "", &[])], "a*b, : must be a name, or"),
            (&[("a**", "", &[])], "a**, : must be a name, or"),
            (&[("echo", "", &[])], "echo, : must be another name"),
        ] {
            let said = routes(entries).expect_err("refused").to_string();
            assert!(said.contains(expected), "{said}");
        }
        let entries =
            BTreeMap::from([("a".into(), RouteSettings { provider: "far".into(), ..RouteSettings::default() })]);
        let said = Routes::new(vec![provider("local")], entries).expect_err("refused").to_string();
        assert_eq!(said, "a, provider: must name a provider under `providers`: local");
    }

    #[test]
    fn abilities_are_those_of_the_providers_model_and_may_be_overridden() {
        let overrides = Overrides { context: Some(8192), speeds: Some(vec![Speed::Fast]), ..Overrides::default() };
        let entry = |model: &str, overrides: &Overrides| RouteSettings {
            provider: "local".into(),
            model: Some(model.into()),
            overrides: overrides.clone(),
            ..RouteSettings::default()
        };
        let none = Overrides::default();
        let entries = [
            ("claude-opus-4-8", entry("glm-5", &none)),
            ("gpt-5.5", entry("gpt-5.5", &overrides)),
            ("gpt-5.4", entry("llama", &overrides)),
            ("glm-5", entry("llama", &none)),
        ];
        let entries = entries.into_iter().map(|(name, entry)| (String::from(name), entry)).collect();
        let routes = Routes::new(vec![provider("local")], entries).expect("routes");
        let of = |name: &str| routes.leads(name).expect("a lead")[0].abilities.clone();
        assert_eq!(of("claude-opus-4-8").as_ref(), model::abilities("glm-5"));
        assert_eq!(of("glm-5"), None);
        let mended = of("gpt-5.5").expect("abilities");
        assert_eq!((mended.context, mended.input, mended.output), (Some(8192), None, Some(128_000)));
        assert_eq!(mended.speeds, Some(vec![Speed::Fast]));
        let llama = of("gpt-5.4").expect("abilities");
        assert_eq!((llama.context, llama.output, llama.reasoning), (Some(8192), None, None));
    }
}
