//! One request to an endpoint, and its outcome.

use std::{error::Error, io::ErrorKind, net::SocketAddr, time::Duration};

use domain::{Result, Timestamp};
use reqwest::{
    dns::{Addrs, Name, Resolve, Resolving},
    header::{self, HeaderMap, HeaderValue},
    redirect::Policy,
};
use tokio::sync::OnceCell;

use crate::{
    Clock,
    validate::{self, Targets},
};

/// The relevant part of an endpoint's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Absent without an answer; `error` then has the reason.
    pub(crate) status: Option<u16>,
    pub(crate) retry_after_s: Option<i64>,
    pub(crate) error: Option<String>,
    /// True after a time-out.
    pub(crate) timed_out: bool,
    pub(crate) duration_ms: i64,
}

/// Bytes of an answer's body that are read and discarded, so that the connection can be reused.
const BODY_BYTES_MAX: usize = 65_536;
/// Longest stored reason of a failure.
const ERROR_CHARS_MAX: usize = 300;

/// The HTTP client. It follows no redirects and uses no proxy, because both would bypass the check of the target
/// (SSRF).
pub(crate) struct Client {
    targets: Targets,
    http: OnceCell<reqwest::Client>,
}

impl Client {
    pub(crate) fn new(targets: Targets) -> Self {
        Self { targets, http: OnceCell::new() }
    }

    pub(crate) fn targets(&self) -> Targets {
        self.targets
    }

    /// Sends a POST, and waits for the answer for at most `within`.
    pub(crate) async fn post(
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
                Answer { status: Some(status), retry_after_s, error: None, timed_out: false, duration_ms: 0 }
            }
            Ok(Err(error)) => failed(error),
            Err(_) => {
                let error = format!("the endpoint did not answer within {} s", within.as_secs());
                Answer { timed_out: true, ..failed(error) }
            }
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
        // A name is checked when it is resolved, but an address in the URL is never resolved.
        validate::target("url", url, self.targets).map_err(|error| error.message)?;
        let http = self.http.get_or_try_init(|| async { build(self.targets) }).await.map_err(|why| told(&why))?;
        let mut response =
            http.post(url).headers(headers).body(body).send().await.map_err(|why| told(&why.without_url()))?;
        let retry_after_s = retry_after(response.headers(), clock.now());
        let status = response.status().as_u16();
        let mut read = 0;
        while read <= BODY_BYTES_MAX {
            match response.chunk().await {
                Ok(Some(piece)) => read += piece.len(),
                // The status has arrived, and only the status counts.
                Ok(None) | Err(_) => break,
            }
        }
        Ok((status, retry_after_s))
    }
}

fn failed(error: String) -> Answer {
    let error = error.chars().take(ERROR_CHARS_MAX).collect();
    Answer { status: None, retry_after_s: None, error: Some(error), timed_out: false, duration_ms: 0 }
}

fn build(targets: Targets) -> reqwest::Result<reqwest::Client> {
    // Fails if a provider was installed before, which is then used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = reqwest::Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .pool_idle_timeout(Duration::from_secs(30))
        .user_agent(concat!("Threadline/", env!("CARGO_PKG_VERSION")));
    builder.dns_resolver(Names(targets)).build()
}

/// The reason of a failure, for the project. It contains no names and addresses of this network; the log has them.
fn told(error: &reqwest::Error) -> String {
    tracing::info!(error = words(error), "a request to a webhook's endpoint failed");
    let (mut causes, mut next) = (Vec::new(), error.source());
    while let Some(cause) = next {
        causes.push(cause);
        next = cause.source();
    }
    let io = causes.iter().find_map(|cause| cause.downcast_ref::<std::io::Error>()).map(std::io::Error::kind);
    if causes.iter().any(|cause| cause.is::<NoAddress>()) {
        NoAddress.to_string()
    } else if io == Some(ErrorKind::ConnectionRefused) {
        "the endpoint refused the connection".into()
    } else if error.is_connect() && io.is_some_and(|kind| kind == ErrorKind::InvalidData) {
        // rustls's errors arrive in this form.
        "the endpoint's certificate or TLS cannot be accepted".into()
    } else if error.is_connect() {
        "the endpoint could not be reached".into()
    } else {
        "the endpoint closed the connection or did not answer in HTTP".into()
    }
}

/// The error with its causes, which contain the real reason.
fn words(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// `Retry-After` in seconds, from a number or a time.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<i64> {
    let text = headers.get(header::RETRY_AFTER).map(HeaderValue::to_str)?.ok()?.trim();
    match text.parse::<u32>() {
        Ok(seconds) => Some(i64::from(seconds)),
        Err(_) => Timestamp::parse_http(text).map(|at| (at.since_us(now) / 1_000_000).max(0)),
    }
}

/// Resolves names like the system, and drops addresses of the installation's own network unless any target is allowed.
struct Names(Targets);

/// The same error for an unknown name and an internal one, so that internal names cannot be probed.
#[derive(Debug)]
struct NoAddress;

impl std::fmt::Display for NoAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the endpoint's name resolves to no address that is allowed")
    }
}

impl Error for NoAddress {}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let targets = self.0;
        Box::pin(async move {
            let found: Vec<SocketAddr> = match tokio::net::lookup_host((name.as_str(), 0)).await {
                Ok(found) => found.collect(),
                Err(error) => {
                    tracing::info!(?error, "the name of a webhook's endpoint could not be resolved");
                    Vec::new()
                }
            };
            let may = |at: &SocketAddr| targets == Targets::Any || validate::is_public(at.ip());
            let allowed: Vec<SocketAddr> = found.into_iter().filter(may).collect();
            if allowed.is_empty() {
                return Err(NoAddress.into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
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

    #[tokio::test]
    async fn a_failure_tells_nothing_of_inner_names_and_addresses() {
        let post = async |targets, url: &str| {
            let client = Client::new(targets);
            let answer = client.post(url, HeaderMap::new(), Vec::new(), Duration::from_secs(20), &Clock::System).await;
            answer.error.expect("a failure")
        };
        let unknown = "the endpoint's name resolves to no address that is allowed";
        assert_eq!(post(Targets::Public, "http://threadline-test.invalid/").await, unknown);
        assert_eq!(post(Targets::Any, "http://threadline-test.invalid/").await, unknown);
        // This machine knows the name, and the check happens at its resolution.
        let resolved = Names(Targets::Public).resolve("localhost".parse().expect("a name")).await;
        assert_eq!(resolved.err().map(|error| error.to_string()).as_deref(), Some(unknown));

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let at = listener.local_addr().expect("an address");
        let url = format!("http://{at}/");
        drop(listener);
        assert_eq!(post(Targets::Any, &url).await, "the endpoint refused the connection");
        let listener = tokio::net::TcpListener::bind(at).await.expect("the port again");
        let close = async { drop(listener.accept().await) };
        let (told, ()) = tokio::join!(post(Targets::Any, &url), close);
        assert_eq!(told, "the endpoint closed the connection or did not answer in HTTP");
        let noise = async {
            use tokio::io::AsyncWriteExt;
            let (mut connection, _) = listener.accept().await.expect("a connection");
            connection.write_all(b"secret-host.internal speaks no HTTP\r\n\r\n").await.expect("it is read");
        };
        let (told, ()) = tokio::join!(post(Targets::Any, &url), noise);
        assert_eq!(told, "the endpoint closed the connection or did not answer in HTTP");
    }
}
