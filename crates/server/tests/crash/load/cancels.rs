//! Cancels of turns that run, at any moment of theirs.

use std::sync::Arc;

use uuid::Uuid;

use super::world::{Phase, World};
use crate::{checker::Wrong, doors::native, history::Cancel, rng::Rng};

pub async fn run(world: Arc<World>, mut rng: Rng) {
    while world.phase() == Phase::Load {
        tokio::time::sleep(rng.millis(150..900)).await;
        let calling: Vec<Uuid> =
            world.threads.iter().filter(|thread| !world.view(**thread).calls.is_empty()).copied().collect();
        // A tool that runs on is what a cancel is most easily forgotten by.
        let among = if calling.is_empty() || rng.one_in(2) { &world.threads } else { &calling };
        let thread = *rng.pick(among);
        let running = world.view(thread).running;
        match running {
            Some(_) if rng.one_in(5) => cancel_all(&world, thread).await,
            Some(turn) => cancel(&world, thread, turn).await,
            None => {}
        }
    }
}

async fn cancel(world: &World, thread: Uuid, turn: Uuid) {
    let (status, body) = world.ask_until_answered(thread, |api| native::cancel(api, thread, turn)).await;
    match native::state(&body) {
        Some(state) if status == 200 => world.history().cancels.push(Cancel { thread, turn, state }),
        _ => world.fault(Wrong::Refused, thread, format!("the cancel of turn {turn}: {status} {body}")),
    }
}

async fn cancel_all(world: &World, thread: Uuid) {
    let (status, body) = world.ask_until_answered(thread, |api| native::cancel_all(api, thread)).await;
    if status != 200 {
        world.fault(Wrong::Refused, thread, format!("the cancel of all turns: {status} {body}"));
    }
}
