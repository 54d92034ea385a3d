//! Every fault of a provider at every place of a turn, over every wire: the thread has one end of the turn and takes
//! the next message, no text is shown twice, and no call is there that the model did not finish.

mod prompts;
pub mod providers;
mod screen;
mod summaries;

use std::time::Duration;

use ::providers::testing::{Fault, Place, StrictPeer};
use domain::{
    Limits,
    agent::{Settings, Tool, ToolKind},
    controls::Policy,
    fault::Fault as Class,
};
use engine::testing::{Choices, TestApp};
use futures_util::future::join_all;
use serde_json::json;

use self::{providers::models, screen::Screen};

/// A peer and an engine whose only model is the peer's.
struct World {
    test: TestApp,
    peer: StrictPeer,
}

/// A name of the catalogue. The peer's model has another one, which the catalogue does not know.
const MODEL: &str = "gpt-5.5";
/// More tries than a model call has.
const ALWAYS: usize = 99;
/// The peer's silence lasts for ever, and all else takes it a fraction of this.
const SHORT: Duration = Duration::from_secs(2);
const LONG: Duration = Duration::from_secs(60);

impl World {
    /// A silence of the peer counts as a fault after `patience`.
    async fn start(wire: &str, patience: Duration) -> Self {
        Self::within(wire, patience, Limits::default()).await
    }

    async fn within(wire: &str, patience: Duration, limits: Limits) -> Self {
        let (url, peer) = StrictPeer::start().await;
        let models = models(&[(MODEL, wire, &url)], patience);
        // All threads have one route, whose faults would keep it from the others.
        let limits = Limits { breaker_failures: 0, ..limits };
        let test = TestApp::with(Choices { models, limits, turns: 256, ..Choices::default() }).await;
        let look = Tool { result: Some(json!(1).into()), ..Tool::new("look", ToolKind::Scripted) };
        test.default_agent(Settings { model: Some(MODEL.into()), tools: vec![look], ..Settings::default() }).await;
        Self { test, peer }
    }

    /// Plays the fault in a thread of its own, so many times, and then says something else.
    async fn plays(&self, fault: Fault, place: Place, times: usize) {
        let text = format!("fault look {} {} {times} times", fault.as_str(), place.as_str());
        let thread = self.test.thread().await.id;
        let mut screen = Screen::of(&self.test, thread, &text).await;
        self.test.say(thread, &text, Policy::Queue).await;
        screen.until_ended().await;

        let passes = times == 1 && is_passing(fault, place);
        let is_answered = passes || matches!(place, Place::Result | Place::Answer);
        let code = (!passes).then(|| class(fault, place).as_str());
        assert_eq!(screen.ends, [code.map(str::to_owned)], "{text}");
        assert_eq!(screen.calls(), usize::from(is_answered), "{text}");
        let said = |begin: &str| screen.texts.iter().filter(|text| text.starts_with(begin)).count();
        let (calls, answers) = (said("I call."), said("It is done."));
        assert!(calls <= 1 && answers <= 1, "{text}: said twice: {:?}", screen.texts);
        assert!(!is_answered || calls == 1, "{text}: {:?}", screen.texts);
        assert!(!passes || answers == 1 && screen.texts.len() == 2, "{text}: {:?}", screen.texts);

        self.test.say(thread, "And now?", Policy::Queue).await;
        screen.until_ended().await;
        assert_eq!(screen.ends.last(), Some(&None), "{text}: the next message is answered");
        let last = screen.texts.last().map(String::as_str).unwrap_or_default();
        assert!(last.starts_with("You said: And now?"), "{text}: {last}");
    }
}

/// Tells whether a call that fails so is tried again.
fn is_passing(fault: Fault, place: Place) -> bool {
    class(fault, place).is_transient()
}

fn class(fault: Fault, place: Place) -> Class {
    match fault {
        Fault::RateLimit => Class::RateLimited,
        Fault::Overloaded => Class::Unavailable,
        Fault::Page if !place.is_begun() => Class::Invalid,
        Fault::ServerError | Fault::Cut | Fault::Silence | Fault::Malformed | Fault::Page => Class::Upstream,
        Fault::Key => Class::Unauthenticated,
        Fault::Overflow => Class::ContextTooLong,
    }
}

async fn every_fault_at_every_place(wire: &str) {
    for (patience, is_silence) in [(LONG, false), (SHORT, true)] {
        let world = World::start(wire, patience).await;
        let faults = Fault::ALL.into_iter().filter(|fault| (*fault == Fault::Silence) == is_silence);
        let cases = faults.flat_map(|fault| Place::ALL.map(|place| (fault, place)));
        let plays = cases.flat_map(|(fault, place)| [1, ALWAYS].map(|times| world.plays(fault, place, times)));
        join_all(plays).await;
        assert_eq!(world.peer.complaints(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn every_fault_at_every_place_over_chat() {
    every_fault_at_every_place("chat").await;
}

#[tokio::test]
async fn every_fault_at_every_place_over_responses() {
    every_fault_at_every_place("responses").await;
}

#[tokio::test]
async fn every_fault_at_every_place_over_anthropic() {
    every_fault_at_every_place("anthropic").await;
}

#[tokio::test]
async fn every_fault_at_every_place_over_gemini() {
    every_fault_at_every_place("gemini").await;
}

/// Names of the catalogue that lead to a wire each, at one of two providers.
const SWITCHED: [(&str, &str, usize); 6] = [
    ("claude-opus-4-8", "anthropic", 0),
    ("gpt-5.5", "responses", 0),
    ("gpt-5.4", "chat", 0),
    ("gemini-3-flash-preview", "gemini", 0),
    ("claude-opus-4-7", "anthropic", 1),
    ("gpt-5.4-mini", "responses", 1),
];

#[tokio::test]
async fn a_thread_goes_from_provider_to_provider_and_back_and_takes_no_foreign_signature_along() {
    let peers = [StrictPeer::start().await, StrictPeer::start().await];
    let routes = SWITCHED.map(|(name, wire, peer)| (name, wire, &*peers[peer].0));
    let choices = Choices { models: models(&routes, LONG), ..Choices::default() };
    let test = TestApp::with(choices).await;
    let thread = test.thread().await.id;
    let mut screen = Screen::of(&test, thread, "switched").await;
    let look = Tool { result: Some(json!(1).into()), ..Tool::new("look", ToolKind::Scripted) };
    for round in 0..3 {
        for (name, ..) in SWITCHED {
            let settings = Settings { model: Some(name.into()), tools: vec![look.clone()], ..Settings::default() };
            test.default_agent(settings).await;
            for text in ["think", "calls look", "steps 2 look"] {
                test.say(thread, text, Policy::Queue).await;
                screen.until_ended().await;
                assert_eq!(screen.ends.last(), Some(&None), "{round} {name} {text}");
            }
        }
    }
    for (_, peer) in &peers {
        assert_eq!(peer.complaints(), Vec::<String>::new());
    }
    let requests = peers[0].1.requests();
    let newest = requests.iter().rev().find(|got| got.wire == "anthropic").unwrap().body.to_string();
    let own = newest.matches(r#""type":"thinking""#).count();
    assert!(own > 10, "its own thinking of all rounds comes back to the provider: {own}");
}
