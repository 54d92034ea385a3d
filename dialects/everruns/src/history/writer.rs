//! Writes entries as the JSON of a list of events, each followed by its listed derived event.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use domain::{Error, Result, event::Entry};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};
use http::header;

use super::Filter;
use crate::{
    event_id::EventIds,
    follow::{Memory, Session},
    stream as told,
};

/// Writes `{"data":[…]}`.
pub struct Writer {
    session: Session,
    event_ids: EventIds,
    memory: Memory,
    filter: Filter,
    newest_first: bool,
    is_first: bool,
}

impl Writer {
    pub fn new(session: Session, filter: Filter, newest_first: bool) -> Self {
        let event_ids = EventIds::new(&session.app, session.thread);
        Self { session, event_ids, memory: Memory::default(), filter, newest_first, is_first: true }
    }

    /// The next events of the list, in the order of these entries.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn write(&mut self, entries: &[Entry]) -> Result<String> {
        let mut text = String::new();
        for entry in entries {
            let around = self.memory.around(&self.session, entry).await?;
            let mut shown: Vec<_> = told::listed(entry, &around).filter(|told| self.filter.shows(told)).collect();
            if self.newest_first {
                shown.reverse();
            }
            for told in shown {
                if !std::mem::take(&mut self.is_first) {
                    text.push(',');
                }
                let event = told::listed_event(told, self.session.thread, &self.event_ids);
                text.push_str(&serde_json::to_string(&event).expect("what goes over the wire has text for its keys"));
            }
        }
        Ok(text)
    }

    /// 200 with the written events.
    pub fn page(written: &str) -> Response {
        json(Body::from(format!(r#"{{"data":[{written}]}}"#)))
    }

    /// 200 with the written events, and those of the pieces that follow. Each piece is read and written after the
    /// client has received the previous one.
    pub fn answer(self, written: String, pieces: impl Stream<Item = Result<Vec<Entry>>> + Send + 'static) -> Response {
        let state = (self, Box::pin(pieces));
        let events = stream::try_unfold(state, |(mut writer, mut pieces)| async move {
            let Some(entries) = pieces.try_next().await? else { return Ok(None) };
            let text = writer.write(&entries).await?;
            Ok::<_, Error>(Some((Bytes::from(text), (writer, pieces))))
        });
        let open = stream::iter([Ok(Bytes::from(format!(r#"{{"data":[{written}"#)))]);
        let close = stream::iter([Ok(Bytes::from_static(b"]}"))]);
        let body = open.chain(events).chain(close);
        let body = body.inspect_err(|error| tracing::error!(?error, "a list of events ended early"));
        json(Body::from_stream(body))
    }
}

fn json(body: Body) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}
