//! Every fault of a provider in a summary: a passing one is tried again. After a lasting one, the turn goes on without the
//! summary, and the next fit has one.

use domain::{Limits, controls::Policy};
use futures_util::future::join_all;
use providers::testing::{Fault, Place};

use super::{LONG, SHORT, Screen, World, is_passing};

/// Messages in a prompt. The fourth turn of a thread is the first that has to leave some out, the sixth the second.
const TRANSCRIPT: u64 = 10;
/// Stands in the instructions of every summary.
const OF_SUMMARY: &str = "You keep the memory of a conversation";
const WITHOUT: &str = "[Earlier messages of this conversation are left out.]";
const WITH: &str = "[Summary of the earlier conversation]";

/// The fault is played in the summary of the first turn, whose text asks for it.
async fn is_borne(world: &World, fault: Fault, place: Place) {
    let text = format!("fault look {} {} 1 times", fault.as_str(), place.as_str());
    let thread = world.test.thread().await.id;
    let mut screen = Screen::of(&world.test, thread, &text).await;
    let own = |turn: usize| format!("turn {turn} of {} {}", fault.as_str(), place.as_str());
    for turn in 1..=6 {
        let said = if turn == 1 { text.clone() } else { own(turn) };
        world.test.say(thread, &said, Policy::Queue).await;
        screen.until_ended().await;
        assert_eq!(screen.ends.last(), Some(&None), "{text}, turn {turn}");
        let last = screen.texts.last().map(String::as_str).unwrap_or_default();
        assert!(turn == 1 || last.starts_with(&format!("You said: {said}.")), "{text}, turn {turn}: {last}");
    }
    let bodies = world.peer.requests().into_iter().map(|got| got.body.to_string());
    let (summaries, answers): (Vec<String>, Vec<String>) = bodies.partition(|body| body.contains(OF_SUMMARY));
    let tries = summaries.iter().filter(|body| body.contains(&format!("Person: {text}\\n"))).count();
    let (expected, first) = if is_passing(fault, place) { (2, WITH) } else { (1, WITHOUT) };
    assert_eq!(tries, expected, "{text}");
    for (turn, beginning) in [(4, first), (5, first), (6, WITH)] {
        let asked = answers.iter().find(|body| body.contains(&own(turn))).expect("the turn's request");
        assert!(asked.contains(beginning), "{text}, turn {turn}: {asked}");
    }
}

async fn every_fault_in_the_summary(wire: &str) {
    for (patience, is_silence) in [(LONG, false), (SHORT, true)] {
        let limits = Limits { transcript: TRANSCRIPT, ..Limits::default() };
        let world = World::within(wire, patience, limits).await;
        let faults = Fault::ALL.into_iter().filter(|fault| (*fault == Fault::Silence) == is_silence);
        let cases = faults.flat_map(|fault| Place::OF_SUMMARY.map(|place| (fault, place)));
        join_all(cases.map(|(fault, place)| is_borne(&world, fault, place))).await;
        assert_eq!(world.peer.complaints(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn every_fault_in_the_summary_is_borne_over_chat() {
    every_fault_in_the_summary("chat").await;
}

#[tokio::test]
async fn every_fault_in_the_summary_is_borne_over_responses() {
    every_fault_in_the_summary("responses").await;
}

#[tokio::test]
async fn every_fault_in_the_summary_is_borne_over_anthropic() {
    every_fault_in_the_summary("anthropic").await;
}

#[tokio::test]
async fn every_fault_in_the_summary_is_borne_over_gemini() {
    every_fault_in_the_summary("gemini").await;
}
