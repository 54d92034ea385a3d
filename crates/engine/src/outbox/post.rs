//! One request to an endpoint, and what came of it.

use std::{net::SocketAddr, time::Duration};

use domain::{Result, Timestamp};
use reqwest::{
    dns::{Addrs, Name, Resolve, Resolving},
    header::{self, HeaderMap, HeaderValue},
    redirect::Policy,
};
use tokio::sync::OnceCell;

use super::Targets;
use crate::{Clock, validate};

/// What of an endpoint's answer matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Absent: there was no answer, and `error` says why.
    pub(crate) status: Option<u16>,
    pub(crate) retry_after_s: Option<i64>,
    pub(crate) error: Option<String>,
    pub(crate) duration_ms: i64,
}

/// Bytes of an answer's body that are read, and dropped, so that the connection can be used again.
const BODY_BYTES_MAX: usize = 65_536;
/// Of a failure's reason, as it is kept.
const ERROR_CHARS_MAX: usize = 300;

/// The HTTP client. It follows no redirects and uses no proxy: both would lead past the check of where it goes.
pub(super) struct Client {
    targets: Targets,
    http: OnceCell<reqwest::Client>,
}

impl Client {
    pub(super) fn new(targets: Targets) -> Self {
        Self { targets, http: OnceCell::new() }
    }

    pub(super) fn targets(&self) -> Targets {
        self.targets
    }

    /// Posts, and waits for the answer for at most `within`.
    pub(super) async fn post(
        &self,
        url: &str,
        headers: HeaderMap,
        body: Vec<u8>,
        within: Duration,
        clock: &Clock,
    ) -> Answer {
        let begun = clock.now();
        let answer = match tokio::time::timeout(within, self.try_post(url, headers, body, clock)).await {
            Ok(Ok((status, retry_after_s))) => {
                Answer { status: Some(status), retry_after_s, error: None, duration_ms: 0 }
            }
            Ok(Err(error)) => failed(error),
            Err(_) => failed(format!("the endpoint did not answer within {} s", within.as_secs())),
        };
        Answer { duration_ms: clock.now().since_us(begun).max(0) / 1_000, ..answer }
    }

    async fn try_post(
        &self,
        url: &str,
        headers: HeaderMap,
        body: Vec<u8>,
        clock: &Clock,
    ) -> Result<(u16, Option<i64>), String> {
        // A name is checked where it is resolved; an address in the URL never is.
        validate::target("url", url, self.targets).map_err(|error| error.message)?;
        let http = self.http.get_or_try_init(|| async { build(self.targets) }).await.map_err(|why| words(&why))?;
        let mut response =
            http.post(url).headers(headers).body(body).send().await.map_err(|why| words(&why.without_url()))?;
        let retry_after_s = retry_after(response.headers(), clock.now());
        let status = response.status().as_u16();
        let mut read = 0;
        while read <= BODY_BYTES_MAX {
            match response.chunk().await {
                Ok(Some(piece)) => read += piece.len(),
                // The status has come, and it is what counts.
                Ok(None) | Err(_) => break,
            }
        }
        Ok((status, retry_after_s))
    }
}

fn failed(error: String) -> Answer {
    let error = error.chars().take(ERROR_CHARS_MAX).collect();
    Answer { status: None, retry_after_s: None, error: Some(error), duration_ms: 0 }
}

fn build(targets: Targets) -> reqwest::Result<reqwest::Client> {
    // Fails where one was installed before, which is then used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .pool_idle_timeout(Duration::from_secs(30))
        .user_agent(concat!("Threadline/", env!("CARGO_PKG_VERSION")));
    match targets {
        Targets::Any => builder,
        Targets::Public => builder.dns_resolver(PublicOnly),
    }
    .build()
}

/// The error with its causes, which alone say what went wrong.
fn words(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// `Retry-After` in seconds: a number of them, or a time.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<i64> {
    let text = headers.get(header::RETRY_AFTER).map(HeaderValue::to_str)?.ok()?.trim();
    match text.parse::<u32>() {
        Ok(seconds) => Some(i64::from(seconds)),
        Err(_) => Timestamp::parse_http(text).map(|at| (at.since_us(now) / 1_000_000).max(0)),
    }
}

/// Resolves names as the system does, and leaves out what lies within the installation's own network.
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<SocketAddr> = found.into_iter().filter(|at| validate::is_public(at.ip())).collect();
            if public.is_empty() {
                return Err("the name leads to no public address".into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_after_is_a_number_of_seconds_or_a_time() {
        let now = Timestamp::parse("2026-01-02T03:04:05Z").expect("a time");
        let read = |text: &str| {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, text.parse().expect("a value"))]);
            retry_after(&headers, now)
        };
        assert_eq!(read("120"), Some(120));
        assert_eq!(read("Fri, 02 Jan 2026 03:05:05 GMT"), Some(60));
        assert_eq!(read("Fri, 02 Jan 2026 03:00:00 GMT"), Some(0));
        for bad in ["", "-1", "soon", "1.5"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), now), None);
    }

    #[tokio::test]
    async fn a_private_address_is_not_posted_to() {
        let client = Client::new(Targets::Public);
        for url in ["http://127.0.0.1:8080/", "http://[::1]:8080/", "http://169.254.169.254/"] {
            let within = Duration::from_secs(5);
            let answer = client.post(url, HeaderMap::new(), Vec::new(), within, &Clock::System).await;
            assert_eq!(answer.status, None);
            assert!(answer.error.is_some_and(|error| error.contains("private or local")), "{url}");
        }
    }
}
