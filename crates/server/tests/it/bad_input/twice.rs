//! One request sent many times at once by one name of the sender's: it counts once, and the name is good for nothing else, before
//! and after a death of the server. Every POST of every document is asked, or says why not.

mod request;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures_util::future::join_all;
use serde_json::Value;
use store::testing::Fingerprint;

use self::request::{Answer, Asked, Sent};
use super::{
    classes::credential,
    operation::{Operation, OwnName},
    world::World,
};
use crate::process::KEY;

const AT_ONCE: usize = 20;
/// Tables in which one request writes one row at most. Of `events` those count that came in by a door: see [`said`].
const ONE_EACH: [&str; 12] = [
    "agents",
    "attachments",
    "customers",
    "keys",
    "members",
    "origin_keys",
    "project_tags",
    "projects",
    "snapshots",
    "threads",
    "turns",
    "webhooks",
];

/// A dialect and the place of an operation in it.
type Place = (&'static str, &'static str);

/// POSTs that take no name by the sender, and why. They take the header as if it were not there.
const UNNAMED: [(Place, &str); 27] = [
    (("native", "POST /agents/{}/guests"), "nobody shows a credential whose key it could be"),
    (("native", "POST /threads/{}/tokens"), "nothing is stored: each token is another"),
    (("native", "POST /threads/{}/tickets"), "nothing is stored: each ticket is another"),
    (("native", "POST /threads/{}/presence"), "nothing is stored"),
    (("native", "POST /customers/{}/tokens"), "nothing is stored: each token is another"),
    (("native", "POST /providers/{}/check"), "nothing is stored: each check asks the models again"),
    (("native", "POST /routes/{}/check"), "nothing is stored: each check asks the model again"),
    (("native", "POST /turns/claim"), "a claim whose answer is lost ends by itself, and the turn is claimed again"),
    (
        ("native", "POST /turns/{}/heartbeat"),
        "its number in the attempt is its name, and without one it does no harm twice",
    ),
    (("native", "POST /turns/{}/deltas"), "its number in the attempt is its name"),
    (("native", "POST /turns/{}/messages"), "its number in the attempt is its name"),
    (("native", "POST /turns/{}/tool-results"), "its number in the attempt is its name"),
    (("native", "POST /turns/{}/complete"), "its number in the attempt is its name"),
    (("native", "POST /turns/{}/fail"), "its number in the attempt is its name"),
    (("native", "POST /turns/{}/release"), "its number in the attempt is its name"),
    (("algoreg", "POST /token"), "nobody has shown a credential yet, and nothing is stored"),
    (("algoreg", "POST /thread/search"), "it reads"),
    (("feather", "POST /chat/identify"), "nothing is stored: each token is another"),
    (("feather", "POST /chat/threads/{}/identity"), "an identity that has joined joins nobody again"),
    (("feather", "POST /chat/threads/{}/logout"), "a token that is void ends nothing"),
    (("feather", "POST /chat/threads/{}/read"), "the first time counts"),
    (("feather", "POST /chat/threads/{}/token"), "nothing is stored: each token is another"),
    (("feather", "POST /chat/threads/{}/typing"), "nothing is stored"),
    (("feather", "POST /chat/threads/{}/stream-ticket"), "nothing is stored: each ticket is another"),
    (("feather", "POST /threads"), "it is always refused"),
    (("everruns", "POST /channels/{}/sessions/{}/question-answers"), "it is always refused"),
    (("everruns", "POST /channels/{}/sessions/{}/tool-approvals"), "it is always refused"),
];
/// Operations of which the world has nothing to ask for: no webhook has been told anything. The dialect's own tests ask them.
const NOT_ASKED: [Place; 1] = [("native", "POST /webhooks/{}/postings/{}/replay")];
/// Operations that make a credential, which only the first is told: all others are told that there is one.
const OF_CREDENTIALS: [Place; 5] = [
    ("native", "POST /agents/{}/guest-secret"),
    ("native", "POST /keys"),
    ("native", "POST /members/{}/sign-in-links"),
    ("native", "POST /webhooks"),
    ("native", "POST /webhooks/{}/rotate"),
];
/// Operations that are answered with a token, which is stored nowhere: a replay has another for the same person.
const OF_TOKENS: [Place; 4] = [
    ("native", "POST /agents/{}/end-users/{}/tokens"),
    ("feather", "POST /chat/threads"),
    ("algoreg", "POST /chat/token"),
    ("everruns", "POST /channels/{}/runtime-auth"),
];
/// Operations that are refused as the world is: no turn waits for results, no webhook is enabled, no agent has an
/// endpoint.
const REFUSED: [Place; 5] = [
    ("native", "POST /agents/{}/push-secret"),
    ("native", "POST /threads/{}/tool-results"),
    ("native", "POST /webhooks/{}/replay"),
    ("everruns", "POST /sessions/{}/tool-results"),
    ("everruns", "POST /channels/{}/sessions/{}/tool-results"),
];
/// Operations by which something is said.
const SAYING: [&str; 3] = ["/message", "/messages", "capy POST /threads"];

#[tokio::test]
async fn every_post_takes_a_name_by_its_sender_or_says_why_not() {
    let world = World::make().await;
    let posts = posts(&world);
    let unnamed: BTreeSet<(&str, String)> = posts
        .iter()
        .filter(|operation| !operation.takes_header("Idempotency-Key"))
        .map(|operation| (operation.dialect, operation.place()))
        .collect();
    let expected = UNNAMED.map(|((dialect, place), _)| (dialect, place.to_owned()));
    assert_eq!(unnamed, BTreeSet::from(expected), "POSTs that document no Idempotency-Key");
    for operation in posts.iter().filter(|operation| unnamed.contains(&(operation.dialect, operation.place()))) {
        let sent = Sent::of(&world, operation, 0).await;
        let bare = sent.ask(&world, &Asked::default()).await;
        let before = quiet(&world).await;
        for header in ["k", "k", &*"k".repeat(256), "no key"] {
            let answer = sent.ask(&world, &Asked { header: Some(header), field: None }).await;
            assert_eq!((answer.status, answer.is_replay), (bare.status, false), "{}: {header}", operation.name());
        }
        assert_eq!(grown(&before, &quiet(&world).await)["origin_keys"], 0, "{} keeps a key", operation.name());
    }
}

#[tokio::test]
async fn a_request_sent_many_times_at_once_by_one_name_counts_once_and_for_good() {
    let mut world = World::make().await;
    let named: Vec<Operation> =
        posts(&world).into_iter().filter(|operation| operation.takes_header("Idempotency-Key")).collect();
    let mut answered = Vec::new();
    // Those without a body come last: what is closed takes no message.
    for is_last in [false, true] {
        for operation in &named {
            if is_of(&NOT_ASKED, operation) || request::is_without_body(&world, operation) != is_last {
                continue;
            }
            for name in operation.own_names() {
                let sent = Sent::of(&world, operation, answered.len()).await;
                let key = key(operation, answered.len(), name);
                let asked = Asked::by(name, &key);
                let first = check(&world, operation, &sent, &asked).await;
                answered.extend(first.map(|first| (operation.clone(), name, key.clone(), sent.clone(), first)));
            }
        }
    }
    world.die();
    let before = quiet(&world).await;
    for (operation, name, key, sent, first) in answered {
        let answer = sent.ask(&world, &Asked::by(name, &key)).await;
        let name = operation.name();
        if is_of(&OF_CREDENTIALS, &operation) {
            assert_eq!(answer.status, 409, "{name}: {answer:?}");
            continue;
        }
        assert_eq!((answer.status, answer.is_replay), (first.status, true), "{name}, after a death: {answer:?}");
        assert!(!id(&first.body).is_string() || id(&answer.body) == id(&first.body), "{name}: {answer:?}, {first:?}");
    }
    let changed = changed(&before, &quiet(&world).await).into_iter().cloned().collect::<Vec<_>>();
    assert!(changed.is_empty(), "what was done before the death has changed {changed:?} again");
}

/// As long as one may be, but where the vendor says how long a name in its body is.
fn key(operation: &Operation, number: usize, name: OwnName) -> String {
    let key = format!("twice-{}-{number}", operation.dialect);
    if name == OwnName::Header { format!("{key:-<255}") } else { key }
}

/// Every POST of every dialect, the twins below another base left out.
fn posts(world: &World) -> Vec<Operation> {
    let mut places = BTreeSet::new();
    let is_first = |operation: &&Operation| places.insert((operation.dialect, operation.place()));
    world.operations().filter(|operation| operation.method == "POST").filter(is_first).cloned().collect()
}

/// Asks many times at once, and then for something else by the same name. What the first was answered, if it was not refused.
async fn check(world: &World, operation: &Operation, sent: &Sent, asked: &Asked<'_>) -> Option<Answer> {
    let name = format!("{} {}", operation.dialect, operation.name());
    let is_saying = SAYING.iter().any(|end| format!("{} {}", operation.dialect, operation.place()).ends_with(end));
    let said_before = if is_saying { said(world).await } else { 0 };
    let before = quiet(world).await;
    let answers = join_all((0..AT_ONCE).map(|_| sent.ask(world, asked))).await;
    let after = quiet(world).await;
    if is_of(&REFUSED, operation) {
        assert!(answers.iter().all(|answer| (400..500).contains(&answer.status)), "{name}: {answers:?}");
        assert_eq!(after, before, "{name} is refused, with an effect: {:?}", answers[0]);
        return None;
    }
    let first = same_answers(operation, &answers).clone();
    let grown = grown(&before, &after);
    for (table, rows) in &grown {
        assert!(*rows <= 1 || !ONE_EACH.contains(&table.as_str()), "{name} has made {rows} rows of {table}");
    }
    assert_eq!(grown["origin_keys"], 1, "{name} keeps its key");
    if is_saying {
        assert_eq!(said(world).await - said_before, 1, "{name}: messages that came of it");
    }
    if let Some(other) = sent.another(world, operation) {
        let refusal = other.ask(world, asked).await;
        assert_eq!((refusal.status, refusal.is_replay), (409, false), "{name}: the name is good for more: {refusal:?}");
        let changed = changed(&after, &quiet(world).await).into_iter().cloned().collect::<Vec<_>>();
        assert!(changed.is_empty(), "{name}: what is refused has changed {changed:?}");
    }
    Some(first)
}

/// All succeed with the same answer, and all but one are told that it is a replay; of a credential one succeeds, and all others are
/// told that there is one.
fn same_answers<'a>(operation: &Operation, answers: &'a [Answer]) -> &'a Answer {
    let name = format!("{} {}", operation.dialect, operation.name());
    let (good, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status < 300);
    let expected = if is_of(&OF_CREDENTIALS, operation) { 1 } else { AT_ONCE };
    assert_eq!(good.len(), expected, "{name}: so many of {AT_ONCE} have succeeded, others not: {:?}", refused.first());
    assert!(refused.iter().all(|answer| answer.status == 409 && !answer.is_replay), "{name}: {refused:?}");
    let first = good.iter().filter(|answer| !answer.is_replay).collect::<Vec<_>>();
    assert_eq!(first.len(), 1, "{name}: so many answers are no replays");
    let is_same = |answer: &&&Answer| {
        answer.status == first[0].status && (is_of(&OF_TOKENS, operation) || id(&answer.body) == id(&first[0].body))
    };
    assert_eq!(good.iter().filter(is_same).count(), good.len(), "{name}: {good:?}");
    first[0]
}

fn is_of(list: &[Place], operation: &Operation) -> bool {
    list.contains(&(operation.dialect, operation.place().as_str()))
}

/// What an answer and its replay have in common: the id of what was made, since the rest may change with time. An answer
/// without one is meant as a whole.
fn id(answer: &Value) -> &Value {
    let nested = ["message", "thread"].map(|field| &answer[field]["id"]);
    let mut ids = [&answer["id"], &answer["messageId"]].into_iter().chain(nested);
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
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The tables that differ.
fn changed<'f>(before: &Fingerprint, after: &'f Fingerprint) -> Vec<&'f String> {
    after.iter().filter(|(name, table)| before.get(*name) != Some(table)).map(|(name, _)| name).collect()
}

#[tokio::test]
async fn a_name_in_the_body_wins_over_the_requests() {
    let world = World::make().await;
    let posts = posts(&world);
    // Two operations may say something in one thread, where a name is good for one of them.
    let named = posts.iter().filter(|operation| operation.own_names().len() > 1).enumerate();
    for (number, operation) in named {
        let sent = Sent::of(&world, operation, 0).await;
        let field = operation.own_names().into_iter().find_map(OwnName::field).expect("a field");
        let both = async |header, name| {
            let name = format!("{name}-{number}");
            sent.ask(&world, &Asked { header: Some(header), field: Some((field, &name)) }).await
        };
        let name = format!("{} {}", operation.dialect, operation.name());
        let first = both("one", "a").await;
        if operation.dialect == "native" {
            assert_eq!(first.status, 400, "{name}: a message has one name");
            continue;
        }
        assert!(first.status < 300 && !first.is_replay, "{name}: {first:?}");
        let again = both("two", "a").await;
        assert_eq!((again.status, again.is_replay), (first.status, true), "{name}: {again:?}");
        assert_eq!(id(&again.body), id(&first.body), "{name}");
        let another = both("one", "b").await;
        assert_eq!((another.status, another.is_replay), (first.status, false), "{name}: {another:?}");
        // The first request's header names nothing, so that it is free.
        let header = sent.ask(&world, &Asked { header: Some("one"), field: None }).await;
        assert_eq!((header.status, header.is_replay), (first.status, false), "{name}: {header:?}");
        assert_eq!(both("no name", "a").await.status, invalid(operation.dialect), "{name}: what is no name is refused");
    }
}

fn invalid(dialect: &str) -> u16 {
    if dialect == "capy" { 422 } else { 400 }
}
