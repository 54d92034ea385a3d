//! A good request of an operation, and another one that differs.

use reqwest::{
    Method,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::{
    bad_input::{
        classes::credential,
        operation::{Access, Operation, OwnName},
        world::{PIXEL, UNKNOWN, World},
    },
    process::KEY,
};

/// Good bodies of operations of which the table of bad input knows none, by dialect and place.
fn body(world: &World, operation: &Operation) -> Option<Value> {
    let place = operation.place();
    Some(match (operation.dialect, place.as_str()) {
        ("capy", "POST /threads") => json!({"projectId": world.project(), "prompt": "Hello"}),
        ("capy", "POST /projects/{}/tags") => json!({"name": "probe", "color": "blue"}),
        ("capy", "POST /projects/{}/browser-snapshots") => {
            json!({"name": "probe", "storageState": {"cookies": [], "origins": []}})
        }
        ("algoreg", "POST /thread" | "POST /thread/{}") => json!({"subject": "probe"}),
        ("algoreg", "POST /thread/search") => json!({}),
        ("everruns", place) if place.ends_with("/tool-results") => {
            json!({"tool_results": [{"tool_call_id": "c1", "result": 1}]})
        }
        ("everruns", place) if place.ends_with("/question-answers") || place.ends_with("/tool-approvals") => json!({}),
        // An empty object has nothing that could differ: the operation is asked without a body.
        _ => return world.body(operation).filter(|body| *body != json!({}) || operation.needs_body()),
    })
}

/// The ids of the operation's path: of the world, unless none of its things will do.
async fn ids(world: &World, operation: &Operation) -> Option<Vec<String>> {
    match operation.place().as_str() {
        "POST /threads/{}/turns/{}/retry" => Some(world.cancelled_turn().await.into()),
        "POST /threads/{}/take" | "POST /threads/{}/ask" | "POST /threads/{}/replies" => {
            Some(vec![world.fresh_thread(false).await])
        }
        "POST /threads/{}/hand-back" => Some(vec![world.fresh_thread(true).await]),
        "POST /threads/{}/messages/{}/read" => {
            let thread = world.own(operation)?.swap_remove(0);
            let path = format!("/threadline/v1/threads/{thread}/messages");
            let messages = world.get(&path, credential("native", KEY)).await;
            let answer = messages["data"].as_array()?.iter().find(|message| message["role"] == "agent")?;
            Some(vec![thread, answer["id"].as_str()?.to_owned()])
        }
        "POST /agents/{}/end-users/{}/tokens" => Some(vec![world.own.ids["agents"].clone(), "probe".into()]),
        _ => world.own(operation),
    }
}

/// Whether it is asked without a body.
pub fn is_without_body(world: &World, operation: &Operation) -> bool {
    !is_upload(operation) && body(world, operation).is_none()
}

fn is_upload(operation: &Operation) -> bool {
    operation.takes("multipart/form-data")
}

/// What is sent, but for its names.
#[derive(Clone, Debug)]
pub struct Sent {
    path: String,
    credential: (&'static str, String),
    /// For whom a program asks, where it has to say so.
    end_user: Option<&'static str>,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    Nothing,
    Json(Value),
    /// A picture of this name, in a form.
    File(&'static str),
}

/// The names by which it is sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked<'a> {
    pub header: Option<&'a str>,
    pub field: Option<(&'static str, &'a str)>,
}

impl<'a> Asked<'a> {
    pub fn by(name: OwnName, key: &'a str) -> Self {
        match name {
            OwnName::Header => Self { header: Some(key), field: None },
            OwnName::Field(field) => Self { header: None, field: Some((field, key)) },
        }
    }
}

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub is_replay: bool,
    pub body: Value,
}

impl Sent {
    /// A request that is new for each number.
    pub async fn of(world: &World, operation: &Operation, number: usize) -> Self {
        let ids = ids(world, operation).await;
        let ids = ids.unwrap_or_else(|| panic!("{}: the world has nothing of the kind", operation.name()));
        let body = match body(world, operation) {
            _ if is_upload(operation) => Body::File("pixel.gif"),
            Some(body) => Body::Json(fresh(body, number)),
            None if operation.needs_body() => panic!("{}: needs a body", operation.name()),
            None => Body::Nothing,
        };
        let credential = match operation.access() {
            Access::Guest => credential("native", world.guests().0),
            Access::Program => credential("native", &world.own.program.secret),
            Access::Key | Access::Open => credential(operation.dialect, KEY),
        };
        let end_user = operation.place().ends_with("/runtime-auth").then_some("ann");
        Self { path: operation.path(&ids), credential, end_user, body }
    }

    /// Another request of the same operation, if there is any.
    pub fn another(&self, world: &World, operation: &Operation) -> Option<Self> {
        let mut other = self.clone();
        match &mut other.body {
            _ if self.end_user.is_some() => other.end_user = Some("bob"),
            Body::Json(body) if operation.place() == "POST /threads/{}/read" => body["message"] = UNKNOWN.into(),
            Body::Json(body) => *body = with_another(body),
            Body::File(name) => *name = "other.gif",
            Body::Nothing => {
                let [own, sibling, _] = world.sessions();
                other.path = match world.sibling(operation) {
                    Some(ids) => operation.path(&ids),
                    None if self.path.contains(&own) => self.path.replace(&own, &sibling),
                    None => return None,
                };
            }
        }
        Some(other)
    }

    pub async fn ask(&self, world: &World, asked: &Asked<'_>) -> Answer {
        let mut request = world.http.request(Method::POST, format!("{}{}", world.server.url, self.path));
        if let Some(header) = asked.header {
            request = request.header("idempotency-key", header);
        }
        if let Some(name) = self.end_user {
            request = request.header("end-user", name);
        }
        let request = match (&self.body, asked.field) {
            (Body::Json(body), field) => {
                let mut body = body.clone();
                if let Some((field, name)) = field {
                    body[field] = name.into();
                }
                request.json(&body)
            }
            (_, Some((field, _))) => panic!("{}: {field} has no body to stand in", self.path),
            (Body::File(name), None) => {
                request.multipart(Form::new().part("file", Part::bytes(PIXEL).file_name(*name)))
            }
            (Body::Nothing, None) => request,
        };
        let (header, value) = &self.credential;
        let answer = request.header(*header, value).send().await.expect("an answer");
        let (status, is_replay) = (answer.status().as_u16(), answer.headers().contains_key("idempotent-replayed"));
        Answer { status, is_replay, body: answer.json().await.unwrap_or_default() }
    }
}

/// What must be new for each.
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

/// The same with something else in it.
fn with_another(body: &Value) -> Value {
    let mut other = body.clone();
    let texts = [
        "text",
        "message",
        "prompt",
        "content",
        "title",
        "subject",
        "system_prompt",
        "description",
        "url",
        "name",
        "external_id",
        "email",
        "reason",
    ];
    if let Some(force) = other["force"].as_bool() {
        other["force"] = (!force).into();
        return other;
    }
    for field in texts {
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
    for (field, value) in [
        ("overlap_s", json!(61)),
        ("since", json!("2031-01-01T00:00:00Z")),
        ("read", json!(false)),
        ("metadata", json!({"other": "1"})),
    ] {
        if !other[field].is_null() {
            other[field] = value;
            return other;
        }
    }
    other["metadata"] = json!({"other": "1"});
    other
}
