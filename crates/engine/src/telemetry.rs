//! Spans for a collector of OpenTelemetry, by its conventions for generative AI.
//!
//! A span tells that something ran, how long it took, what it used and how it failed. It has ids and numbers, and never a
//! word that somebody said. A span is a note in a bounded queue, so that no turn waits for the collector. The service
//! `Spans` sends them.

mod encode;
mod spans;

use std::{
    collections::VecDeque,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use outward::{
    Client, Method, Request, Targets, Times,
    header::{CONTENT_TYPE, HeaderValue},
};
use tokio::sync::Notify;

pub(crate) use self::spans::{Called, Ran, Span};

/// The path below the endpoint, as the protocol names it.
const PATH: &str = "v1/traces";
/// Spans of one request.
const BATCH: usize = 512;
/// Time in which the collector must answer.
const WITHIN: Duration = Duration::from_secs(10);

/// The way to the collector. Without an endpoint it takes nothing.
#[derive(Default)]
pub(crate) struct Telemetry(Option<Way>);

struct Way {
    url: String,
    client: Client,
    waiting: Mutex<VecDeque<Span>>,
    most: usize,
    dropped: AtomicU64,
    bell: Notify,
}

/// The outcome of sending a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) spans: u64,
    /// True if more spans wait.
    pub(crate) more: bool,
}

impl Telemetry {
    /// `endpoint`: the collector's base URL. `most`: spans that may wait.
    pub(crate) fn to(endpoint: Option<&str>, most: u64) -> Self {
        Self(endpoint.map(|endpoint| Way {
            url: format!("{}/{PATH}", endpoint.trim_end_matches('/')),
            // The operator names the collector, so it may be a machine of the operator's own network.
            client: Client::from(Targets::Any),
            waiting: Mutex::default(),
            most: usize::try_from(most).unwrap_or(usize::MAX),
            dropped: AtomicU64::new(0),
            bell: Notify::new(),
        }))
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Takes a span. Without room it is dropped and counted.
    pub(crate) fn take(&self, span: impl FnOnce() -> Span) {
        let Some(way) = &self.0 else { return };
        let mut waiting = way.waiting();
        if waiting.len() >= way.most {
            way.dropped.fetch_add(1, Relaxed);
            return;
        }
        waiting.push_back(span());
        // Spans of a moment go out together.
        if waiting.len() >= BATCH {
            way.bell.notify_one();
        }
    }

    /// Notified when a whole batch waits.
    pub(crate) fn bell(&self) -> Option<&Notify> {
        self.0.as_ref().map(|way| &way.bell)
    }

    /// Number of spans that were dropped since the last call.
    pub(crate) fn dropped(&self) -> u64 {
        self.0.as_ref().map_or(0, |way| way.dropped.swap(0, Relaxed))
    }

    /// Sends a batch of the waiting spans. A batch that the collector does not take is dropped and counted, because
    /// spans are worth less than memory.
    ///
    /// # Errors
    /// The reason why the collector took nothing.
    pub(crate) async fn send(&self) -> Result<Sent, String> {
        let Some(way) = &self.0 else { return Ok(Sent::default()) };
        let (batch, more) = {
            let mut waiting = way.waiting();
            let count = waiting.len().min(BATCH);
            let batch: Vec<Span> = waiting.drain(..count).collect();
            (batch, !waiting.is_empty())
        };
        if batch.is_empty() {
            return Ok(Sent::default());
        }
        let spans = batch.len() as u64;
        match way.post(encode::request(&batch)).await {
            Ok(()) => Ok(Sent { spans, more }),
            Err(why) => {
                way.dropped.fetch_add(spans, Relaxed);
                Err(why)
            }
        }
    }
}

impl Way {
    fn waiting(&self) -> MutexGuard<'_, VecDeque<Span>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn post(&self, body: Vec<u8>) -> Result<(), String> {
        let mut request = Request::new(Method::POST, self.url.clone(), Times::within(WITHIN));
        request.body = Bytes::from(body);
        request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let answer = self.client.send(request).await.map_err(|failure| failure.to_string())?;
        match answer.status.is_success() {
            true => Ok(()),
            false => Err(format!("the collector answered with status {}", answer.status.as_u16())),
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::{Timestamp, TurnId};
    use uuid::Uuid;

    use super::*;

    fn span() -> Span {
        Span {
            trace: TurnId(Uuid::from_u128(1)),
            id: [2; 8],
            parent: None,
            name: "invoke_agent".into(),
            is_client: false,
            begun_at: Timestamp(1),
            ended_at: Timestamp(2),
            error: None,
            attributes: Vec::new(),
        }
    }

    #[tokio::test]
    async fn spans_beyond_the_limit_and_those_of_a_refused_batch_are_counted() {
        // Nobody listens at the port, because it belongs to a socket that was closed.
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let telemetry = Telemetry::to(Some(&format!("http://{closed}")), 2);
        (0..3).for_each(|_| telemetry.take(span));
        assert_eq!((telemetry.dropped(), telemetry.dropped()), (1, 0));
        assert!(telemetry.send().await.is_err());
        assert_eq!(telemetry.dropped(), 2);
        assert_eq!(telemetry.send().await, Ok(Sent::default()), "nothing is sent twice");
    }

    #[tokio::test]
    async fn without_a_collector_no_span_is_made() {
        let telemetry = Telemetry::to(None, 2);
        telemetry.take(|| panic!("nobody wants it"));
        assert_eq!(telemetry.send().await, Ok(Sent::default()));
    }
}
