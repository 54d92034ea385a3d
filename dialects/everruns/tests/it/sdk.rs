//! The vendor's own Python SDK, as it is published, against a real server: it decides whether this dialect is right.

use std::{
    path::PathBuf,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use dialect_kit::testing::python;
use domain::{
    agent::{Agent, Settings},
    caller::{Scope, Scopes},
    event::Item,
    fault::Fault,
    script::{Reply, ScriptedCall},
};
use engine::app::{access::keys::NewKey, agents::NewAgent, threads::NewThread};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{TcpListener, TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    task::spawn_blocking,
};

use crate::client::{Door, slow, text};

/// Runs the script against the address; it ends well, or the test shows what it said.
async fn script(name: &str, url: &str, key: &str) {
    run(name, &[("EVERRUNS_API_URL", &format!("{url}/api")), ("EVERRUNS_API_KEY", key)]).await;
}

async fn run(name: &str, environment: &[(&str, &str)]) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sdk");
    let mut command = Command::new(python());
    command.arg("-B").arg(folder.join(name)).envs(environment.iter().copied());
    command.env_remove("EVERRUNS_ORG_ID").env("NO_PROXY", "127.0.0.1");
    // The script gives up by itself after a minute.
    let output = spawn_blocking(move || command.output()).await.unwrap().unwrap();
    assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A server with a key as the vendor's are.
async fn door() -> (Door, String) {
    let door = Door::open().await;
    let test = &door.server.test;
    let new = NewKey { name: "sdk".into(), scopes: Scopes::ALL, prefix: Some("evr_pat".into()), ..NewKey::default() };
    let (_, key) = test.app.create_key(&test.caller, new, None).await.unwrap();
    (door, key)
}

async fn agent(door: &Door, name: &str, script: Vec<Reply>) -> Agent {
    let settings = Settings { model: Some("scripted".into()), script, ..Settings::default() };
    let new = NewAgent { id: None, name: name.into(), settings };
    door.server.test.app.create_agent(&door.server.test.caller, new, None).await.unwrap()
}

/// Address and key of an agent's channel.
async fn channel(door: &Door, name: &str, script: Vec<Reply>) -> (String, String) {
    let (agent, test) = (Some(agent(door, name, script).await.id), &door.server.test);
    let (scopes, prefix) = (Scopes::of(&[Scope::Read, Scope::Write, Scope::Impersonate]), Some("evr_ak".into()));
    let new = NewKey { name: name.into(), scopes, prefix, agent, ..NewKey::default() };
    let (_, key) = test.app.create_key(&test.caller, new, None).await.unwrap();
    (format!("{}/api/v1/channels/{name}", door.server.url), key)
}

#[tokio::test]
async fn the_client_of_one_agent_runs() {
    let door = Door::open().await;
    let (url, key) = channel(&door, "support", vec![slow("one two three", 3)]).await;
    let fails = Reply { error: Some(Fault::Upstream), ..Reply::default() };
    let (broken_url, broken_key) = channel(&door, "broken", vec![fails]).await;
    let addresses = [("EVERRUNS_AGENT_URL", url.as_str()), ("BROKEN_AGENT_URL", &broken_url)];
    let keys = [("EVERRUNS_AGENT_KEY", key.as_str()), ("BROKEN_AGENT_KEY", &broken_key)];
    run("agent_client.py", &[addresses, keys].concat()).await;
}

#[tokio::test]
async fn the_quickstart_runs() {
    let (door, key) = door().await;
    script("quickstart.py", &door.server.url, &key).await;
}

#[tokio::test]
async fn a_stream_that_breaks_in_the_middle_goes_on_where_it_was() {
    let (door, key) = door().await;
    let story = "Once upon a time there was a stream that broke, and nobody who read it noticed. ";
    agent(&door, "storyteller", vec![slow(&story.repeat(3), 60)]).await;
    let (url, cut) = breaking(&door.server.url, 2).await;
    script("streaming.py", &url, &key).await;
    assert_eq!(cut.load(SeqCst), 2, "the connection has broken as often as it should");
}

#[tokio::test]
async fn the_clients_return_from_a_session_that_a_person_holds() {
    let (door, key) = door().await;
    let (agent_url, agent_key) = channel(&door, "held", vec![text("I am no person.")]).await;
    let test = &door.server.test;
    let program = test.app.authenticate(&agent_key).await.unwrap();
    let thread = test.app.create_thread(&program, NewThread::default()).await.unwrap().id;
    let member = test.take(thread).await;
    let (session, url) = (thread.prefixed("session_"), format!("{}/api", door.server.url));
    let environment = [
        ("HELD_SESSION", session.as_str()),
        ("EVERRUNS_AGENT_URL", &agent_url),
        ("EVERRUNS_AGENT_KEY", &agent_key),
        ("EVERRUNS_API_URL", &url),
        ("EVERRUNS_API_KEY", &key),
    ];
    // The person answers when the second message is there.
    let answers = async {
        test.until(thread, |item| {
            let Item::Entry(entry) = item else { return false };
            entry.message.as_ref().is_some_and(|message| message.body.only_text() == "Is anybody there?")
        })
        .await;
        test.reply(thread, &member, "I am here.").await;
    };
    tokio::join!(run("held.py", &environment), answers);
}

#[tokio::test]
async fn a_turn_is_cancelled() {
    let (door, key) = door().await;
    agent(&door, "thinker", vec![Reply { hang: true, ..Reply::default() }]).await;
    script("cancel.py", &door.server.url, &key).await;
}

#[tokio::test]
async fn the_client_runs_its_tools() {
    let (door, key) = door().await;
    let call = ScriptedCall { id: None, name: "get_weather".into(), arguments: json!({"city": "Tokyo"}).into() };
    let asks = Reply { tool_calls: vec![call], ..Reply::default() };
    agent(&door, "forecaster", vec![asks, text("It is fine")]).await;
    script("tools.py", &door.server.url, &key).await;
}

#[tokio::test]
async fn pictures_are_uploaded_and_named() {
    let (door, key) = door().await;
    script("images.py", &door.server.url, &key).await;
}

#[tokio::test]
async fn everything_is_listed() {
    let (door, key) = door().await;
    script("lists.py", &door.server.url, &key).await;
}

#[tokio::test]
async fn refusals_are_raised_as_what_they_are() {
    let (door, key) = door().await;
    script("errors.py", &door.server.url, &key).await;
}

/// Bytes of a stream after which its connection breaks.
const CUT_AFTER: usize = 6_000;

/// A way to the server on which the first `times` streams break off in their middle; how many have.
async fn breaking(url: &str, times: usize) -> (String, Arc<AtomicUsize>) {
    let server = url.strip_prefix("http://").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = format!("http://{}", listener.local_addr().unwrap());
    let cut = Arc::new(AtomicUsize::new(0));
    let counted = cut.clone();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(&server).await.unwrap();
            tokio::spawn(pass(client, server, counted.clone(), times));
        }
    });
    (own, cut)
}

async fn pass(client: TcpStream, server: TcpStream, cut: Arc<AtomicUsize>, times: usize) {
    let mut head = [0; 512];
    let read = client.peek(&mut head).await.unwrap_or(0);
    let streams = String::from_utf8_lossy(&head[..read]).contains("/sse");
    let ((mut from_client, to_client), (from_server, mut to_server)) = (client.into_split(), server.into_split());
    let asking = tokio::spawn(async move { copy(&mut from_client, &mut to_server).await });
    if streams && cut.load(SeqCst) < times {
        if forward(from_server, to_client, CUT_AFTER).await {
            cut.fetch_add(1, SeqCst);
        }
        asking.abort();
    } else {
        forward(from_server, to_client, usize::MAX).await;
    }
}

/// Passes on at most so many bytes; whether there were more.
async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, most: usize) -> bool {
    let (mut piece, mut passed) = (vec![0; 4_096], 0);
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        let end = read.min(most - passed);
        if to.write_all(&piece[..end]).await.is_err() {
            return false;
        }
        passed += end;
        if passed >= most {
            return true;
        }
    }
    false
}
