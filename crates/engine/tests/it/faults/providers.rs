//! Models that lead to peers.

use std::{collections::BTreeMap, time::Duration};

use providers::{Kind, Models, Protocol, Provider, ProviderSettings, RouteSettings, Routes, Times};

/// The kind of a provider and its setting for a wire of this name.
fn wire(name: &str) -> (Kind, Option<Protocol>) {
    match name {
        "chat" => (Kind::Openai, Some(Protocol::Chat)),
        "responses" => (Kind::Openai, Some(Protocol::Responses)),
        "anthropic" => (Kind::Anthropic, None),
        "gemini" => (Kind::Gemini, None),
        other => panic!("there is no wire {other}"),
    }
}

/// Models of these public names, each over a wire at a peer's address. A silence of the peer counts as a fault after
/// `patience`.
pub fn models(leads: &[(&str, &str, &str)], patience: Duration) -> Models {
    let mut routes = BTreeMap::new();
    let mut providers = Vec::new();
    for (name, spoken, url) in leads {
        let (kind, wire) = wire(spoken);
        let provider = format!("provider-of-{name}");
        let route = RouteSettings { provider: provider.clone(), model: Some("one".into()), ..RouteSettings::default() };
        routes.insert((*name).to_owned(), route);
        let times = Times { between: patience, first_token: patience, ..Times::all(Duration::from_secs(60)) };
        let settings = ProviderSettings {
            name: provider,
            kind,
            base_url: Some((*url).to_owned()),
            wire,
            key: None,
            ca_file: None,
            times,
        };
        providers.push(Provider::new(settings).expect("a provider"));
    }
    Models::new(Routes::new(providers, routes).expect("routes that lead to them"))
}
