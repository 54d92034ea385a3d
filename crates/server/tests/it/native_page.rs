//! The requests of `docs/native.md`, sent in their order to a running server: the answers are those of the page.
//!
//! Ids, times, secrets, cursors and measured numbers differ from run to run. The page has an id of its own for each, in the order in which they
//! are first seen. `THREADLINE_WRITE_PAGES=1` writes the answers into the page.

use std::{collections::BTreeMap, fs, path::PathBuf};

use domain::{Kept, Map, Timestamp};
use futures_util::StreamExt;
use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::Value;
use uuid::Uuid;

use crate::process::{KEY, Start, client};

/// What begins a request, and an answer.
const REQUEST: &str = "```http\n";
const ANSWER: &str = "```json\n";
const EVENTS: &str = "```text\n";
const END: &str = "\n```\n";
/// How long a line of an answer may be.
const LINE_CHARS: usize = 120;
/// What stands in the place of every time.
const TIME: &str = "2026-09-21T14:13:20.000000Z";
/// Names of numbers that are measured, each with what stands in its place.
const MEASURED: [(&str, u32); 4] =
    [("duration_ms", 40), ("first_text_ms", 12), ("stored_bytes", 2048), ("delivered_ms", 5)];
/// What secrets begin with.
const SECRETS: [&str; 4] = ["tlt_", "tlg_", "tl_", "whsec_"];

#[tokio::test]
async fn the_page_of_the_native_api_shows_what_the_server_answers() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/native.md");
    let page = fs::read_to_string(&path).expect("the page");
    let server = Start::new("serve").env("THREADLINE_BOOTSTRAP_KEY", KEY).start();
    let mut names = Names::default();
    let (mut made, mut rest, mut asked) = (String::new(), &*page, 0);
    while let Some(begin) = rest.find(REQUEST) {
        let (before, from) = rest.split_at(begin + REQUEST.len());
        let (request, after) = from.split_once(END).expect("the end of the request");
        let answer = ask(&server.url, &names.real(request)).await;
        made += &format!("{before}{request}{END}");
        let after_answer = [ANSWER, EVENTS].iter().find_map(|begin| after.trim_start().strip_prefix(begin));
        rest = match (answer, after_answer) {
            (Some(answer), Some(old)) => {
                let begin = if request.contains("text/event-stream") { EVENTS } else { ANSWER };
                made += &format!("\n{begin}{}{END}", names.told(&answer));
                old.split_once(END).expect("the end of the answer").1
            }
            (None, None) => after,
            (answer, _) => panic!("{request}: the page shows another kind of answer than {answer:?}"),
        };
        asked += 1;
    }
    made += rest;
    assert!(asked > 40, "{asked} requests");
    if std::env::var_os("THREADLINE_WRITE_PAGES").is_some() {
        return fs::write(&path, &made).expect("the page is written");
    }
    for (new, old) in made.lines().zip(page.lines()) {
        assert_eq!(new, old, "docs/native.md is out of date: run this test with THREADLINE_WRITE_PAGES=1");
    }
    assert_eq!(made.lines().count(), page.lines().count());
}

/// What a request is answered, if there is anything in it: pretty JSON, or the events of a stream as far as the end of a turn.
async fn ask(server: &str, request: &str) -> Option<String> {
    let (head, body) = request.split_once("\n\n").unwrap_or((request, ""));
    let mut lines = head.lines();
    let (method, path) = lines.next().and_then(|line| line.split_once(' ')).expect("a method and a path");
    let mut asked = client().request(method.parse::<Method>().expect("a method"), format!("{server}{path}"));
    if !path.ends_with("/guests") {
        asked = asked.bearer_auth(KEY);
    }
    let headers: Vec<(&str, &str)> = lines.map(|line| line.split_once(": ").expect("a header")).collect();
    for (name, value) in &headers {
        asked = asked.header(*name, *value);
    }
    let is_json = !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if !body.is_empty() {
        asked = if is_json { asked.header(CONTENT_TYPE, "application/json") } else { asked }.body(body.to_owned());
    }
    let answer = asked.send().await.expect("an answer");
    let kind = answer.headers().get(CONTENT_TYPE).map(|kind| kind.to_str().expect("ASCII").to_owned());
    if kind.as_deref() == Some("text/event-stream") {
        let (mut pieces, mut told) = (answer.bytes_stream(), String::new());
        while !told.contains("event: turn.completed") || !told.ends_with("\n\n") {
            told += std::str::from_utf8(&pieces.next().await.expect("more events").expect("a piece")).expect("UTF-8");
        }
        return Some(told.trim_end().to_owned());
    }
    let status = answer.status();
    let text = answer.text().await.expect("a whole body");
    assert!(status.is_success() || request.contains("refused"), "{request}: {status}: {text}");
    if text.is_empty() {
        return None;
    }
    let value: Kept = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{request}: {why}: {text}"));
    Some(pretty(&value, 0))
}

/// JSON with its members in their order: what fits stands on one line.
fn pretty(value: &Kept, indent: usize) -> String {
    let line = on_one_line(value);
    let (inner, space) = (indent + 2, " ".repeat(indent + 2));
    let (braces, parts) = match (value.read::<Map>(), value.read::<Vec<Kept>>()) {
        _ if line.chars().count() + indent <= LINE_CHARS => return line,
        (Some(object), _) => {
            (['{', '}'], object.iter().map(|(name, value)| member(name, &pretty(value, inner))).collect())
        }
        (_, Some(list)) => (['[', ']'], list.iter().map(|value| pretty(value, inner)).collect::<Vec<_>>()),
        _ => return line,
    };
    let lines = parts.join(&format!(",\n{space}"));
    format!("{}\n{space}{lines}\n{}{}", braces[0], &space[2..], braces[1])
}

fn on_one_line(value: &Kept) -> String {
    match (value.read::<Map>(), value.read::<Vec<Kept>>()) {
        (Some(object), _) => {
            let members = object.iter().map(|(name, value)| member(name, &on_one_line(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        (_, Some(list)) => format!("[{}]", list.iter().map(on_one_line).collect::<Vec<_>>().join(", ")),
        _ => value.text().to_owned(),
    }
}

fn member(name: &str, value: &str) -> String {
    format!("{}: {value}", Value::from(name))
}

/// The page's ids, by those of the server.
#[derive(Default)]
struct Names(BTreeMap<Uuid, Uuid>);

impl Names {
    /// A text of the page with the server's ids.
    fn real(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (real, told)| text.replace(&told.to_string(), &real.to_string()))
    }

    /// A text of the server as the page tells it.
    fn told(&mut self, text: &str) -> String {
        let text = without_cursors(&measured(text));
        let mut told = text.clone();
        for word in text.split(|c: char| c.is_whitespace() || ['"', ',', '{', '}'].contains(&c)) {
            if let Some(real) = domain::id::plain(word) {
                let next = Uuid::from_u128(0x0193_3b5a_0000_7000_8000_0000_0000_0001 + self.0.len() as u128);
                self.0.entry(real).or_insert(next);
            } else if word.len() == TIME.len() && Timestamp::parse(word).is_some() && !word.starts_with("2999") {
                told = told.replace(word, TIME);
            } else if let Some(prefix) = SECRETS.iter().find(|prefix| word.len() > 20 && word.starts_with(*prefix)) {
                told = told.replace(word, &format!("{prefix}…"));
            }
        }
        for (real, name) in &self.0 {
            told = told.replace(&real.to_string(), &name.to_string());
            told = told.replace(&real.simple().to_string(), &name.simple().to_string());
        }
        told
    }
}

/// The text without the cursors of pages, which are sealed anew each time.
fn without_cursors(text: &str) -> String {
    let mut parts = text.split("\"next\": \"");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |before, after| {
        let (_, rest) = after.split_once('"').expect("the end of the cursor");
        format!("{before}\"next\": \"…\"{rest}")
    })
}

/// The text without what was measured.
fn measured(text: &str) -> String {
    let without = |text: String, (name, instead): (&str, u32)| {
        let field = format!("\"{name}\":");
        let mut parts = text.split(&field);
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |before, after| {
            let rest = after.trim_start().trim_start_matches(|c: char| c.is_ascii_digit());
            let space = if after.starts_with(' ') { " " } else { "" };
            format!("{before}{field}{space}{instead}{rest}")
        })
    };
    MEASURED.into_iter().fold(text.to_owned(), without)
}
