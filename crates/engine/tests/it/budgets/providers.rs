//! Budgets of calls to providers: cut answers, prices, fallbacks and summaries.

use ::providers::{
    Models, Overrides, RouteSettings,
    testing::{
        StrictPeer,
        played::{Peer, Plays, models, route},
    },
};
use domain::usage::{Price, Usd};

use super::*;

fn dollars(text: &str) -> Vec<Budget> {
    vec![Budget { per: Per::Day, tokens: None, usd: Usd::parse(text) }]
}

fn priced(provider: &str, model: &str) -> RouteSettings {
    let one = |text: &str| Usd::parse(text).expect("an amount");
    let price = Some(Price { input: one("1"), output: one("10"), ..Price::default() });
    RouteSettings {
        overrides: Overrides { price, output: Some(500), ..Overrides::default() },
        ..route(provider, model)
    }
}

async fn with(models: Models, budgets: Vec<Budget>) -> TestApp {
    let limits = Limits { model_tries: 1, ..Choices::default().limits };
    let test = TestApp::with(Choices { models, limits, ..Choices::default() }).await;
    test.default_agent(Settings { budgets, ..Settings::default() }).await;
    test
}

/// The bound of each answer that the peer was asked for.
fn bounds(peer: &Peer) -> Vec<Option<u64>> {
    peer.asked().iter().map(|body| body["max_tokens"].as_u64()).collect()
}

#[tokio::test]
async fn an_answer_is_cut_to_what_a_budget_of_money_leaves() {
    let peer = Peer::start([Plays::Says("Hi.")]).await;
    let models = models(vec![peer.provider("far")], [("default", priced("far", "own"))]);
    // Each call costs 0.002 dollars: 1,000 tokens in, 100 out. Its worst case is 500 tokens out, for 0.005 dollars.
    let test = with(models, dollars("0.0081")).await;
    let thread = test.thread().await.id;
    for (calls, bound) in [(1, 500), (2, 500)] {
        assert_eq!(ask(&test, thread).await, None);
        assert_eq!(bounds(&peer).last(), Some(&Some(bound)), "{calls}");
    }
    for most in [410, 210] {
        assert_eq!(ask(&test, thread).await, None);
        let bound = bounds(&peer).pop().flatten().expect("a bound");
        assert!((most - 20..most).contains(&bound), "{bound}");
    }
    assert_eq!(ask(&test, thread).await, exceeded());
    assert_eq!(peer.asked().len(), 4);
    let spent = test.app.thread(&test.caller, thread).await.unwrap().spent;
    assert_eq!(spent.cost.to_string(), "0.008");
}

#[tokio::test]
async fn a_strict_peer_is_asked_for_the_cut_answer_over_each_wire() {
    for (wire, field) in [
        ("chat", "/max_tokens"),
        ("responses", "/max_output_tokens"),
        ("anthropic", "/max_tokens"),
        ("gemini", "/generationConfig/maxOutputTokens"),
    ] {
        let (url, peer) = StrictPeer::start().await;
        let models = crate::faults::providers::models(&[("gpt-5.5", wire, &url)], Duration::from_secs(60));
        let test = TestApp::with(Choices { models, ..Choices::default() }).await;
        let agent = Settings { model: Some("gpt-5.5".into()), budgets: tokens(Per::Day, 1_000), ..Settings::default() };
        test.default_agent(agent).await;
        let thread = test.thread().await.id;
        assert_eq!(ask(&test, thread).await, None, "{wire}");
        let asked = peer.requests().pop().expect("a request").body;
        let bound = asked.pointer(field).and_then(serde_json::Value::as_u64).expect("a bound");
        assert!((900..1_000).contains(&bound), "{wire}: {bound}");
        assert_eq!(peer.complaints(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_model_without_a_price_is_not_called_under_a_budget_of_money() {
    let unknown = Some(codes::PRICE_UNKNOWN.to_string());
    let peer = Peer::start([Plays::Says("Hi.")]).await;
    let unpriced = || models(vec![peer.provider("far")], [("default", route("far", "own"))]);
    let test = with(unpriced(), dollars("5")).await;
    let thread = test.thread().await.id;
    assert_eq!((ask(&test, thread).await, peer.asked().len()), (unknown.clone(), 0));
    assert!(ended(&test, thread).await.reason.unwrap().contains("the price of the model default is unknown"));
    let test = with(unpriced(), tokens(Per::Day, 1_000_000)).await;
    let thread = test.thread().await.id;
    assert_eq!((ask(&test, thread).await, peer.asked().len()), (None, 1), "a budget of tokens needs no price");

    let busy = Peer::start([Plays::Refuses(503, "", "{}")]).await;
    let first = RouteSettings { fallback: vec!["gpt-5.5".into()], ..priced("busy", "own") };
    let providers = vec![peer.provider("far"), busy.provider("busy")];
    let routes = models(providers, [("default", first), ("gpt-5.5", route("far", "of-nobody"))]);
    let test = with(routes, dollars("5")).await;
    let thread = test.thread().await.id;
    assert_eq!((ask(&test, thread).await, busy.asked().len(), peer.asked().len()), (unknown, 1, 1));
}

#[tokio::test]
async fn a_summary_is_charged_and_needs_its_part_of_the_budget() {
    let limits = Limits { transcript: 10, ..Choices::default().limits };
    for (budget, calls, made) in [(100 * CALL, 2, true), (CALL + 80, 1, false)] {
        let test = TestApp::with(Choices { limits: limits.clone(), ..Choices::default() }).await;
        let thread = test.thread().await.id;
        test.default_agent(scripted(vec![says()], vec![])).await;
        for _ in 0..4 {
            assert_eq!(ask(&test, thread).await, None);
        }
        let summary = Reply { summary: true, text: Some("In short.".into()), usage: used(), ..Reply::default() };
        // The usual script does not read the thread, so the answer recites it, at a use of its own.
        let recites = Reply { recite_transcript: true, text: None, ..says() };
        let before = test.app.thread(&test.caller, thread).await.unwrap().spent.calls;
        test.default_agent(scripted(vec![recites, summary], tokens(Per::Turn, budget))).await;
        let code = ask(&test, thread).await;
        let spent = test.app.thread(&test.caller, thread).await.unwrap().spent;
        let text = test.messages(thread).await.pop().unwrap().body.plain_text();
        assert_eq!((code, spent.calls - before), (None, calls), "{text}");
        assert_eq!(text.contains("In short."), made);
    }
}
