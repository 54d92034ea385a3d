//! What is asked: requests that are good in all but who asks, about things that are there.

use std::sync::atomic::{AtomicUsize, Ordering};

use domain::caller::SubjectKind;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    subjects::{Subject, Subjects},
    visits::{Things, Visit, of_thread},
};
use crate::{
    bad_input::{
        bodies::{MULTIPART, one_file},
        classes::credential,
        operation::Operation,
        world::{Api, OWN_PROVIDERS, UNKNOWN, World, spelled, text},
    },
    process::KEY,
};

pub struct Request {
    /// The operation, for people.
    pub name: String,
    method: Method,
    /// With its query.
    path: String,
    credential: Option<(&'static str, String)>,
    content: Option<(&'static str, Vec<u8>)>,
}

impl Request {
    /// About things of the first project, which a refusal and a look leave as they are.
    pub fn of(world: &World, subjects: &Subjects, operation: &Operation, subject: &Subject) -> Self {
        let mut things = of_project(world, operation);
        let guest = &world.own.guest;
        match operation.is_of_guests() {
            true => things.extend(of_thread(&guest.thread, &guest.message)),
            false => things.extend(subject.thread.iter().flat_map(|visit| visit.things(operation.dialect))),
        }
        Self::about(world, subjects, operation, subject, &things)
    }

    /// About a thread of the project that the subject does not know of.
    pub fn at_sibling(world: &World, subjects: &Subjects, operation: &Operation, subject: &Subject) -> Self {
        let mut things = world.own.ids.clone();
        things.extend(of_thread(&world.own.sibling, &world.own.sibling_message));
        Self::about(world, subjects, operation, subject, &things)
    }

    /// About things that are made for it, so that it matters to no other request what becomes of them.
    pub async fn afresh(world: &World, subjects: &Subjects, operation: &Operation, subject: &Subject) -> Self {
        if operation.is_of_guests() && operation.query_is_required() {
            let request = Self::of(world, subjects, operation, subject);
            return Self { path: format!("{}?ticket={}", request.path, world.ticket().await), ..request };
        }
        if operation.method == "GET" {
            return Self::of(world, subjects, operation, subject);
        }
        let (mut things, mut secret) = (of_project(world, operation), subject.secret.clone());
        if is_of_a_thread(operation) {
            let visit = match operation.is_of_guests() {
                true => Visit::of_guest(world).await,
                false => Visit::of(world, subject, &subjects.begun_by).await,
            };
            things.extend(visit.things(operation.dialect));
            if subject.kind == Some(SubjectKind::Guest) {
                secret = visit.secret;
            }
        } else if operation.method == "DELETE" {
            // The index of searches has no id: a project has one.
            if let Some((noun, _)) = operation.parameters().last() {
                let noun = of_dialect(operation, noun);
                *things.get_mut(noun).expect("the world has one") = made(world, noun).await;
            }
        }
        let by = Subject { secret, ..subject.clone() };
        Self::about(world, subjects, operation, &by, &things)
    }

    fn about(world: &World, subjects: &Subjects, operation: &Operation, subject: &Subject, things: &Things) -> Self {
        let of_all = |noun: &str| match noun {
            "models" => subjects.model.0.clone(),
            "providers" => subjects.model.1.clone(),
            "harnesses" => "generic".into(),
            "tags" | "end-users" => "probe".into(),
            _ => UNKNOWN.into(),
        };
        let parameters = operation.parameters().into_iter();
        let ids: Vec<String> = parameters
            .map(|(noun, _)| match things.get(of_dialect(operation, noun)) {
                Some(id) => spelled(operation.dialect, noun, id),
                None => of_all(noun),
            })
            .collect();
        let credential = subject.secret.as_deref().map(|secret| match operation.is_of_guests() {
            true => ("authorization", format!("Bearer {secret}")),
            false => credential(operation.dialect, secret),
        });
        Self {
            name: format!("{}: {}", operation.dialect, operation.name()),
            method: operation.method.parse().expect("a method"),
            path: format!("{}{}", operation.path(&ids), query(operation, &things["projects"])),
            credential,
            content: content(world, operation, subject, things),
        }
    }
}

/// The word by which the world has the thing.
fn of_dialect<'n>(operation: &Operation, noun: &'n str) -> &'n str {
    if (operation.dialect, noun) == ("native", "providers") { OWN_PROVIDERS } else { noun }
}

/// The things of the first project that the operation can be about.
fn of_project(world: &World, operation: &Operation) -> Things {
    let mut things = world.own.ids.clone();
    if operation.is_of_programs() {
        things.insert("turns", world.own.program.turn.clone());
    }
    if operation.template.starts_with("/api/v1/chat/") {
        things.insert("agents", world.own.guest.agent.clone());
    }
    things
}

/// What stands in the query of those that need one.
fn query(operation: &Operation, project: &str) -> String {
    match (operation.dialect, &*operation.place()) {
        ("native", "GET /search/messages") => "?q=Hello".into(),
        ("native", "GET /turns/{}/control") => "?attempt=1".into(),
        ("native", "DELETE /threads/{}/ask") => "?member=ann0@example.com".into(),
        ("capy", "GET /threads" | "GET /tasks") => format!("?projectId={project}"),
        ("capy", "GET /usage") => format!("?orgId={project}&from=2026-01-01T00:00:00Z&to=2026-01-08T00:00:00Z"),
        _ => String::new(),
    }
}

fn content(
    world: &World,
    operation: &Operation,
    subject: &Subject,
    things: &Things,
) -> Option<(&'static str, Vec<u8>)> {
    if operation.takes("multipart/form-data") {
        return Some((MULTIPART, one_file()));
    }
    if !operation.takes_body() {
        return None;
    }
    let body = of_its_own(operation, subject, things).or_else(|| world.body(operation));
    Some(("application/json", body.unwrap_or_else(|| json!({})).to_string().into_bytes()))
}

/// Bodies for operations whose schema says enough for a probe, those that must not reach beyond this machine, and those that depend
/// on who asks.
fn of_its_own(operation: &Operation, subject: &Subject, things: &Things) -> Option<Value> {
    let project = &things["projects"];
    Some(match (operation.dialect, &*operation.place()) {
        ("native", "POST /webhooks") => json!({"url": "https://example.com/hook", "enabled": false}),
        ("feather", "POST /chat/threads/{}/read") => json!({"upTo": things["messages"]}),
        ("native", "POST /threads/{}/read") => json!({"message": things["answers"]}),
        // A key gives no scope that it lacks.
        ("native", "POST /keys") => json!({"name": "probe", "scopes": ["admin"]}),
        ("algoreg", "POST /message") if subject.kind == Some(SubjectKind::Customer) => json!({"content": "Hello"}),
        ("algoreg", "POST /message") => json!({"from": "carol@example.com", "content": "Hello"}),
        ("capy", "POST /threads") => json!({"projectId": project, "prompt": "Hello"}),
        ("capy", "POST /projects/{}/browser-snapshots") => {
            json!({"name": "probe", "storageState": {"cookies": [], "origins": []}})
        }
        ("capy", "PATCH /projects/{}/browser-snapshots/{}") => json!({"name": "probe"}),
        ("capy", "POST /projects/{}/tags") => json!({"name": "probe", "color": "blue"}),
        ("capy", "PUT /threads/{}/tags") => json!({"tags": []}),
        ("algoreg", "POST /customers" | "POST /customers/{}") => json!({"name": "Ann"}),
        ("everruns", "POST /channels/{}/sessions/{}/tool-results") => {
            json!({"tool_results": [{"tool_call_id": "c1", "result": 1}]})
        }
        _ => return None,
    })
}

/// Whether its path names a thread.
pub fn is_of_a_thread(operation: &Operation) -> bool {
    let nouns: Vec<&str> = operation.parameters().iter().map(|(noun, _)| *noun).collect();
    nouns.iter().any(|noun| ["threads", "thread", "sessions"].contains(noun))
}

/// A new thing of the first project, to be deleted.
async fn made(world: &World, noun: &str) -> String {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let api = Api { server: &world.server, key: KEY };
    let name = format!("made{}", MADE.fetch_add(1, Ordering::Relaxed));
    let new = match noun {
        "images" => return api.upload().await,
        OWN_PROVIDERS => {
            api.put(&format!("providers/{name}"), json!({"kind": "openai"})).await;
            return name;
        }
        "routes" => {
            api.put(&format!("routes/{name}"), json!({"provider": "probe"})).await;
            return name;
        }
        "browser-snapshots" => json!({"name": name, "storage_state": {"cookies": [], "origins": []}}),
        "saved-replies" => json!({"name": name, "text": "Hello"}),
        "members" => json!({"email": format!("{name}@example.com")}),
        "keys" => json!({"name": name, "scopes": ["read"]}),
        "customers" => json!({"external_id": name}),
        "webhooks" => json!({"url": "https://example.com/hook", "enabled": false}),
        "agents" => json!({"name": name}),
        other => panic!("nothing is known of {other}"),
    };
    text(&api.post(noun, new).await["id"])
}

/// The status of the answer. Its body is not waited for: it may be a stream without an end.
pub async fn status(world: &World, request: &Request) -> u16 {
    let Request { method, path, credential, content, .. } = request;
    let mut asked = world.http.request(method.clone(), format!("{}{path}", world.server.url));
    // For whom a token is to be, where it is asked for.
    if path.ends_with("/runtime-auth") {
        asked = asked.header("End-User", "ann");
    }
    if let Some((name, value)) = credential {
        asked = asked.header(*name, value);
    }
    if let Some((kind, body)) = content {
        asked = asked.header("content-type", *kind).body(body.clone());
    }
    asked.send().await.expect("an answer").status().as_u16()
}
