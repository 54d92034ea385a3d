//! One request sent many times at once by one name of the sender's: it counts once, and the name is good for nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use store::testing::Fingerprint;

use super::{
    classes::credential,
    operation::{Operation, OwnName},
    world::{DIALECTS, World},
};
use crate::process::KEY;

const AT_ONCE: usize = 20;
/// Tables in which one request writes one row at most. Of `events` those count that came in by a door: see [`said`].
const ONE_EACH: [&str; 11] = [
    "agents",
    "attachments",
    "customers",
    "keys",
    "members",
    "origin_keys",
    "projects",
    "snapshots",
    "threads",
    "turns",
    "webhooks",
];
/// Operations that make a credential, which only the first is told: all others are told that there is one.
const OF_CREDENTIALS: [(&str, &str); 3] =
    [("native", "POST /keys"), ("native", "POST /webhooks"), ("native", "POST /webhooks/{}/rotate")];
/// Operations that are refused as the world is: no turn waits for results, no webhook is enabled.
const REFUSED: [(&str, &str); 2] =
    [("native", "POST /threads/{}/tool-results"), ("native", "POST /webhooks/{}/replay")];
/// Fewer operations than this: the test is not at work.
const OPERATIONS_MIN: usize = 20;

#[tokio::test]
async fn a_request_sent_many_times_at_once_by_one_name_counts_once() {
    let world = World::make().await;
    let operations = || DIALECTS.iter().flat_map(|dialect| &world.operations[dialect]);
    let (mut asked, mut counted) = (0, BTreeSet::new());
    // Those without a body come last: what is closed takes no message.
    for is_last in [false, true] {
        for operation in operations() {
            let body = world.body(operation);
            let Some(name) = operation.own_name().filter(|_| body.is_none() == is_last) else { continue };
            let (Some(ids), true) = (ids(&world, operation).await, body.is_some() || is_without_body(operation)) else {
                continue;
            };
            let request = Request { world: &world, operation, name };
            check(&request, &operation.path(&ids), body.map(|body| fresh(body, asked)).as_ref()).await;
            asked += 1;
            counted.insert(operation.place());
        }
    }
    assert!(asked >= OPERATIONS_MIN, "only {asked} operations are asked");
    for place in ["cancel", "close", "reopen", "turns/{}/cancel", "turns/{}/retry"] {
        assert!(counted.contains(&format!("POST /threads/{{}}/{place}")), "{place} is not asked: {counted:?}");
    }
}

/// Whether the operation can do without a body.
fn is_without_body(operation: &Operation) -> bool {
    !operation.takes_body() || (operation.takes("application/json") && !operation.needs_body())
}

/// The ids of the operation's path: of the world, unless none of its things will do.
async fn ids(world: &World, operation: &Operation) -> Option<Vec<String>> {
    match operation.place().as_str() {
        "POST /threads/{}/turns/{}/retry" => Some(world.cancelled_turn().await.into()),
        _ => world.own(operation),
    }
}

/// What must be new for each: the same operation stands under two bases.
fn fresh(mut body: Value, number: usize) -> Value {
    for (field, value) in [("name", format!("twice-{number}")), ("email", format!("twice{number}@example.com"))] {
        if body[field].is_string() {
            body[field] = value.into();
        }
    }
    // A webhook that is told nothing: what it is owed would change by itself, and lead out of this machine.
    if body["url"].is_string() {
        body["enabled"] = false.into();
    }
    body
}

async fn check(request: &Request<'_>, path: &str, body: Option<&Value>) {
    let Request { world, operation, .. } = request;
    let (name, key) = (operation.name(), format!("twice-{}", operation.name().replace([' ', '/', '{', '}'], "-")));
    let (before, said_before) = (quiet(world).await, said(world).await);
    let answers = join_all((0..AT_ONCE).map(|_| request.send(path, &key, body))).await;
    let (after, said_after) = (quiet(world).await, said(world).await);
    if is_of(&REFUSED, operation) {
        assert!(answers.iter().all(|(status, _)| (400..500).contains(status)), "{name}: {answers:?}");
        assert_eq!(after, before, "{name} is refused, with an effect: {:?}", answers[0]);
        return;
    }
    same_answers(operation, &answers);
    for (table, rows) in grown(&before, &after) {
        assert!(rows <= 1 || !ONE_EACH.contains(&table.as_str()), "{name} has made {rows} rows of {table}");
    }
    let is_message = ["/message", "/messages"].iter().any(|end| operation.place().ends_with(end));
    assert_eq!(said_after - said_before, usize::from(is_message), "{name}: messages that came of it");
    let (status, refusal) = match (body, world.sibling(operation)) {
        (Some(body), _) => request.send(path, &key, Some(&fresh(with_another(body), 1_000))).await,
        (None, Some(others)) => request.send(&operation.path(&others), &key, None).await,
        (None, None) => panic!("{name}: nothing else to ask for"),
    };
    assert_eq!(status, 409, "{name}: the name is good for another request: {refusal}");
    let changed = changed(&after, &quiet(world).await).into_iter().cloned().collect::<Vec<_>>();
    assert!(changed.is_empty(), "{name}: what is refused has changed {changed:?}");
}

/// All succeed with the same answer; of a credential one, and all others are told that there is one.
fn same_answers(operation: &Operation, answers: &[(u16, Value)]) {
    let name = operation.name();
    let (good, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|(status, _)| *status < 300);
    let expected = if is_of(&OF_CREDENTIALS, operation) { 1 } else { AT_ONCE };
    assert_eq!(good.len(), expected, "{name}: so many of {AT_ONCE} have succeeded, others not: {:?}", refused.first());
    assert!(refused.iter().all(|(status, _)| *status == 409), "{name}: {refused:?}");
    let (status, first) = good[0];
    assert!(good.iter().all(|(other, answer)| other == status && id(answer) == id(first)), "{name}: {good:?}");
}

fn is_of(list: &[(&str, &str)], operation: &Operation) -> bool {
    list.contains(&(operation.dialect, operation.place().as_str()))
}

/// The same with something else in it.
fn with_another(body: &Value) -> Value {
    let mut other = body.clone();
    for field in
        ["text", "message", "content", "title", "system_prompt", "description", "url", "name", "external_id", "email"]
    {
        if let Some(text) = other[field].as_str() {
            let is_at_its_end = field == "url";
            other[field] = if is_at_its_end { format!("{text}/other") } else { format!("other-{text}") }.into();
            return other;
        }
        if other[field].is_object() {
            other[field]["metadata"] = json!({"other": "1"});
            return other;
        }
    }
    for (field, value) in [("overlap_s", json!(61)), ("since", json!("2031-01-01T00:00:00Z")), ("results", json!([]))] {
        if !other[field].is_null() {
            other[field] = value;
        }
    }
    other
}

/// What an answer and its replay have in common: the id of what was made, since the rest may change with time. An answer
/// without one is meant as a whole.
fn id(answer: &Value) -> &Value {
    let mut ids = [&answer["id"], &answer["messageId"], &answer["message"]["id"]].into_iter();
    ids.find(|id| id.is_string()).unwrap_or(answer)
}

/// How many messages have come in by a door, in all threads.
async fn said(world: &World) -> usize {
    let list = async |path: &str| {
        let page = world.get(&format!("/threadline/v1/{path}?limit=1000"), credential("native", KEY)).await;
        page["data"].as_array().unwrap_or_else(|| panic!("{path}: {page}")).clone()
    };
    let mut count = 0;
    for thread in list("threads").await {
        let messages = list(&format!("threads/{}/messages", thread["id"].as_str().expect("an id"))).await;
        count += messages.iter().filter(|message| message["door"].is_string()).count();
    }
    count
}

/// How many rows each table has gained.
fn grown(before: &Fingerprint, after: &Fingerprint) -> BTreeMap<String, u64> {
    let unknown: Vec<&&str> = ONE_EACH.iter().filter(|table| !after.contains_key(**table)).collect();
    assert!(unknown.is_empty(), "no tables: {unknown:?}");
    let rows = |of: &Fingerprint, table: &String| of.get(table).map_or(0, |(rows, _)| *rows);
    after
        .keys()
        .map(|table| (table.clone(), rows(after, table) - rows(before, table).min(rows(after, table))))
        .collect()
}

/// Waits until no turn of the project is open and nothing changes any more.
async fn quiet(world: &World) -> Fingerprint {
    let is_open = |thread: &Value| thread["run"]["running"] != false || thread["run"]["queued"] != 0;
    let mut last = Fingerprint::new();
    loop {
        let threads = world.get("/threadline/v1/threads?limit=1000", credential("native", KEY)).await;
        let now = world.observer.fingerprint();
        if now == last && !threads["data"].as_array().expect("a list").iter().any(is_open) {
            return now;
        }
        last = now;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The tables that differ.
fn changed<'f>(before: &Fingerprint, after: &'f Fingerprint) -> Vec<&'f String> {
    after.iter().filter(|(name, table)| before.get(*name) != Some(table)).map(|(name, _)| name).collect()
}

struct Request<'w> {
    world: &'w World,
    operation: &'w Operation,
    name: OwnName,
}

impl Request<'_> {
    /// `name` is the sender's own.
    async fn send(&self, path: &str, name: &str, body: Option<&Value>) -> (u16, Value) {
        let method: Method = self.operation.method.parse().expect("a method");
        let mut request = self.world.http.request(method, format!("{}{path}", self.world.server.url));
        let (header, value) = credential(self.operation.dialect, KEY);
        let mut body = body.cloned();
        match (self.name, &mut body) {
            (OwnName::Header, _) => request = request.header("idempotency-key", name),
            (OwnName::Field(field), Some(body)) => body[field] = name.into(),
            (OwnName::Field(field), None) => panic!("{field} has no body to stand in"),
        }
        if let Some(body) = &body {
            request = request.json(body);
        }
        let answer = request.header(header, value).send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }
}
