//! The public names of models.

use domain::{
    caller::{Scope, Scopes},
    model::{self, CATALOGUE},
};
use engine::testing::{
    Choices,
    peers::{Peer, Plays, models, route},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{Api, each, reply};

async fn api() -> (Api, Peer) {
    let peer = Peer::start([Plays::Says("Hi.")]).await;
    let mut opus = route("far", "claude-opus-4-8");
    opus.fallback = vec!["house".into()];
    let routes = [("claude-opus-4-8", opus), ("house", route("near", "tiny")), ("lab-*", route("far", "tiny"))];
    let models = models(vec![peer.provider("far"), peer.provider("near")], routes);
    (Api::with(Choices { models, ..Choices::default() }).await, peer)
}

fn named<'m>(models: &'m [Value], name: &str) -> &'m Value {
    models.iter().find(|model| model["name"] == name).unwrap_or_else(|| panic!("no {name}"))
}

#[tokio::test]
async fn each_name_says_what_its_model_can_do_and_where_it_leads() {
    let (api, peer) = api().await;
    let models = api.list("/models").await;
    let names: Vec<Value> = CATALOGUE.iter().map(|model| json!(model.name)).chain([json!("house")]).collect();
    assert_eq!(each(&models, "name"), names, "a pattern is no name");
    let place = |name: &str, provider: &str, model: &str| json!({"name": name, "provider": provider, "wire": "chat", "base_url": peer.base_url, "model": model});
    let mut way = place("claude-opus-4-8", "far", "claude-opus-4-8");
    way["fallbacks"] = json!([place("house", "near", "tiny")]);
    assert_eq!(
        *named(&models, "claude-opus-4-8"),
        json!({
            "id": model::id("claude-opus-4-8").to_string(), "name": "claude-opus-4-8", "display_name": "Claude Opus 4.8",
            "vendor": "anthropic", "connected": true, "route": way,
            "context_tokens": 1_000_000, "input_tokens": 872_000, "output_tokens": 128_000, "images": true, "tools": true,
            "reasoning": ["off", "none", "on", "low", "medium", "high", "xhigh", "max"], "speeds": ["default", "standard"],
            "prices": [{
                "above_input_tokens": 0, "input_usd": "5", "output_usd": "25", "cache_read_usd": "0.5",
                "cache_write_usd": "6.25",
            }],
        })
    );
    let mut way = place("house", "near", "tiny");
    way["fallbacks"] = json!([]);
    assert_eq!(
        *named(&models, "house"),
        json!({
            "id": model::id("house").to_string(), "name": "house", "display_name": "house", "connected": true, "route": way,
            "context_tokens": null, "input_tokens": null, "output_tokens": null, "images": null, "tools": null,
            "reasoning": null, "speeds": null, "prices": null,
        })
    );
    let gpt = named(&models, "gpt-5.5");
    assert_eq!((&gpt["connected"], gpt.get("route")), (&json!(false), None));
    assert_eq!(gpt["prices"][1]["above_input_tokens"], 272_000);
    assert_eq!(gpt["prices"][0]["fast_percent"], 250);
    let grok = named(&models, "grok-4-1-fast");
    assert_eq!((&grok["nearest"], &grok["connected"]), (&json!("grok-4.3"), &json!(false)));
    let echo = named(&models, "echo");
    assert_eq!((&echo["connected"], &echo["tools"], echo.get("route")), (&json!(true), &json!(false), None));
}

#[tokio::test]
async fn models_come_in_pages() {
    let (api, _peer) = api().await;
    let all = api.list("/models").await;
    let (paged, pages) = api.pages("/models?limit=10").await;
    assert_eq!((paged, pages), (all, CATALOGUE.len().div_ceil(10)));
    for query in ["limit=0", "limit=1001", "limit=x"] {
        assert_eq!(api.get(&format!("/models?{query}")).await.at_fault(), "limit", "{query}");
    }
    api.get("/models?cursor=x").await.refused(400);
}

#[tokio::test]
async fn the_providers_address_is_for_those_who_administer_the_installation() {
    let (api, peer) = api().await;
    let (_, theirs) = api.test().other_project().await;
    let reader = api.test().new_key(Scopes::of(&[Scope::Read])).await;
    for key in [theirs, reader] {
        let shown = reply(api.bare(Method::GET, "/threadline/v1/models").bearer_auth(key)).await.is(200);
        let models = shown["data"].as_array().unwrap();
        assert_eq!(named(models, "house")["route"]["provider"], "near");
        assert!(!shown.to_string().contains(&peer.base_url), "{shown}");
    }
}
