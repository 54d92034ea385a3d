//! A client of a running server's native API, for the commands.

use std::{fs, time::Duration};

use domain::Kept;
use reqwest::{Method, RequestBuilder, Response, Url, header};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    failure::{Exit, Failure, Result},
    settings::Remote,
};

mod answer;
mod events;
mod refusal;

pub use answer::Answer;
pub use events::{Event, Events};

/// The file in the data folder with the key of `threadline dev`.
pub const DEV_KEY: &str = "dev-key";

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Longer than any silence of a live stream.
const SILENCE: Duration = Duration::from_secs(90);
/// Longer than the server's own limit of a request.
const ANSWER_WITHIN: Duration = Duration::from_secs(150);

/// Talks to one server with one key.
pub struct Client {
    http: reqwest::Client,
    base: Url,
    key: String,
    /// The source of the key.
    key_from: String,
}

impl Client {
    /// # Errors
    /// Not allowed without a key; failed if the system's certificates cannot be read.
    pub fn new(remote: Remote) -> Result<Self> {
        let left_by_dev = || {
            let file = remote.data.join(DEV_KEY);
            let key = fs::read_to_string(&file).ok()?.trim().to_owned();
            Some((key, format!("file {}", file.display())))
        };
        let given = remote.key.clone().map(|(key, origin)| (key, origin.to_string()));
        let (key, key_from) = given.or_else(left_by_dev).ok_or_else(no_key)?;
        let base = Url::parse(&remote.url).expect("the settings have checked it");
        // Fails only if a provider is already installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().connect_timeout(CONNECT_WITHIN).read_timeout(SILENCE).build();
        let http = http.map_err(|why| Failure::failed(format!("cannot make requests: {why}")))?;
        Ok(Self { http, base, key, key_from })
    }

    /// The address of a path of the server, as a browser needs it.
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base.as_str().trim_end_matches('/'))
    }

    pub async fn get(&self, path: &[&str]) -> Result<Answer> {
        self.answer(self.request(Method::GET, path, &[])).await.map(Answer::of)
    }

    pub async fn post(&self, path: &[&str], body: &impl Serialize) -> Result<Answer> {
        self.answer(self.request(Method::POST, path, &[]).json(body)).await.map(Answer::of)
    }

    /// Uploads a file. Returns the attachment.
    pub async fn upload(&self, name: &str, bytes: Vec<u8>) -> Result<Answer> {
        let request = self.request(Method::POST, &["attachments"], &[("name", name)]);
        let request = request.header(header::CONTENT_TYPE, "application/octet-stream").body(bytes);
        self.answer(request).await.map(Answer::of)
    }

    pub async fn put(&self, path: &[&str], body: &impl Serialize) -> Result<Answer> {
        self.answer(self.request(Method::PUT, path, &[]).json(body)).await.map(Answer::of)
    }

    pub async fn patch(&self, path: &[&str], body: &impl Serialize) -> Result<Answer> {
        self.answer(self.request(Method::PATCH, path, &[]).json(body)).await.map(Answer::of)
    }

    /// `null` if the answer has no body.
    pub async fn delete(&self, path: &[&str]) -> Result<Answer> {
        self.answer(self.request(Method::DELETE, path, &[])).await.map(Answer::of)
    }

    /// Like [`Client::delete`], with a query.
    pub async fn delete_with(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Answer> {
        self.answer(self.request(Method::DELETE, path, query)).await.map(Answer::of)
    }

    /// The first `most` items of a list, read in pages of the server's size.
    pub async fn list(&self, path: &[&str], query: &[(&str, &str)], most: usize) -> Result<Vec<Answer>> {
        let (mut items, mut next) = (Vec::new(), None::<String>);
        while items.len() < most {
            let mut query = query.to_vec();
            query.extend(next.as_deref().map(|cursor| ("cursor", cursor)));
            let page: Page = self.answer(self.request(Method::GET, path, &query)).await?;
            items.extend(page.data.into_iter().map(Answer::of));
            match page.next {
                Some(cursor) => next = Some(cursor),
                None => break,
            }
        }
        items.truncate(most);
        Ok(items)
    }

    /// A stream of events, starting after `after` if it is given.
    pub async fn events(&self, path: &[&str], after: Option<&str>) -> Result<Events> {
        let query: Vec<(&str, &str)> = after.map(|position| ("after", position)).into_iter().collect();
        let request = self.request(Method::GET, path, &query).header(header::ACCEPT, "text/event-stream");
        Ok(Events::new(self.send(request).await?))
    }

    fn request(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = self.base.clone();
        url.path_segments_mut().expect("http URLs have paths").pop_if_empty().extend(["threadline", "v1"]).extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.http.request(method, url).bearer_auth(&self.key)
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T> {
        let response = self.send(request.timeout(ANSWER_WITHIN)).await?;
        let body = response.bytes().await.map_err(|why| self.unreachable(&why))?;
        let body: &[u8] = if body.is_empty() { b"null" } else { &body };
        serde_json::from_slice(body).map_err(|_| {
            Failure::failed(format!("the answer of {} is not JSON", self.base))
                .hint("check that --url is the address of a Threadline server")
        })
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let response = request.send().await.map_err(|why| self.unreachable(&why))?;
        if response.status().is_success() { Ok(response) } else { Err(refusal::read(response, &self.key_from).await) }
    }

    fn unreachable(&self, why: &reqwest::Error) -> Failure {
        let mut deepest: &dyn std::error::Error = why;
        while let Some(source) = deepest.source() {
            deepest = source;
        }
        Failure::new(Exit::Unreachable, format!("cannot reach {}: {deepest}", self.base))
            .hint("start a server with `threadline dev`, or name another with --url or THREADLINE_URL")
    }
}

#[derive(Deserialize)]
struct Page {
    data: Vec<Kept>,
    next: Option<String>,
}

fn no_key() -> Failure {
    Failure::new(Exit::NotAllowed, "there is no key to send")
        .hint("set THREADLINE_KEY, or name the data folder of a `threadline dev` with --data")
}
