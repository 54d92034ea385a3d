//! One request to an endpoint, and its outcome.

use std::time::Duration;

use domain::Timestamp;
use futures_util::StreamExt;
use outward::{Client, Failure, Method, Request, Times, header::HeaderMap, retry_after};

use crate::Clock;

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

impl Answer {
    /// No request was made, for this reason.
    pub(crate) fn failed(why: &str) -> Self {
        Self { status: None, retry_after_s: None, error: Some(why.into()), timed_out: false, duration_ms: 0 }
    }
}

/// Bytes of an answer's body that are read and discarded, so that the connection can be reused.
const BODY_BYTES_MAX: usize = 65_536;
/// Longest stored reason of a failure.
const ERROR_CHARS_MAX: usize = 300;

/// Sends a POST, and waits for the answer and its body for at most `within`.
pub(crate) async fn post(
    client: &Client,
    url: &str,
    headers: HeaderMap,
    body: Vec<u8>,
    within: Duration,
    clock: &Clock,
) -> Answer {
    let begun = clock.now();
    let request = Request { headers, body: body.into(), ..Request::new(Method::POST, url, Times::within(within)) };
    let answer = match answered(client, request, clock).await {
        Ok((status, retry_after_s)) => {
            Answer { status: Some(status), retry_after_s, error: None, timed_out: false, duration_ms: 0 }
        }
        Err(failure) => failed(&failure, within),
    };
    Answer { duration_ms: clock.now().since_us(begun).max(0) / 1_000, ..answer }
}

async fn answered(client: &Client, request: Request, clock: &Clock) -> Result<(u16, Option<i64>), Failure> {
    let mut answer = client.send(request).await?;
    let retry_after_s = retry_after_s(&answer.headers, clock.now());
    let mut read = 0;
    while read <= BODY_BYTES_MAX {
        match answer.body.next().await {
            Some(Ok(piece)) => read += piece.len(),
            Some(Err(failure)) if failure.is_timeout() => return Err(failure),
            // The status has arrived, and only the status counts.
            Some(Err(_)) | None => break,
        }
    }
    Ok((answer.status.as_u16(), retry_after_s))
}

fn failed(failure: &Failure, within: Duration) -> Answer {
    let timed_out = failure.is_timeout();
    let error = match timed_out {
        true => format!("the endpoint did not answer within {} s", within.as_secs()),
        false => failure.to_string().chars().take(ERROR_CHARS_MAX).collect(),
    };
    Answer { status: None, retry_after_s: None, error: Some(error), timed_out, duration_ms: 0 }
}

/// The pause that the endpoint asks for, in whole seconds, rounded up.
fn retry_after_s(headers: &HeaderMap, now: Timestamp) -> Option<i64> {
    let pause = retry_after(headers, now)?;
    let seconds = pause.as_secs().saturating_add(u64::from(pause.subsec_nanos() > 0));
    Some(i64::try_from(seconds).unwrap_or(i64::MAX))
}

#[cfg(test)]
mod tests {
    use outward::{Targets, header};

    use super::*;

    #[test]
    fn a_pause_is_whole_seconds_that_are_enough() {
        let now = Timestamp::parse("2026-01-02T03:04:05Z").expect("a time");
        let read = |text: &str| {
            let headers = HeaderMap::from_iter([(header::RETRY_AFTER, text.parse().expect("a value"))]);
            retry_after_s(&headers, now)
        };
        assert_eq!(read("120"), Some(120));
        assert_eq!(read("1.5"), Some(2));
        assert_eq!(read("Fri, 02 Jan 2026 03:05:05 GMT"), Some(60));
        assert_eq!(read("18446744073709549568"), Some(i64::MAX));
        assert_eq!(read("soon"), None);
    }

    #[tokio::test]
    async fn a_private_address_is_not_posted_to() {
        let client = Client::from(Targets::Public);
        for url in ["http://127.0.0.1:8080/", "http://[::1]:8080/", "http://169.254.169.254/"] {
            let within = Duration::from_secs(5);
            let answer = post(&client, url, HeaderMap::new(), Vec::new(), within, &Clock::System).await;
            assert_eq!(answer.status, None);
            assert!(answer.error.is_some_and(|error| error.contains("private or local")), "{url}");
        }
    }

    #[tokio::test]
    async fn a_failure_tells_nothing_of_inner_names_and_addresses() {
        let post = async |targets: Targets, url: &str| {
            let (client, within) = (Client::from(targets), Duration::from_secs(20));
            let answer = post(&client, url, HeaderMap::new(), Vec::new(), within, &Clock::System).await;
            answer.error.expect("a failure")
        };
        let unknown = "the endpoint's name resolves to no address that is allowed";
        assert_eq!(post(Targets::Public, "http://threadline-test.invalid/").await, unknown);
        assert_eq!(post(Targets::Any, "http://threadline-test.invalid/").await, unknown);

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
