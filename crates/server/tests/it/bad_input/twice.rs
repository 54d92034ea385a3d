//! One request sent many times at once by one name of the sender's: it counts once, and the name is good for nothing else.

use std::{collections::BTreeMap, time::Duration};

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
/// Tables in which one request writes one row at most.
const ONE_EACH: [&str; 12] = [
    "agents",
    "attachments",
    "browser_snapshots",
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
/// Fewer operations than this: the test is not at work.
const OPERATIONS_MIN: usize = 15;

#[tokio::test]
async fn a_request_sent_many_times_at_once_by_one_name_counts_once() {
    let world = World::make().await;
    let mut asked = 0;
    for operation in DIALECTS.iter().flat_map(|dialect| &world.operations[dialect]) {
        let Some(name) = operation.own_name() else { continue };
        let (Some(ids), Some(good)) = (world.own(operation), world.body(operation)) else { continue };
        let request = Request { world: &world, operation, name, path: operation.path(&ids) };
        asked += usize::from(check(&request, &fresh(good, asked)).await);
    }
    assert!(asked >= OPERATIONS_MIN, "only {asked} operations count once");
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

/// `false` for what cannot succeed as the world is.
async fn check(request: &Request<'_>, body: &Value) -> bool {
    let Request { world, operation, .. } = request;
    let (name, key) = (operation.name(), format!("twice-{}", operation.name().replace([' ', '/', '{', '}'], "-")));
    let before = quiet(world).await;
    let answers = join_all((0..AT_ONCE).map(|_| request.send(KEY, &key, body))).await;
    let after = quiet(world).await;
    let good: Vec<&(u16, Value)> = answers.iter().filter(|(status, _)| *status < 300).collect();
    let Some((_, first)) = good.first() else {
        assert_eq!(after, before, "{name} is refused, with an effect: {:?}", answers[0]);
        return false;
    };
    // Of what holds a secret only the first is told it, and all others that there is one.
    assert!(answers.iter().all(|(status, _)| *status < 300 || *status == 409), "{name}: {answers:?}");
    assert!(good.len() == AT_ONCE || good.len() == 1, "{name}: {} of {AT_ONCE} have succeeded", good.len());
    assert!(good.iter().all(|(_, answer)| id(answer) == id(first)), "{name}: {good:?}");
    for (table, rows) in grown(&before, &after) {
        assert!(rows <= 1 || !ONE_EACH.contains(&table.as_str()), "{name} has made {rows} rows of {table}");
    }
    let other = fresh(with_another(body), 1_000);
    let (status, refusal) = request.send(KEY, &key, &other).await;
    assert_eq!(status, 409, "{name}: the name is good for another body: {refusal}");
    let changed = changed(&after, &quiet(world).await).into_iter().cloned().collect::<Vec<_>>();
    assert!(changed.is_empty(), "{name}: what is refused has changed {changed:?}");
    true
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

fn id(answer: &Value) -> &Value {
    ["id", "messageId"].iter().map(|name| &answer[*name]).find(|id| id.is_string()).unwrap_or(&answer["message"]["id"])
}

/// How many rows each table has gained.
fn grown(before: &Fingerprint, after: &Fingerprint) -> BTreeMap<String, u64> {
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
    path: String,
}

impl Request<'_> {
    async fn send(&self, key: &str, name: &str, body: &Value) -> (u16, Value) {
        let method: Method = self.operation.method.parse().expect("a method");
        let mut request = self.world.http.request(method, format!("{}{}", self.world.server.url, self.path));
        let (header, value) = credential(self.operation.dialect, key);
        let mut body = body.clone();
        match self.name {
            OwnName::Header => request = request.header("idempotency-key", name),
            OwnName::Field(field) => body[field] = name.into(),
        }
        let answer = request.header(header, value).json(&body).send().await.expect("an answer");
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }
}
