//! One thread: what everybody does in it, chosen by a seed.

use std::sync::{Mutex, PoisonError};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::time::{Duration, sleep};
use uuid::Uuid;

use super::{
    MEMBERS,
    check::{self, Done},
};
use crate::{
    doors::{Api, Message, id, native},
    history::{Door, Seen},
    load::world::{Got, World},
    rng::Rng,
    server::KEY,
    sse::Stream,
};

/// Rounds of acts, three at once in each.
const ROUNDS: u32 = 4;
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// A turn is stuck that is open for so long after the last act.
const LOOKS: u32 = 1_500;

struct Play<'w> {
    world: &'w World,
    thread: Uuid,
    seed: u64,
    done: Mutex<Vec<Done>>,
    faults: Mutex<Vec<String>>,
}

/// Acts in a new thread, and returns the faults.
pub async fn run(world: &World, seed: u64) -> Vec<String> {
    let mut rng = Rng::new(seed);
    let agent = *rng.pick(&["talker", "talker", "asker"]);
    let body = json!({"agent": agent, "variables": {}});
    let make = |api: &Api| {
        let request = api.post("/threadline/v1/threads").bearer_auth(KEY).json(&body);
        request.header("idempotency-key", format!("thread-{seed}"))
    };
    let (status, made) = world.ask_until_answered(Uuid::nil(), make).await;
    let Some(thread) = id(&made["id"]) else { return vec![format!("seed {seed}: no thread: {status} {made}")] };
    let play = Play { world, thread, seed, done: Mutex::default(), faults: Mutex::default() };
    let end = tokio::sync::watch::Sender::new(i64::MAX);
    let acts = async {
        for round in 0..ROUNDS {
            let [mut a, mut b, mut c] = [(); 3].map(|()| rng.fork());
            let key = |who: &str| format!("{seed}-{round}-{who}");
            tokio::join!(
                play.act(&mut a, key("a")),
                play.act(&mut b, key("b")),
                play.act(&mut c, key("c")),
                sleep(rng.millis(0..12))
            );
        }
        play.finish().await;
        let marked = play.ask(Method::PATCH, "", Some(json!({"title": "the end"})), None).await.1;
        end.send_replace(marked["last_seq"].as_i64().unwrap_or(0));
    };
    let ((), seen) = tokio::join!(acts, play.read(end.subscribe()));
    // The server may die while it is asked.
    let log = loop {
        let (life, api) = world.server().await;
        match native::log(&api, thread).await {
            Ok(log) => break log,
            Err(_) => world.outlive(life, thread, "the log").await,
        }
    };
    let mut faults = play.faults.into_inner().unwrap_or_else(PoisonError::into_inner);
    let done = play.done.into_inner().unwrap_or_else(PoisonError::into_inner);
    faults.extend(check::log(&log, &seen, &done));
    faults.iter().map(|fault| format!("seed {seed}, thread {thread}: {fault}")).collect()
}

impl Play<'_> {
    async fn act(&self, rng: &mut Rng, key: String) {
        let member = *rng.pick(&MEMBERS);
        let mut body = json!({"member": member});
        match rng.within(0..16) {
            0..5 => self.say(rng, key).await,
            5..7 => {
                body["force"] = rng.one_in(3).into();
                let (status, _) = self.post("/take", body, &key).await;
                self.note(Done::Take { member, accepted: status == 200 });
            }
            7..9 => {
                body["seen"] = self.head().await["last_seq"].clone();
                body["text"] = key.as_str().into();
                (body["keep"], body["force"]) = (rng.one_in(3).into(), rng.one_in(4).into());
                let (status, _) = self.post("/replies", body, &key).await;
                self.note(Done::Said { text: key, accepted: status == 201 });
            }
            9..12 => {
                body["answer"] = (*rng.pick(&["auto", "never", "now"])).into();
                body["force"] = rng.one_in(2).into();
                self.post("/hand-back", body, &key).await;
            }
            12 => {
                (body["reason"], body["silent"]) = ("a refund".into(), true.into());
                self.post("/ask", body, &key).await;
            }
            13 => drop(self.withdraw(member).await),
            14 => {
                body["text"] = key.as_str().into();
                self.post("/notes", body, &key).await;
            }
            _ => {
                self.post("/close", json!({}), &key).await;
                self.post("/reopen", json!({}), &format!("{key}-again")).await;
            }
        }
    }

    /// A customer writes through any dialect. A dialect without keys is not asked again after a death.
    async fn say(&self, rng: &mut Rng, key: String) {
        let door = *rng.pick(&Door::ALL);
        let when_busy = (*rng.pick(&[None, Some("queue"), Some("interrupt")])).filter(|_| door == Door::Native);
        let message =
            Message { thread: self.thread, text: key.clone(), key: key.clone(), key_in_body: false, when_busy };
        let status = match door.has_keys() {
            true => self.world.ask_until_answered(self.thread, |api| api.send(door, &message)).await.0,
            false => {
                let (life, api) = self.world.server().await;
                match self.world.ask(life, api.send(door, &message)).await {
                    Got::Answer(status, _) => status,
                    Got::Cut => 0,
                }
            }
        };
        // So Feather refuses a message to a closed thread.
        if (door, status) != (Door::Feather, 400) {
            self.fault_of(status, &format!("a message through {door:?}"));
        }
        self.note(Done::Said { text: key, accepted: (200..300).contains(&status) });
    }

    async fn withdraw(&self, member: &str) -> u16 {
        self.ask(Method::DELETE, &format!("/ask?member={member}"), None, None).await.0
    }

    async fn head(&self) -> Value {
        self.ask(Method::GET, "", None, None).await.1
    }

    async fn post(&self, path: &str, body: Value, key: &str) -> (u16, Value) {
        self.ask(Method::POST, path, Some(body), Some(key)).await
    }

    /// Asks until it is answered, with the same key after a death.
    async fn ask(&self, method: Method, path: &str, body: Option<Value>, key: Option<&str>) -> (u16, Value) {
        let request = |api: &Api| -> RequestBuilder {
            let url = format!("{}/threadline/v1/threads/{}{path}", api.url, self.thread);
            let mut request = api.http.request(method.clone(), url).bearer_auth(KEY);
            if let Some(key) = key {
                request = request.header("idempotency-key", key);
            }
            match &body {
                Some(body) => request.json(body),
                None => request,
            }
        };
        let (status, answer) = self.world.ask_until_answered(self.thread, request).await;
        self.fault_of(status, &format!("{method} {path} {body:?}: {answer}"));
        (status, answer)
    }

    /// Ends every silence, and waits until the agent has answered.
    async fn finish(&self) {
        for look in 0..LOOKS {
            let head = self.head().await;
            let key = format!("{}-end-{look}", self.seed);
            if head["handling"] == "person" {
                self.post("/hand-back", json!({"member": MEMBERS[0], "force": true}), &key).await;
            } else if head["wanted"]["until"].is_string() {
                self.withdraw(MEMBERS[0]).await;
            } else if head["run"] == json!({"running": false, "waiting": false, "queued": 0}) {
                if head["unanswered_since"].is_string() {
                    // `answer: never` left the messages to somebody else.
                    self.post("/take", json!({"member": MEMBERS[0]}), &key).await;
                    continue;
                }
                return;
            }
            sleep(LOOK_AGAIN).await;
        }
        self.fault(format!("a turn is stuck, or a customer is not answered: {}", self.head().await));
    }

    /// Follows the thread to its end, across deaths.
    async fn read(&self, mut end: tokio::sync::watch::Receiver<i64>) -> Vec<Seen> {
        let (mut seen, mut last): (Vec<Seen>, Option<String>) = (Vec::new(), None);
        loop {
            let (_, api) = self.world.server().await;
            let request = native::follow(&api, self.thread, last.as_deref(), true);
            let Ok(response) = request.send().await else {
                sleep(LOOK_AGAIN).await;
                continue;
            };
            let mut stream = Stream::new(response);
            loop {
                let event = tokio::select! {
                    event = stream.next() => event,
                    changed = end.changed() => {
                        if changed.is_ok() && is_read(&seen, *end.borrow()) {
                            return seen;
                        }
                        continue;
                    }
                };
                let Some(event) = event else { break };
                last = event.id.clone().or(last);
                seen.extend(native::seen(&event));
                if is_read(&seen, *end.borrow()) {
                    return seen;
                }
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    fn note(&self, done: Done) {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).push(done);
    }

    fn fault(&self, fault: String) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).push(fault);
    }

    fn fault_of(&self, status: u16, what: &str) {
        if status >= 500 && status != 503 || status == 400 || status == 401 || status == 422 {
            self.fault(format!("{status} to {what}"));
        }
    }
}

fn is_read(seen: &[Seen], end: i64) -> bool {
    let newest = seen.iter().rev().find_map(|one| match one {
        Seen::Entry(entry) => Some(entry.seq),
        Seen::Delta(_) | Seen::Event(_) => None,
    });
    newest.is_some_and(|seq| seq >= end)
}
