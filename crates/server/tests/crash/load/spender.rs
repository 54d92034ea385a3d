//! An agent with a budget that is asked without a pause: all lives of the server together spend no more than the budget.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use uuid::Uuid;

use super::{
    survey,
    world::{Phase, World},
};
use crate::{
    checker::Wrong,
    doors::{Api, Message, native},
};

const AGENT: &str = "spender";
/// Tokens of each model call.
const CALL: u64 = 100;
/// Calls that the budget has.
const CALLS: u64 = 20;
const PAUSE: Duration = Duration::from_millis(20);

/// Makes the agent and its thread.
pub async fn thread(world: &World) -> Uuid {
    let (_, api) = world.server().await;
    let settings = json!({
        "name": AGENT,
        "model": "scripted",
        "script": [{ "text": "yes", "usage": { "input": CALL - 10, "output": 10 } }],
        "budgets": [{ "per": "month", "tokens": CALLS * CALL }],
    });
    native::agent(&api, settings).await.expect("the server takes agents");
    super::world::thread(&api, AGENT).await
}

/// Asks until the load is over.
pub async fn run(world: Arc<World>, thread: Uuid) {
    let mut number = 0;
    while world.phase() == Phase::Load {
        number += 1;
        let text = format!("spend-{number}");
        let message = Message { thread, key: text.clone(), text, key_in_body: false, when_busy: None };
        let (status, body) = world.ask_until_answered(thread, |api| native::send(api, &message)).await;
        if status >= 400 {
            world.fault(Wrong::Refused, thread, format!("a message to the spender: {status} {body}"));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Compares what was spent with the budget. A load that runs over the end of a month has two of them.
pub async fn check(world: &World, api: &Api, thread: Uuid) {
    survey::rest(api, &[thread]).await.expect("the server lives");
    let (tokens, months) = native::spent(api, thread).await.expect("the server lives");
    if tokens > months * CALLS * CALL {
        let what = format!("{tokens} tokens were spent of a budget of {}", CALLS * CALL);
        world.fault(Wrong::Overspent, thread, what);
    }
}
