//! Senders through a door. What carries a key is repeated until it is answered.

use std::sync::Arc;

use serde_json::Value;
use uuid::Uuid;

use super::world::{Got, Phase, World};
use crate::{
    checker::Wrong,
    doors::{self, Api, Message},
    history::{Door, Poll, Send},
    rng::Rng,
};

/// Messages of a thread that wait for the end of their turn, beyond which the load waits, too.
const WAITING_MAX: usize = 3;

pub async fn run(world: Arc<World>, door: Door, mut rng: Rng) {
    while world.phase() == Phase::Load {
        tokio::time::sleep(rng.millis(20..160)).await;
        let thread = *rng.pick(&world.threads);
        if world.view(thread).waiting() < WAITING_MAX {
            send(&world, door, thread, &mut rng).await;
        }
    }
}

/// One message, from its first try to its last answer.
async fn send(world: &World, door: Door, thread: Uuid, rng: &mut Rng) {
    let begun = world.tick();
    let asks = world.asks(thread);
    let text = format!("{asks}{door:?} {begun}: a naïve question — is it all still there? ✓");
    let when_busy = when_busy(door, rng);
    let key = format!("key-{begun}");
    let message = Message { thread, text: text.clone(), key, key_in_body: rng.one_in(2), when_busy };
    let index = {
        let mut history = world.history();
        history.sends.push(Send { thread, door: Some(door), text, begun, ..Send::default() });
        history.sends.len() - 1
    };
    let sending = Sending { world, door, message: &message, index };
    if !door.has_keys() {
        return sending.once().await;
    }
    // Two clients with one name for their message: it is one message. A refusal holds only for its own moment.
    let may_repeat = when_busy != Some("reject");
    if may_repeat && rng.one_in(8) {
        tokio::join!(sending.until_answered(), sending.until_answered());
    } else {
        sending.until_answered().await;
    }
    if may_repeat && rng.one_in(8) {
        sending.until_answered().await;
    }
}

/// Other doors have their own way.
fn when_busy(door: Door, rng: &mut Rng) -> Option<&'static str> {
    let policies = [Some("queue"), Some("steer"), Some("batch"), Some("interrupt"), Some("reject")];
    if door == Door::Native && rng.one_in(2) { *rng.pick(&policies) } else { None }
}

struct Sending<'a> {
    world: &'a World,
    door: Door,
    message: &'a Message,
    /// Its place in the history.
    index: usize,
}

impl Sending<'_> {
    async fn until_answered(&self) {
        let request = |api: &Api| {
            self.world.moments.sending.notify_waiters();
            api.send(self.door, self.message)
        };
        let (status, body) = self.world.ask_until_answered(self.message.thread, request).await;
        self.take(status, &body);
    }

    /// Without a key nobody can know whether an unanswered message is there.
    async fn once(&self) {
        let (life, api) = self.world.server().await;
        self.world.moments.sending.notify_waiters();
        match self.world.ask(life, api.send(self.door, self.message)).await {
            Got::Answer(status, body) => self.take(status, &body),
            Got::Cut => self.world.outlive(life, self.message.thread, "a send").await,
        }
    }

    fn take(&self, status: u16, body: &Value) {
        let answered = self.world.tick();
        self.world.moments.answered.notify_waiters();
        let answer =
            if status < 300 { doors::answer(self.door, status, body) } else { Err(format!("{status} {body}")) };
        match answer {
            Ok(answer) => {
                let send = &mut self.world.history().sends[self.index];
                send.answered.get_or_insert(answered);
                send.answers.push(answer);
            }
            Err(refusal) => {
                let expected = self.message.when_busy == Some("reject") && status == 409;
                if !expected {
                    self.world.fault(Wrong::Refused, self.message.thread, format!("{:?}: {refusal}", self.message));
                }
                self.world.history().sends[self.index].refused = Some(refusal);
            }
        }
    }
}

/// Reads the newest page of Capy's list, again and again.
pub async fn poll(world: Arc<World>, mut rng: Rng) {
    while world.phase() != Phase::Over {
        tokio::time::sleep(rng.millis(20..120)).await;
        let thread = *rng.pick(&world.threads);
        let (_, api) = world.server().await;
        // A cut says nothing: the next round asks again.
        let Ok(response) = api.newest(thread).send().await else { continue };
        let status = response.status();
        let Ok(body) = response.bytes().await else { continue };
        match serde_json::from_slice::<Value>(&body) {
            Ok(page) if status.is_success() => {
                world.history().polls.push(Poll { thread, items: doors::newest(&page) });
            }
            _ => world.fault(Wrong::Refused, thread, format!("Capy's list: {status} {body:?}")),
        }
    }
}
