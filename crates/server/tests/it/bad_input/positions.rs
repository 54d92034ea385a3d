//! Places in a log and in a list: random, of another thread or project, tampered with, beyond the head.

use serde_json::Value;

use super::{
    classes::{Case, Good, credential},
    operation::Access,
    world::World,
};
use crate::process::KEY;

const HEADER: &str = "last-event-id";
/// Parameters of a query that are such a place.
const QUERIES: [&str; 5] = ["since_id", "around", "after", "before", "lastEventId"];
/// Where an answer says how its list goes on.
const NEXT: [&str; 3] = ["next", "nextCursor", "next_cursor"];

pub async fn add(world: &World, good: &Good<'_>, cases: &mut Vec<Case>) {
    let operation = good.operation;
    let named: Vec<&str> = operation.query().into_iter().map(|(name, _)| name).collect();
    let refused = &[good.door().invalid];
    if operation.takes_header("Last-Event-ID") {
        for (class, value) in places(world, good).await {
            cases.push(good.case(format!("Last-Event-ID {class}"), refused).with(HEADER, value));
        }
        cases.push(good.case("Last-Event-ID twice", refused).and(HEADER, "1").and(HEADER, "1"));
    }
    let is_of_a_log = operation.template.contains("{thread") || operation.template.contains("{session");
    for name in QUERIES.into_iter().filter(|name| named.contains(name) && is_of_a_log) {
        // It names a message, and there may be none.
        let refused = if name == "around" { &[good.door().invalid, 404][..] } else { refused };
        for (class, value) in places(world, good).await {
            let path = good.asking(name, &value);
            cases.push(Case { path, ..good.case(format!("{name} {class}"), refused) });
        }
    }
    if operation.takes_header("Last-Event-ID") {
        for name in named.iter().filter(|name| ["after_sequence", "after"].contains(name)) {
            let path = good.asking(name, "1000000");
            cases.push(Case { path, ..good.case(format!("{name} beyond the head"), refused) });
        }
    }
    if named.contains(&"cursor") && operation.access() == Access::Key && operation.method == "GET" {
        cursors(world, good, cases).await;
    }
}

/// Bad places in a thread's log, as the dialect writes them.
async fn places(world: &World, good: &Good<'_>) -> Vec<(&'static str, String)> {
    let mut places = vec![
        ("that is a word", "x".to_owned()),
        ("that is empty", String::new()),
        ("below the start", "-1".into()),
        ("beyond all numbers", "99999999999999999999".into()),
        ("of 10 kB", "9".repeat(10_000)),
    ];
    match good.operation.dialect {
        "native" => places.extend([
            ("beyond the head", "1000000".into()),
            ("beyond a million deltas of no entry", "1000000.1".into()),
            ("with a fraction too many", "1.1.1".into()),
            ("with a word for a fraction", "1.x".into()),
            ("with a sign", "+1".into()),
            ("in base 16", "0x1".into()),
        ]),
        "feather" => {
            let [_, sibling, foreign] = world.messages(good.operation);
            places.extend([
                ("that is nobody's", "01933b5a-0000-7000-8000-000000000001".into()),
                ("of another thread", sibling.into()),
                ("of another project", foreign.into()),
            ]);
        }
        "everruns" => places.extend(everruns(world, good).await),
        _ => {}
    }
    places
}

async fn everruns(world: &World, good: &Good<'_>) -> Vec<(&'static str, String)> {
    let base = if good.operation.template.starts_with("/api/") { "/api/v1" } else { "/v1" };
    let newest = async |session: &str, key: &str| {
        let path = format!("{base}/sessions/{session}/events?limit=1");
        let events = world.get(&path, credential("everruns", key)).await;
        events["data"][0]["id"].as_str().unwrap_or_else(|| panic!("{path}: {events}")).to_owned()
    };
    let [own, sibling, foreign] = world.sessions();
    let own = newest(&own, KEY).await;
    vec![
        ("with another digit", flipped(&own)),
        ("of zeros", format!("event_{}", "0".repeat(32))),
        ("that is too short", own[..own.len() - 1].to_owned()),
        ("without its prefix", own["event_".len()..].to_owned()),
        ("with another prefix", own.replace("event_", "message_")),
        ("of another thread", newest(&sibling, KEY).await),
        ("of another project", newest(&foreign, &world.keys.foreign).await),
    ]
}

/// With another digit or letter in its middle.
fn flipped(text: &str) -> String {
    let at = text.len() / 2;
    let other = if text.as_bytes()[at] == b'a' { "b" } else { "a" };
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

/// A cursor as a list of more than one gives it, and what can be done to it.
async fn cursors(world: &World, good: &Good<'_>, cases: &mut Vec<Case>) {
    let operation = good.operation;
    let list = world.get(&good.asking("limit", "1"), credential(operation.dialect, KEY)).await;
    let Some(cursor) = next(&list) else { return };
    let refused = &[good.door().invalid];
    let mut add = |class: &str, cursor: &str| {
        cases.push(Case { path: good.asking("cursor", cursor), ..good.case(format!("a cursor {class}"), refused) });
    };
    add("with another letter", &flipped(&cursor));
    add("cut short", &cursor[..cursor.len() - 1]);
    add("with more behind it", &format!("{cursor}A"));
    add("twice in one", &format!("{cursor}{cursor}"));
    add("given twice", &format!("{cursor}&cursor={cursor}"));
    if let Some(ids) = world.sibling(operation) {
        let path = format!("{}?cursor={cursor}", operation.path(&ids));
        cases.push(Case { path, ..good.case("a cursor of another thread", refused) });
    }
    let Some(ids) = world.foreign(operation) else { return };
    let path = good.at(&operation.path(&ids));
    let mark = if path.contains('?') { '&' } else { '?' };
    let path = format!("{path}{mark}cursor={cursor}");
    let (name, value) = credential(operation.dialect, &world.keys.foreign);
    cases.push(Case { path, ..good.case("a cursor of another project", refused) }.with(name, value));
}

fn next(list: &Value) -> Option<String> {
    let object = list.as_object()?;
    let here = NEXT.into_iter().find_map(|name| object.get(name)?.as_str().map(Into::into));
    here.or_else(|| object.values().find_map(next))
}
