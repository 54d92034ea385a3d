//! Which route a public name has.

use std::time::Duration;

use domain::controls::Speed;

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
type Entries<'e> = &'e [(&'e str, &'e str, &'e [&'e str])];

fn entries(entries: Entries<'_>) -> BTreeMap<String, RouteSettings> {
    let entry = |(pattern, model, fallback): &(&str, &str, &[&str])| {
        let configured = RouteSettings {
            provider: "local".into(),
            model: Some(String::from(*model)).filter(|model| !model.is_empty()),
            fallback: fallback.iter().map(|name| String::from(*name)).collect(),
            ..RouteSettings::default()
        };
        (String::from(*pattern), configured)
    };
    entries.iter().map(entry).collect()
}

fn routes(configured: Entries<'_>) -> Result<Routes, Misconfigured> {
    Routes::new(vec![provider("local")], entries(configured))
}

/// The routes with a project's own ones, to its provider `local`.
fn owned(base: &Routes, own: Entries<'_>) -> Routes {
    base.with_own(vec![provider("local")], entries(own), BTreeSet::new())
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
    let entries = BTreeMap::from([("a".into(), RouteSettings { provider: "far".into(), ..RouteSettings::default() })]);
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

#[test]
fn a_projects_route_wins_by_its_exact_name_and_for_it_alone() {
    let base = routes(&[("gpt-*", "base", &[]), ("one", "base one", &["gpt-5.5"])]).expect("routes");
    let own = owned(&base, &[("gpt-5.5", "mine", &["one"]), ("fast", "quick", &["gpt-5.4"])]);
    for (name, mine, anothers) in [
        ("gpt-5.5", Ok("mine base one"), Ok("base")),
        ("gpt-5.4", Ok("base"), Ok("base")),
        ("one", Ok("base one mine"), Ok("base one base")),
        ("fast", Ok("quick base"), Err(NoRoute::Unknown)),
    ] {
        assert_eq!((led(&own, name).as_deref(), led(&base, name).as_deref()), (mine.as_deref(), anothers.as_deref()));
        assert!(own.names(name));
    }
    assert!(!base.names("fast") && own.own_names().eq(["fast", "one"]));
    let leads = own.leads("fast").expect("leads");
    assert_eq!(leads.iter().map(|lead| lead.is_own).collect::<Vec<_>>(), [true, false]);
    let said = own.check_own("gpt-5.5").expect_err("a circle").to_string();
    assert_eq!(said, "gpt-5.5, fallback: must not lead in a circle: gpt-5.5 → one → gpt-5.5");
}

#[test]
fn a_projects_route_is_a_whole_name_and_leads_to_its_own_provider() {
    let base = routes(&[("gpt-*", "", &[])]).expect("routes");
    for (own, expected) in [
        (&[("glm-*", "", &[][..])][..], "glm-*, : must be a whole name"),
        (&[("default", "", &[])], "default, model: must be given for the route `default`"),
        (&[("echo", "", &[])], "echo, : must be another name"),
        (&[("a", "", &["glm-5"])], "a, fallback: must name models that lead somewhere; `glm-5` leads to no"),
    ] {
        let said = owned(&base, own).check_own(own[0].0).expect_err("a mistake").to_string();
        assert!(said.starts_with(expected), "{said}");
    }
    assert_eq!(owned(&base, &[("a", "", &["gpt-5.5"])]).check_own("a"), Ok(()));
    let none = base.with_own(Vec::new(), entries(&[("a", "", &[])]), BTreeSet::new());
    let said = none.check_own("a").expect_err("the provider is the installation's").to_string();
    assert_eq!(said, "a, provider: must name a provider of the project: there is none");
}

#[test]
fn a_route_that_is_switched_off_leaves_the_answer_to_its_fallbacks() {
    let base = routes(&[("gpt-*", "", &[]), ("one", "", &["gpt-5.5"])]).expect("routes");
    let off = |names: &[&str]| names.iter().map(|name| String::from(*name)).collect();
    let one = base.with_own(Vec::new(), BTreeMap::new(), off(&["one"]));
    assert_eq!(led(&one, "one").as_deref(), Ok("gpt-5.5"));
    let both = base.with_own(Vec::new(), BTreeMap::new(), off(&["one", "gpt-*"]));
    assert_eq!((led(&both, "one"), led(&both, "gpt-5.4")), (Err(NoRoute::Disabled), Err(NoRoute::Disabled)));
    let mut own = entries(&[("one", "mine", &["two"]), ("two", "", &["one"])]);
    own.values_mut().for_each(|entry| entry.disabled = true);
    let own = base.with_own(vec![provider("local")], own, BTreeSet::new());
    assert_eq!(led(&own, "one"), Err(NoRoute::Disabled), "and no circle is walked for ever");
    let lead = &base.leads("one").expect("a lead")[0];
    assert!(one.is_off(lead) && !own.is_off(lead) && !base.is_off(lead));
}
