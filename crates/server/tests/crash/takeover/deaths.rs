//! The server dies between a take and its answer: either all of the take is there or none of it, and the same request
//! again makes it whole.

use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;
use uuid::Uuid;

use super::{MEMBERS, prepare};
use crate::{
    ALONE,
    doors::{Api, id, native},
    history::Entry,
    load,
    rng::{Rng, any_seed},
    server::{KEY, Server},
    setting,
};

/// Time in which a take is sent, carried out and answered.
const MOMENT_MS: u64 = 8;
const LOOK_AGAIN: Duration = Duration::from_millis(5);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_take_that_a_death_cuts_off_is_there_as_a_whole_or_not_at_all() {
    let _alone = ALONE.lock().await;
    let kills: u64 = setting("THREADLINE_CRASH_KILLS").unwrap_or(50);
    let mut rng = Rng::new(setting("THREADLINE_CRASH_SEED").unwrap_or_else(any_seed));
    let folder = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).expect("the build's folder takes files");
    let mut server = Server::start(folder.path(), None, None).await;
    let world = prepare(&server.url).await;
    let (_, mut api) = world.server().await;
    let script = json!([{"text": "It is on its way", "chunks": 1, "hang": true}]);
    native::agent(&api, json!({"name": "hangs", "model": "scripted", "script": script})).await.unwrap();
    let (mut whole, mut none, mut answered) = (0, 0, 0);
    for kill in 0..kills {
        let thread = native::thread(&api, "hangs").await.unwrap();
        let turn = shown(&api, thread).await;
        let sent = tokio::spawn(take(&api, thread, kill).send());
        sleep(rng.millis(0..MOMENT_MS)).await;
        server.kill();
        let was_answered = matches!(sent.await, Ok(Ok(answer)) if answer.status() == 200);
        server = Server::start(folder.path(), None, None).await;
        api.url = server.url.clone();
        let log = native::log(&api, thread).await.unwrap();
        let is_there = holds(&log, turn);
        assert!(is_there || !was_answered, "kill {kill}: the take was answered and is not there");
        let head = get(&api, thread).await;
        assert_eq!(head["handling"] == "person", is_there, "kill {kill}: the head and the log differ: {head}");
        (whole, none) = (whole + u64::from(is_there), none + u64::from(!is_there));
        answered += u64::from(was_answered);
        // The same request again.
        let again = take(&api, thread, kill).send().await.expect("an answer");
        assert_eq!(again.status(), 200, "kill {kill}");
        assert!(holds(&native::log(&api, thread).await.unwrap(), turn), "kill {kill}: not whole after the repetition");
    }
    load::report(&format!("{kills} kills: {whole} takes were there, {none} were not, {answered} were answered"));
    assert!(kills < 20 || (whole > 0 && none > 0), "every kill fell on the same side, which proves little");
}

/// A turn of the thread that has shown some text.
async fn shown(api: &Api, thread: Uuid) -> Uuid {
    let path = format!("/threadline/v1/threads/{thread}/messages");
    let sent = api.post(&path).bearer_auth(KEY).json(&json!({"text": "Where is it?"})).send().await.expect("an answer");
    let turn = id(&sent.json::<Value>().await.expect("JSON")["turn"]["id"]).expect("a turn");
    while !get(api, thread).await["run"]["running"].as_bool().unwrap_or(false) {
        sleep(LOOK_AGAIN).await;
    }
    turn
}

fn take(api: &Api, thread: Uuid, kill: u64) -> reqwest::RequestBuilder {
    let path = format!("/threadline/v1/threads/{thread}/take");
    let request = api.post(&path).bearer_auth(KEY).header("idempotency-key", format!("take-{kill}"));
    request.json(&json!({"member": MEMBERS[0]}))
}

async fn get(api: &Api, thread: Uuid) -> Value {
    let path = format!("/threadline/v1/threads/{thread}");
    api.get(&path).bearer_auth(KEY).send().await.expect("an answer").json().await.expect("JSON")
}

/// True if the log has the whole take, once; false if it has nothing of it.
fn holds(log: &[Entry], turn: Uuid) -> bool {
    let count = |is: &dyn Fn(&Entry) -> bool| log.iter().filter(|entry| is(entry)).count();
    let taken = count(&|entry| entry.kind == "thread.taken");
    let silenced = count(&|entry| {
        entry.kind == "turn.cancelled" && entry.turn == Some(turn) && entry.whole["data"]["reason"] == "taken_over"
    });
    assert_eq!(taken, silenced, "a part of a take: {log:?}");
    assert!(taken <= 1, "a take twice: {log:?}");
    taken == 1
}
