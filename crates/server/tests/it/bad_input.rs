//! Every operation of every dialect under every class of bad input: refused, in that dialect's schema, without effect.
//!
//! The operations come from the documents of the running server, so a new one is under test by being documented. What its
//! ids are is told in `world`, a good body stands in `tests/probe/bodies.json`; without them it is tested as far as one gets
//! without.

pub mod bodies;
pub mod classes;
mod exceptions;
mod fields;
pub mod operation;
mod plain;
mod positions;
mod twice;
pub mod world;

use std::collections::{BTreeMap, BTreeSet};

use reqwest::{Method, Response};

use self::{
    classes::{Case, cases},
    exceptions::{is_excepted, unused},
    operation::{Operation, sharing},
    world::World,
};
use crate::{dialects, process::KEY};

/// What a refusal must not tell.
const SECRETS: [&str; 6] = [KEY, "sqlite", "SELECT ", "panicked", "src/", "threadline.db"];
/// Fewer cases than this for an operation: the table is not at work.
const CASES_MIN: usize = 10;
/// Beginnings of classes, and how many cases there must be of each: the world may have lost what they need.
const OF_A_CLASS_MIN: [(&str, usize); 10] = [
    ("a guest's token", 50),
    ("another guest's token", 4),
    ("a cursor of another project", 10),
    ("a cursor of another thread", 4),
    ("Last-Event-ID of another thread", 5),
    ("Last-Event-ID beyond", 5),
    ("since_id with another digit", 4),
    ("a form", 15),
    ("a file too large by one", 3),
    ("an origin key of 256 characters", 20),
];

#[tokio::test]
async fn whatever_is_wrong_with_a_request_it_is_refused_in_its_dialects_words_and_changes_nothing() {
    let world = World::make().await;
    let mut wrong = Vec::new();
    let (mut classes, mut operations) = (Vec::new(), 0);
    for dialect in dialects::names() {
        let mut places = BTreeSet::new();
        for operation in &world.operations[dialect] {
            let is_twin = !places.insert(operation.place());
            let cases = cases(&world, operation, is_twin).await;
            operations += 1;
            classes.extend(cases.iter().map(|case| (operation, case.class.clone())));
            wrong.extend(check(&world, operation, cases).await);
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(classes.len() >= operations * CASES_MIN, "{} cases for {operations} operations", classes.len());
    for (class, least) in OF_A_CLASS_MIN {
        let found = classes.iter().filter(|(_, found)| found.starts_with(class)).count();
        assert!(found >= least, "only {found} cases of {class:?}");
    }
    let unused = unused(&classes);
    assert!(unused.is_empty(), "no case is meant by the exceptions {unused:?}");
    let (status, _) = world.server.get("/threadline/v1/limits").await;
    assert_eq!(status, 200, "the next request works");
}

/// What is wrong with the answers to an operation's cases.
async fn check(world: &World, operation: &Operation, cases: Vec<Case>) -> Vec<String> {
    let (mut wrong, mut families) = (Vec::new(), BTreeMap::new());
    let mut before = world.observer.fingerprint();
    for case in cases {
        if is_excepted(operation, &case.class) {
            continue;
        }
        let answer = ask(world, &case).await;
        let mut faults = match answer {
            Ok(answer) => faults(world, operation, &case, &answer, &mut families),
            Err(fault) => vec![fault],
        };
        let after = world.observer.fingerprint();
        if after != before {
            let changed: Vec<&String> =
                after.iter().filter(|(name, table)| before.get(*name) != Some(table)).map(|(name, _)| name).collect();
            faults.push(format!("it has changed {changed:?}"));
            before = after;
        }
        let name = operation.name();
        wrong.extend(faults.into_iter().map(|fault| format!("{}: {name}: {}: {fault}", operation.dialect, case.class)));
    }
    wrong
}

struct Answer {
    status: u16,
    content_type: String,
    request_id: bool,
    body: String,
}

/// The answer, unless it is a success: that may be a stream without an end.
async fn ask(world: &World, case: &Case) -> Result<Answer, String> {
    let method: Method = case.method.parse().expect("a method");
    let mut request = world.http.request(method, format!("{}{}", world.server.url, case.path)).body(case.body.clone());
    for (name, value) in &case.headers {
        request = request.header(*name, value);
    }
    let answer = request.send().await.map_err(|why| format!("no answer: {why:?}"))?;
    let status = answer.status().as_u16();
    if status < 400 {
        return Err(format!("is answered with {status}, not {:?}", case.refused));
    }
    read(answer).await
}

async fn read(answer: Response) -> Result<Answer, String> {
    let status = answer.status().as_u16();
    let header = |name: &str, answer: &Response| {
        answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let content_type = header("content-type", &answer);
    let request_id = !header("x-request-id", &answer).is_empty();
    Ok(Answer { status, content_type, request_id, body: answer.text().await.map_err(|why| why.to_string())? })
}

fn faults(
    world: &World,
    operation: &Operation,
    case: &Case,
    answer: &Answer,
    families: &mut BTreeMap<&'static str, (String, String)>,
) -> Vec<String> {
    let mut found = Vec::new();
    let Answer { status, body, .. } = answer;
    let others = if case.may_be_shared { sharing(&world.operations, operation) } else { Vec::new() };
    let refusals = [401, 403, 404, 405];
    let shared = refusals.contains(status)
        && others.iter().any(|other| in_schema_of(world, other, operation, answer).is_empty());
    if !case.refused.contains(status) && !shared {
        found.push(format!("is answered with {status}, not {:?}: {body:.200}", case.refused));
    }
    if !shared {
        found.extend(in_schema_of(world, operation.dialect, operation, answer));
    }
    if !answer.request_id {
        found.push("has no x-request-id".into());
    }
    if let Some(secret) = SECRETS.iter().find(|secret| body.contains(**secret)) {
        found.push(format!("tells {secret:?}: {body:.200}"));
    }
    if let Some(family) = case.alike {
        let (first, expected) = families.entry(family).or_insert_with(|| (case.class.clone(), body.clone()));
        if expected != body {
            found.push(format!("says {body:.200}, but {first} says {expected:.200}"));
        }
    }
    found
}

/// What of the answer is not as the dialect's document says of that status.
fn in_schema_of(world: &World, dialect: &str, operation: &Operation, answer: &Answer) -> Vec<String> {
    let document = &world.documents[dialect];
    let own = (dialect == operation.dialect).then_some(&operation.said);
    // Of another dialect's path any operation will do: all say the same of what the doors answer.
    let other = || world.operations[dialect].first().map(|operation| &operation.said);
    let Some(said) = own.or_else(other) else { return vec![format!("{dialect} has no operations")] };
    let Some(content) = said["responses"][answer.status.to_string()]["content"].as_object() else {
        return vec![format!("is answered with {}, which is not documented: {:.200}", answer.status, answer.body)];
    };
    let essence = answer.content_type.split(';').next().unwrap_or_default();
    let Some(content) = content.get(essence) else {
        return vec![format!("has the content type {:?}, not {:?}", answer.content_type, content.keys())];
    };
    match serde_json::from_str(&answer.body) {
        Ok(body) => dialect_kit::testing::misfits(document, &content["schema"], &body),
        Err(why) => vec![format!("is not JSON: {why}: {:.200}", answer.body)],
    }
}
