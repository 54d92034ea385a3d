//! The client's own tools: calls that the turn waits for are answered after a while.

use std::{collections::HashSet, sync::Arc, time::Duration};

use uuid::Uuid;

use super::world::{Phase, World};
use crate::{checker::Wrong, doors::native, rng::Rng};

/// A hint that was missed costs no more than this.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

pub async fn run(world: Arc<World>, mut rng: Rng) {
    let mut answered = HashSet::new();
    while world.phase() != Phase::Over {
        // A call that nobody tells of is found by looking.
        let _ = tokio::time::timeout(LOOK_AGAIN, world.moments.calling.notified()).await;
        tokio::time::sleep(rng.millis(10..80)).await;
        for (thread, turn, call) in open_calls(&world) {
            if answered.insert((turn, call.clone())) {
                answer(&world, thread, turn, &call).await;
            }
        }
    }
}

fn open_calls(world: &World) -> Vec<(Uuid, Uuid, String)> {
    let mut open = Vec::new();
    for thread in &world.threads {
        let view = world.view(*thread);
        let of_client = view.calls.iter().filter(|(_, is_client)| **is_client);
        open.extend(of_client.map(|((turn, call), _)| (*thread, *turn, call.clone())));
    }
    open
}

async fn answer(world: &World, thread: Uuid, turn: Uuid, call: &str) {
    let (status, body) = world.ask_until_answered(thread, |api| native::tool_result(api, thread, turn, call)).await;
    // 409: the turn was cancelled meanwhile. 400: and the next one waits for other calls.
    if !matches!(status, 200 | 400 | 409) {
        world.fault(Wrong::Refused, thread, format!("the result of call {call}: {status} {body}"));
    }
}
