//! Sends the spans of turns, model calls and tool calls to the collector.

use std::{sync::Arc, time::Duration};

use domain::{Result, Timestamp};
use tokio::sync::Notify;

use super::{Next, Round, Service};
use crate::{inner::Inner, telemetry::Sent};

/// Time in which spans gather to a batch.
const GATHERS: Duration = Duration::from_secs(2);
/// Time between two lines of the log about a collector that takes nothing.
const TOLD_EVERY_S: i64 = 60;

#[derive(Default)]
pub struct Spans {
    /// When the log may tell of dropped spans again.
    tells_at: Option<Timestamp>,
}

impl Service for Spans {
    const NAME: &'static str = "export of spans";

    fn is_over(inner: &Inner) -> bool {
        !inner.telemetry.is_on()
    }

    fn bell(inner: &Inner) -> Option<&Notify> {
        inner.telemetry.bell()
    }

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        let sent = inner.telemetry.send().await;
        self.tell(sent.as_ref().err(), inner);
        let Sent { spans, more } = sent.unwrap_or_default();
        Ok(Round { did: spans, next: if more { Next::Now } else { Next::After(GATHERS) } })
    }
}

impl Spans {
    /// Tells the log of dropped spans, at most once a minute.
    fn tell(&mut self, why: Option<&String>, inner: &Inner) {
        let now = inner.clock.now();
        if self.tells_at.is_some_and(|at| now < at) {
            return;
        }
        let spans = inner.telemetry.dropped();
        if spans > 0 {
            self.tells_at = Some(now.plus_s(TOLD_EVERY_S));
            let why = why.map_or("the collector is slower than the turns", String::as_str);
            tracing::warn!(spans, why, "spans were dropped before the collector of OpenTelemetry took them");
        }
    }
}
