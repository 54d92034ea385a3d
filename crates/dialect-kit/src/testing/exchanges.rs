//! Recorded exchanges with a dialect, played to a server and compared.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use domain::{ThreadId, agent::Settings};
use serde::Deserialize;
use serde_json::Value;

use super::{
    Client, Events, Server,
    pattern::{Names, differences, filled, filled_value, matches},
};
use crate::Contract;

/// Plays every `*.json` of the folder (`tests/fixtures` of the calling dialect) to its own server, with these dialects
/// in this order. Compares each answer's status, named headers, and whole body.
///
/// A file is one journey:
///
/// ```json
/// {
///     "agent": {"instructions": "Be short"},
///     "exchanges": [{
///         "says": "a message is accepted",
///         "request": {
///             "method": "POST",
///             "path": "/api/v1/threads/{{thread}}/messages",
///             "headers": {"x-api-key": "{{key}}"},
///             "body": {"message": "Hello"}
///         },
///         "response": {
///             "status": 200,
///             "headers": {"content-type": "application/json"},
///             "body": {"status": "accepted", "threadId": "{{thread}}", "messageId": "{{message:uuid}}", "windowExpiresIn": "{{:number}}"}
///         },
///         "settle": "{{thread}}"
///     }]
/// }
/// ```
///
/// The members of a journey:
/// - `agent`: settings of the agent `default`, in the domain's form. Without them, it echoes.
/// - `{{name}}` is replaced by its bound value. Bound from the start are `key` (with all scopes), `thread` (a thread
///   without messages) and `agent` (its agent), as UUIDs. If the agent lets guests in, `guests` is its guest id.
///   `thread_hex` and `agent_hex` are the ids as 32 hexadecimal digits.
/// - `{{name:form}}` in a response, within a text or as a whole number, binds the value at its first use. Later uses
///   must be equal. `{{:form}}` accepts any value of the form. The forms are `uuid`, `hex` (32 digits), `time` (RFC
///   3339 with six fraction digits and `Z`), `number`, and `text` (up to the following literal), which is the default.
/// - `body` is JSON. Instead, `text` is a body in its exact form, with the content type in `headers`. `events` is a
///   list of the first blocks of a stream, which is closed after them. A response with none of these has an empty body.
/// - `settle` waits after an exchange until no turn of the thread is open. It accepts any form of the id that ends with
///   the UUID's digits.
///
/// # Panics
/// If a file is malformed, or an answer differs. The message names the file, the exchange and the difference.
pub async fn check(dialects: Vec<Arc<dyn Contract>>, folder: impl AsRef<Path>) {
    let folder = folder.as_ref();
    let entries = fs::read_dir(folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    assert!(!paths.is_empty(), "{} has no recorded exchanges", folder.display());
    for path in paths {
        let text = fs::read_to_string(&path).expect("UTF-8");
        let journey: Journey = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        play(journey, dialects.clone(), &path).await;
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Journey {
    #[serde(default)]
    agent: Option<Settings>,
    exchanges: Vec<Exchange>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Exchange {
    says: String,
    request: Asked,
    response: Answered,
    #[serde(default)]
    settle: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    method: String,
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Option<Value>,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Option<Value>,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    events: Option<Vec<String>>,
}

async fn play(journey: Journey, dialects: Vec<Arc<dyn Contract>>, path: &Path) {
    let server = Server::start(dialects).await;
    let agent = server.test.default_agent(journey.agent.unwrap_or_default()).await;
    let thread = server.test.thread().await.id;
    let client = server.client();
    let mut names = Names::from([
        ("key".into(), server.test.key.clone()),
        ("thread".into(), thread.to_string()),
        ("thread_hex".into(), thread.prefixed("")),
        ("agent".into(), agent.id.to_string()),
        ("agent_hex".into(), agent.id.prefixed("")),
    ]);
    names.extend(agent.guest_id.map(|id| ("guests".into(), id.to_string())));
    for exchange in journey.exchanges {
        let wrong = play_one(&client, &exchange, &mut names).await;
        let listed = wrong.join("\n");
        assert!(wrong.is_empty(), "{}: {}:\n{listed}", path.display(), exchange.says);
        if let Some(spelled) = exchange.settle {
            server.test.settle(thread_of(&filled(&spelled, &names))).await;
        }
    }
}

/// The differences.
async fn play_one(client: &Client, exchange: &Exchange, names: &mut Names) -> Vec<String> {
    let Asked { method, path, headers, body, text } = &exchange.request;
    let method = method.parse().unwrap_or_else(|_| panic!("{method} is no method"));
    let mut request = client.request(method, &filled(path, names));
    for (name, value) in headers {
        request = request.header(name, filled(value, names));
    }
    request = match (body, text) {
        (Some(body), _) => request.json(&filled_value(body, names)),
        (None, Some(text)) => request.body(filled(text, names)),
        (None, None) => request,
    };
    let expected = &exchange.response;
    let response = request.send().await.expect("an answer");
    let mut wrong = Vec::new();
    if response.status() != expected.status {
        wrong.push(format!("the status is {}, not {}", response.status().as_u16(), expected.status));
    }
    for (name, pattern) in &expected.headers {
        let value = response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if !matches(pattern, value, names) {
            wrong.push(format!("the header {name} is {value:?}, not {pattern:?}"));
        }
    }
    if let Some(blocks) = expected.events.as_ref().filter(|_| wrong.is_empty()) {
        wrong.extend(first_blocks(Events::of(response), blocks, names).await);
        return wrong;
    }
    let actual = response.text().await.expect("a whole body");
    match (&expected.body, &expected.text) {
        (Some(body), _) => match serde_json::from_str(&actual) {
            Ok(value) => wrong.extend(differences(body, &value, "body", names)),
            Err(why) => wrong.push(format!("the body is not JSON, {why}: {actual}")),
        },
        (None, Some(text)) if matches(text, &actual, names) => {}
        (None, None) if actual.is_empty() => {}
        (None, expected) => {
            wrong.push(format!("the body is {actual:?}, not {:?}", expected.as_deref().unwrap_or_default()))
        }
    }
    wrong
}

async fn first_blocks(mut events: Events, expected: &[String], names: &mut Names) -> Vec<String> {
    for pattern in expected {
        let Some(block) = events.next().await else { return vec![format!("the stream ends before {pattern:?}")] };
        if !matches(pattern, &block, names) {
            return vec![format!("the stream says {block:?}, not {pattern:?}")];
        }
    }
    Vec::new()
}

fn thread_of(spelled: &str) -> ThreadId {
    let digits: String = spelled.chars().filter(|c| *c != '-').collect();
    let id = digits.get(digits.len().saturating_sub(32)..).and_then(domain::id::simple);
    ThreadId(id.unwrap_or_else(|| panic!("{spelled} is no thread")))
}
