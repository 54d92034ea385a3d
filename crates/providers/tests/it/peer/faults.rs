//! Every fault at every place, over the network, as the model's caller gets it.

use std::{collections::BTreeMap, time::Duration};

use domain::{Timestamp, fault::Fault as Class};
use futures_util::{StreamExt, future::join_all};
use providers::{
    Chunk, Kind, Models, Protocol, Provider, ProviderSettings, RouteSettings, Routes, Said, Times,
    testing::{Fault, Place, StrictPeer},
};

use crate::harness::{Played, request, result, tool, user};

const WIRES: [(&str, Kind, Option<Protocol>); 4] = [
    ("chat", Kind::Openai, Some(Protocol::Chat)),
    ("responses", Kind::Openai, Some(Protocol::Responses)),
    ("anthropic", Kind::Anthropic, None),
    ("gemini", Kind::Gemini, None),
];
/// The peer's silence lasts for ever, and all else takes it a fraction of this, on a busy machine too.
const SHORT: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(60);

/// A model for each wire, which is named after it. A silence of the peer is a fault after `patience`.
fn models(url: &str, patience: Duration) -> Models {
    let mut routes = BTreeMap::new();
    let providers = WIRES.map(|(name, kind, wire)| {
        let route = RouteSettings { provider: name.into(), model: Some("one".into()), ..RouteSettings::default() };
        routes.insert(name.into(), route);
        let (name, base_url) = (name.into(), Some(url.into()));
        let times = Times { first_token: patience, between: patience, ..Times::all(LONG) };
        Provider::new(ProviderSettings { name, kind, base_url, wire, key: None, ca_file: None, times })
            .expect("a provider")
    });
    Models::new(Routes::new(providers.into(), routes).expect("routes"))
}

async fn call(models: &Models, wire: &str, transcript: &[Said]) -> Played {
    let mut request = request(wire, transcript.to_vec());
    request.tools = vec![tool("look", "Looks", r#"{"type":"object"}"#)];
    let target = models.route(wire).expect("a route").first().clone();
    let mut stream = models.call(&target, request, Timestamp(0));
    let mut played = Played { chunks: Vec::new(), failure: None, needs: 0, events: 0 };
    while let Some(chunk) = stream.next().await {
        match chunk {
            Ok(chunk) => played.chunks.push(chunk),
            Err(failure) => played.failure = Some(failure),
        }
    }
    played
}

/// The class of a fault, and the wait that the provider asks for.
fn class(fault: Fault, is_begun: bool) -> (Class, Option<Duration>) {
    match fault {
        Fault::RateLimit if is_begun => (Class::RateLimited, Some(Duration::from_millis(20))),
        Fault::RateLimit => (Class::RateLimited, Some(Duration::from_secs(1))),
        Fault::Overloaded => (Class::Unavailable, None),
        Fault::Page if !is_begun => (Class::Invalid, None),
        Fault::ServerError | Fault::Cut | Fault::Silence | Fault::Malformed | Fault::Page => (Class::Upstream, None),
        Fault::Key => (Class::Unauthenticated, None),
        Fault::Overflow => (Class::ContextTooLong, None),
    }
}

async fn fails_once(models: &Models, wire: &str, fault: Fault, place: Place) {
    let context = format!("{wire} {} {}", fault.as_str(), place.as_str());
    let mut transcript = vec![user(&format!("fault look {} {} 1 {wire}", fault.as_str(), place.as_str()))];
    if matches!(place, Place::Result | Place::Answer) {
        let said = call(models, wire, &transcript).await.said();
        let id = said.message.body.tool_calls().next().expect("a call").id.clone();
        transcript.extend([said, result(&id, "1")]);
    }
    let failed = call(models, wire, &transcript).await;
    let failure = failed.failure.unwrap_or_else(|| panic!("{context}: {:?}", failed.chunks));
    let is_begun = place.is_begun();
    assert_eq!((failure.fault, failure.retry_after), class(fault, is_begun), "{context}: {failure:?}");
    assert_eq!(failed.chunks.is_empty(), !is_begun, "{context}: {:?}", failed.chunks);
    assert!(!failed.chunks.iter().any(|chunk| matches!(chunk, Chunk::End(_))), "{context}");
    let again = call(models, wire, &transcript).await;
    assert!(
        again.failure.is_none() && matches!(again.chunks.last(), Some(Chunk::End(_))),
        "{context}: {:?}",
        again.failure
    );
}

/// Plays all faults that are chosen, at all places, over all wires.
async fn every_fault_at_every_place(patience: Duration, is_chosen: impl Fn(Fault) -> bool) {
    let (url, peer) = StrictPeer::start().await;
    let models = models(&url, patience);
    let faults = Fault::ALL.into_iter().filter(|fault| is_chosen(*fault));
    let cases = faults.flat_map(|fault| Place::ALL.map(|place| (fault, place)));
    let calls = cases.flat_map(|(fault, place)| WIRES.map(|(wire, ..)| fails_once(&models, wire, fault, place)));
    join_all(calls).await;
    assert_eq!(peer.complaints(), Vec::<String>::new());
}

#[tokio::test]
async fn every_fault_at_every_place_is_a_failure_of_its_class_and_passes() {
    every_fault_at_every_place(LONG, |fault| fault != Fault::Silence).await;
}

#[tokio::test]
async fn a_silence_at_any_place_is_a_failure_and_passes() {
    every_fault_at_every_place(SHORT, |fault| fault == Fault::Silence).await;
}
