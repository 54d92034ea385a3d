//! The contract on the wire: whole answers, each held against a text that stands in the test.

use std::{collections::BTreeMap, fs, path::Path};

use expect_test::Expect;
use reqwest::RequestBuilder;
use serde_json::Value;

use super::{Client, Events, Reply, Server, Transcript};
use crate::{Surface, access};

/// An id that nobody has.
pub const UNKNOWN: &str = "00000000-0000-7000-8000-000000000000";

/// A client that holds each answer against its text. `UPDATE_EXPECT=1` writes the texts anew.
pub struct Wire {
    client: Client,
    base: &'static str,
    credential: (&'static str, String),
    transcript: Transcript,
}

impl Wire {
    /// A client of this server, for operations below the path `base`. Requests have the credential as a header: its
    /// name and its value.
    pub fn new(server: &Server, base: &'static str, credential: (&'static str, String)) -> Self {
        Self { client: server.client(), base, credential, transcript: Transcript::default() }
    }

    /// Leaves out the numbers of these fields, which are new in each run.
    pub fn measuring(mut self, fields: &'static [&'static str]) -> Self {
        self.transcript.measured = fields;
        self
    }

    /// A request for `GET /threads/{}` with these ids, with the credential.
    pub fn request(&self, operation: &str, ids: &[&str]) -> RequestBuilder {
        let (name, value) = &self.credential;
        self.bare(operation, ids).header(*name, value)
    }

    /// The same without a credential.
    pub fn bare(&self, operation: &str, ids: &[&str]) -> RequestBuilder {
        let (method, template) = operation.split_once(' ').expect("a method and a path");
        let path = ids.iter().fold(template.to_owned(), |path, id| path.replacen("{}", id, 1));
        self.client.request(method.parse().expect("a method"), &format!("{}{path}", self.base))
    }

    /// Asks with the credential and this body, null for none. Compares the whole answer and returns its body.
    pub async fn shows(&mut self, operation: &str, ids: &[&str], body: Value, expected: Expect) -> Value {
        let request = self.request(operation, ids);
        let request = if body.is_null() { request } else { request.json(&body) };
        self.answers(request, expected).await
    }

    /// Compares the whole answer and returns its body, null if it is not JSON.
    pub async fn answers(&mut self, request: RequestBuilder, expected: Expect) -> Value {
        let (shown, reply) = self.transcript.of(request).await;
        expected.assert_eq(&shown);
        serde_json::from_str(&reply.body).unwrap_or_default()
    }

    /// Compares a list, and shows only the first `count` elements of `field`. Another test holds all of them.
    pub async fn lists(&mut self, operation: &str, field: &str, count: usize, expected: Expect) {
        let reply = Reply::of(self.request(operation, &[])).await;
        let mut body = reply.json();
        body[field].as_array_mut().expect("a list").truncate(count);
        let body = self.transcript.laid_out(&body, 0);
        expected.assert_eq(&self.transcript.written(reply.status, &reply.headers, &body));
    }

    /// Compares the head of a stream and its first blocks, and leaves the stream.
    pub async fn begins(&mut self, request: RequestBuilder, blocks: usize, expected: Expect) {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let (mut events, mut body) = (Events::of(response), String::new());
        for _ in 0..blocks {
            body += &events.next().await.expect("a block");
            body += "\n\n";
        }
        expected.assert_eq(&self.transcript.written(status, &headers, body.trim_end()));
    }
}

/// The operations below `base` for which the files of this folder show no answer with success, or no refusal.
///
/// A file shows an operation by its quoted name, `"GET /threads/{}"`, before the text of the answer.
///
/// # Panics
/// If no operation is below `base`.
pub fn unshown(surface: &dyn Surface, base: &str, folder: &Path) -> Vec<String> {
    let mut shown: BTreeMap<String, [bool; 2]> = BTreeMap::new();
    for file in fs::read_dir(folder).expect("the folder of the texts") {
        note(&fs::read_to_string(file.expect("a file").path()).expect("a text"), &mut shown);
    }
    let lines = access::table(surface);
    let operations = lines.iter().filter_map(|line| {
        let path = line.template.strip_prefix(base)?;
        let parts: Vec<&str> = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part }).collect();
        Some(format!("{} {}", line.method, parts.join("/")))
    });
    let operations: Vec<String> = operations.collect();
    assert!(!operations.is_empty(), "no operation is below {base}");
    operations.into_iter().filter(|operation| shown.get(operation) != Some(&[true, true])).collect()
}

/// Notes which operations a file shows: with success, and refused.
fn note(file: &str, shown: &mut BTreeMap<String, [bool; 2]>) {
    let mut operation = None;
    for line in file.lines() {
        let quoted = line.split('"').skip(1).step_by(2).find(|text| is_operation(text));
        if let Some(quoted) = quoted {
            operation = Some(quoted.split('?').next().unwrap_or_default().to_owned());
        }
        if let Some(status) = line.trim().parse::<u16>().ok().filter(|status| (200..600).contains(status))
            && let Some(operation) = operation.take()
        {
            let [success, refusal] = shown.entry(operation).or_default();
            *(if status < 400 { success } else { refusal }) = true;
        }
    }
}

fn is_operation(text: &str) -> bool {
    text.split_once(" /").is_some_and(|(method, _)| ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_shown_by_the_status_below_its_name() {
        let mut shown = BTreeMap::new();
        note("(\"GET /a/{}?x=1\", &[id],\n  200\n  b\n)\n// \"GET /a/{}\"\n  404\n(\"PUT /b\")\n 500\n", &mut shown);
        let expected = [("GET /a/{}".to_owned(), [true, true]), ("PUT /b".to_owned(), [false, true])];
        assert_eq!(shown, BTreeMap::from(expected));
    }
}
