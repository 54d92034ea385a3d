//! The whole log of a thread as a file: an entry a line.

use axum::{body::Body, extract::State, response::IntoResponse};
use dialect_kit::{Answer, Authed, Params};
use domain::{Caller, Error, Result, ThreadId};
use engine::{App, watches::Watch};
use futures_util::{Stream, stream};
use http::{HeaderValue, header};

use super::{log, thread_id};

/// Entries that are read at once.
const ENTRIES: i64 = 200;

pub async fn whole(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer {
    let id = thread_id(&params)?;
    let last = app.begin_export(&caller, id).await?;
    let watch = app.watch(&caller, Some(id));
    let name = format!("attachment; filename=\"thread-{id}.ndjson\"");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(Error::internal)?),
    ];
    Ok((headers, Body::from_stream(lines(Export { app, caller, watch, thread: id, after: 0, last }))).into_response())
}

/// An export that goes on.
struct Export {
    app: App,
    caller: Caller,
    watch: Watch,
    thread: ThreadId,
    /// The entries that are written, and where the export ends.
    after: i64,
    last: i64,
}

/// The lines piece by piece. The file breaks off once the reader's credential is invalid.
fn lines(export: Export) -> impl Stream<Item = Result<String>> + Send {
    stream::unfold(export, async |mut export| {
        if export.after >= export.last {
            return None;
        }
        let piece = export.piece().await;
        export.after = if piece.is_ok() { export.after } else { export.last };
        Some((piece, export))
    })
}

impl Export {
    async fn piece(&mut self) -> Result<String> {
        let Self { app, caller, watch, thread, after, last } = self;
        let page = tokio::select! {
            biased;
            () = watch.over() => return Err(Error::unauthenticated()),
            page = app.list_events(caller, *thread, *after, ENTRIES) => page?,
        };
        *after = page.rows.last().map_or(*last, |entry| entry.seq);
        Ok(page.rows.iter().map(|entry| format!("{}\n", log::json_of(entry))).collect())
    }
}
