//! HTTP tools: the request that is made of a model's arguments, and the result that is read from its answer.
//!
//! Arguments fill whole segments of the path, whole values of the query, and the JSON body. They never reach the host, the
//! method or a header's name.

mod template;

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use domain::{Kept, Map, tool};
use futures_util::StreamExt;
use outward::{
    Answer, Client, Failure, Request, Times,
    header::{self, HeaderMap, HeaderValue},
};

pub use self::template::Template;
use crate::{Failed, Output};

/// Redirects that are followed, within the origin alone: the fixed headers may carry secrets.
const REDIRECTS_MAX: u32 = 3;
/// Beginning of a failed answer that the model is told.
const TOLD_BYTES: usize = 2_048;

/// A request that is ready but for its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    pub method: tool::Method,
    pub url: String,
    /// Empty for a method without a body.
    pub body: String,
}

impl Prepared {
    /// The request of a call with these arguments.
    ///
    /// # Errors
    /// The reason why the arguments make no request, in words for the model.
    pub fn of(http: &tool::Http, arguments: &Kept) -> Result<Self, String> {
        let template = Template::parse(&http.url).map_err(|why| format!("The tool's URL {why}"))?;
        // Of members with one name the last counts, as for the check of the schema.
        let arguments: Map = arguments.read::<Map>().unwrap_or_default().into_iter().collect();
        let (url, rest) = template.fill(arguments)?;
        if http.method.has_body() {
            let body = serde_json::to_string(&rest).map_err(|why| why.to_string())?;
            return Ok(Self { method: http.method, url, body });
        }
        match rest.keys().next() {
            Some(name) => Err(format!("The tool has no place for the argument `{name}`")),
            None => Ok(Self { method: http.method, url, body: String::new() }),
        }
    }

    /// The path and the query, as the endpoint gets them.
    pub fn target(&self) -> String {
        let Ok(url) = url::Url::parse(&self.url) else { return String::new() };
        url[url::Position::BeforePath..url::Position::AfterQuery].to_owned()
    }

    /// Sends the request, and reads the answer.
    ///
    /// # Errors
    /// [`Failed::Unknown`] if the request may have reached the endpoint and has no answer.
    pub async fn send(
        self,
        client: &Client,
        mut headers: HeaderMap,
        time: Duration,
        bytes_max: u64,
    ) -> Result<Output, Failed> {
        if !self.body.is_empty() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("application/json, text/*;q=0.9, */*;q=0.8"));
        let name = file_name(&self.url);
        let method = self.method.as_str().parse().map_err(|_| Failed::Said("The tool has no method".into()))?;
        let request = Request {
            headers,
            body: self.body.into(),
            bytes_max: Some(bytes_max),
            redirects_max: REDIRECTS_MAX,
            ..Request::new(method, self.url, Times::within(time))
        };
        let answer = client.send(request).await.map_err(|failure| unanswered(&failure))?;
        read(answer, name, bytes_max).await
    }
}

/// The failure of a request without an answer. If the connection was open, the endpoint may have acted.
fn unanswered(failure: &Failure) -> Failed {
    let told = format!("The tool gave no answer: {failure}");
    match failure {
        Failure::Target(_)
        | Failure::NoAddress
        | Failure::Refused
        | Failure::Tls
        | Failure::Unreachable
        | Failure::Unprepared
        | Failure::ConnectTimedOut => Failed::Said(told),
        _ => Failed::Unknown(told),
    }
}

async fn read(answer: Answer, name: String, bytes_max: u64) -> Result<Output, Failed> {
    let (status, headers, mut body) = (answer.status, answer.headers, answer.body);
    let mut bytes = BytesMut::new();
    while let Some(piece) = body.next().await {
        match piece {
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(_) if !status.is_success() => break,
            Err(Failure::TooManyBytes) => {
                let told = format!("The tool answered {status}, and its result has more than {bytes_max} bytes");
                return Err(Failed::Said(told));
            }
            Err(failure) => {
                return Err(Failed::Said(format!("The tool answered {status}, and its result broke off: {failure}")));
            }
        }
        if !status.is_success() && bytes.len() >= TOLD_BYTES {
            break;
        }
    }
    if status.is_success() {
        return Ok(output(&headers, bytes.freeze(), name));
    }
    let said = String::from_utf8_lossy(&bytes[..bytes.len().min(TOLD_BYTES)]).trim().to_owned();
    let colon = if said.is_empty() { "" } else { ": " };
    Err(Failed::Said(format!("The tool answered {status}{colon}{said}")))
}

/// JSON and text by the answer's media type, if the bytes are that. All else is a file.
fn output(headers: &HeaderMap, bytes: Bytes, name: String) -> Output {
    if bytes.is_empty() {
        return Output::Json(Kept::null());
    }
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("text/plain");
    let kind = sent.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_json = kind == "application/json" || kind.ends_with("+json");
    if is_json && let Ok(json) = serde_json::from_slice(&bytes) {
        return Output::Json(json);
    }
    let is_text = is_json || kind.starts_with("text/") || kind == "application/xml" || kind.ends_with("+xml");
    match std::str::from_utf8(&bytes) {
        Ok(text) if is_text && !text.contains('\0') => Output::Text(text.to_owned()),
        _ => Output::File { name, bytes },
    }
}

/// The last segment of the path.
fn file_name(url: &str) -> String {
    let parsed = url::Url::parse(url).ok();
    let last = parsed.as_ref().and_then(|url| url.path_segments()?.next_back().map(str::to_owned));
    last.filter(|name| !name.is_empty() && name.len() <= 100).unwrap_or_else(|| "result".into())
}
