//! What a webhook is told in native words: the entry as `GET …/events` shows it, in the envelope that the Standard Webhooks
//! specification recommends.

use domain::Result;
use engine::{App, Payload, PendingEntry, Wording};
use futures_util::future::BoxFuture;

use crate::{convert, wire};

pub struct Words;

impl Wording for Words {
    fn word<'a>(&'a self, _: &'a App, pending: &'a PendingEntry) -> BoxFuture<'a, Result<Option<Payload>>> {
        Box::pin(async {
            let entry = pending.entry.clone();
            let told =
                wire::Told { kind: entry.event.kind().into(), timestamp: entry.at, data: convert::event::entry(entry) };
            let body = serde_json::to_vec(&told).map_err(domain::Error::internal)?;
            Ok(Some(Payload { content_type: "application/json", body }))
        })
    }
}
