//! A client of a test's server, and its answers.

use http::{HeaderMap, Method};
use reqwest::{RequestBuilder, Response};
use serde_json::Value;

/// Sends requests to one server.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
}

impl Client {
    /// `url` has no slash at its end.
    pub fn new(url: &str) -> Self {
        // Fails from the second call in a process on, because a provider is already installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self { http: reqwest::Client::new(), url: url.into() }
    }

    /// A request without a key. `path` includes the query.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }
}

/// An answer, read completely.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.text().await.expect("a whole body") }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|why| panic!("{why}: {self:?}"))
    }

    /// The value of the header, empty if absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// The names of an object, sorted.
pub fn keys(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// An open stream of server-sent events.
pub struct Events {
    response: Response,
    read: String,
}

impl Events {
    /// The stream of an answer that has begun.
    pub fn of(response: Response) -> Self {
        Self { response, read: String::new() }
    }

    /// The next block, without the empty line at its end. `None` at the end of the stream.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.read.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.read = rest;
                return Some(block);
            }
            let chunk = self.response.chunk().await.expect("the stream is whole")?;
            self.read.push_str(std::str::from_utf8(&chunk).expect("each chunk ends with a block"));
        }
    }

    /// Id and data of the next block. The block has an `id:` line, a `data:` line, and at most a `retry:` line between
    /// them.
    pub async fn message(&mut self) -> (String, Value) {
        let block = self.next().await.expect("a message");
        let (id, data) = block.split_once('\n').expect("two lines");
        let id = id.strip_prefix("id: ").unwrap_or_else(|| panic!("{block}"));
        let data = match data.strip_prefix("retry: ") {
            Some(retry) => retry.split_once('\n').expect("a third line").1,
            None => data,
        };
        let data = data.strip_prefix("data: ").unwrap_or_else(|| panic!("{block}"));
        (id.to_owned(), serde_json::from_str(data).unwrap_or_else(|why| panic!("{why}: {block}")))
    }
}
