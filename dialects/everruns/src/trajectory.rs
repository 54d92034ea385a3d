//! Exports a session as a trajectory (`wire::Trajectory`), whole or in segments within a limit.
//!
//! The log is read twice: first for the length and the missing pictures, which the headers contain, and then for
//! writing, step by step. Each pass holds one page, the document's turns, one step that waits for results, and the
//! messages after it. These must not exceed a document's limit.

mod fold;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use dialect_kit::Cursors;
use domain::{Error, Kind, Result, codes};
use engine::app::messages::sift::{Sifted, Stretch};
use futures_util::{Stream, StreamExt, TryStreamExt, future, stream};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Serialize;

use self::fold::{Fold, Folded, Pictures};
use crate::{follow::Session, ids, wire};

const SCHEMA_VERSION: &str = "ATIF-v1.7";
const CURSOR: &str = "trajectory";
const IMAGES_OMITTED: HeaderName = HeaderName::from_static("x-atif-images-omitted");
const SEGMENT_INDEX: HeaderName = HeaderName::from_static("x-atif-segment-index");
const NEXT_CURSOR: HeaderName = HeaderName::from_static("x-atif-next-cursor");

/// The start of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Start {
    segment: u32,
    /// The number of its first step.
    step: u64,
    /// The entry of its first step.
    seq: i64,
    /// The last entry of the trajectory, as of the request of the first segment.
    last_seq: i64,
}

/// The part of the trajectory in one document.
#[derive(Debug, Default)]
struct Extent {
    steps: u64,
    bytes: u64,
    omitted: u64,
    turns: Vec<wire::TrajectoryTurn>,
    next: Option<Start>,
}

/// 200 with the whole session in one document.
///
/// # Errors
/// `not_found` for an unknown or foreign session; `too_large` for a session longer than a document, or with more
/// messages after a call without a result.
pub async fn whole(session: Session) -> Result<Response> {
    let start = first(&session).await?;
    let extent = extent(&session, start).await?;
    if extent.next.is_some() || extent.bytes > session.app.limits().trajectory_bytes {
        return Err(too_large("The session is too long for one document; request it with `segmented=true`"));
    }
    let name = format!("{}.atif.json", ids::session(session.thread));
    let trajectory = frame(&session, &extent);
    Ok(document(session, start, extent, trajectory, &name, HeaderMap::new()))
}

/// 200 with the segment at `cursor`, or the first one. `path` is the operation's, for the link to the next segment.
///
/// # Errors
/// `not_found` for an unknown or foreign session; `invalid` for a cursor of another session; `too_large` for more
/// messages after a call without a result than a document may have.
pub async fn segment(session: Session, cursor: Option<&str>, path: &str) -> Result<Response> {
    let cursors = Segments::of(&session);
    // Checked first, because the existence of the session does not depend on the cursor.
    let first = first(&session).await?;
    let start = cursor.map_or(Ok(first), |cursor| cursors.read(cursor))?;
    let extent = extent(&session, start).await?;
    let next = extent.next.map(|next| cursors.write(next));
    let id = ids::session(session.thread);
    let mut trajectory = frame(&session, &extent);
    trajectory.trajectory_id = Some(format!("{id}#segment-{}", start.segment));
    trajectory.continued_trajectory_ref =
        next.as_ref().map(|cursor| format!("{path}?format=atif&segmented=true&cursor={cursor}"));
    trajectory.extra.segment_index = Some(start.segment);
    let mut headers = HeaderMap::new();
    headers.insert(SEGMENT_INDEX, start.segment.into());
    if let Some(cursor) = next {
        headers.insert(NEXT_CURSOR, HeaderValue::from_str(&cursor).map_err(Error::internal)?);
    }
    let name = format!("{id}.segment-{}.atif.json", start.segment);
    Ok(document(session, start, extent, trajectory, &name, headers))
}

fn too_large(message: &'static str) -> Error {
    Error::new(Kind::TooLarge, codes::ATIF_EXPORT_TOO_LARGE, message)
}

async fn first(session: &Session) -> Result<Start> {
    let last_seq = session.app.thread(&session.caller, session.thread).await?.last_seq;
    Ok(Start { segment: 0, step: 1, seq: 1, last_seq })
}

/// As many steps as fit the limit, at least one.
async fn extent(session: &Session, start: Start) -> Result<Extent> {
    let most = session.app.limits().trajectory_bytes;
    let mut extent = Extent::default();
    extent.bytes = json(&frame(session, &extent)).len() as u64;
    let mut all = Box::pin(folded(session.clone(), start));
    while let Some(folded) = all.try_next().await? {
        // Includes the comma before it.
        let bytes = match &folded {
            Folded::Step { step, .. } => json(step).len() + usize::from(extent.steps > 0),
            Folded::Turn(turn) => json(turn).len() + usize::from(!extent.turns.is_empty()),
        };
        extent.bytes += bytes as u64;
        match folded {
            Folded::Step { seq, step, .. } if extent.bytes > most && extent.steps > 0 => {
                extent.next = Some(Start { segment: start.segment + 1, step: step.step_id, seq, ..start });
                break;
            }
            Folded::Step { omitted, .. } => {
                extent.steps += 1;
                extent.omitted += omitted;
            }
            Folded::Turn(turn) => extent.turns.push(turn),
        }
    }
    Ok(extent)
}

/// The steps and turns from there on, in the log's order.
///
/// # Errors
/// `too_large` if more waits behind a call without its result than a document may have.
fn folded(session: Session, start: Start) -> impl Stream<Item = Result<Folded>> + Send {
    let most = session.app.limits().trajectory_bytes;
    // Absent after the end of the log, when nothing more follows.
    let next = Some(Some(Stretch { from: start.seq, to: start.last_seq }));
    let state = (session, Fold::from(start.step), next);
    let batches = stream::try_unfold(state, move |(session, mut fold, next)| async move {
        let Some(next) = next else { return Ok(None) };
        let (mut batch, next): (Vec<Result<Folded>>, _) = match next {
            Some(stretch) => {
                let Session { app, caller, thread } = &session;
                let Sifted { entries, rest, .. } = app.next_events(caller, *thread, stretch).await?;
                for entry in entries {
                    let pictures = pictures(&session, entry.message.as_ref()).await?;
                    fold.take(&entry, &pictures);
                }
                (fold.settled().into_iter().map(Ok).collect(), Some(rest))
            }
            None => (fold.rest().into_iter().map(Ok).collect(), None),
        };
        if fold.waiting() > most {
            batch.push(Err(too_large(
                "Too much was said while a tool's result was missing; it does not fit one document",
            )));
        }
        Ok::<_, Error>(Some((stream::iter(batch), (session, fold, next))))
    });
    batches.try_flatten()
}

/// The types of the message's existing pictures.
async fn pictures(session: &Session, message: Option<&domain::message::Message>) -> Result<Pictures> {
    let mut found = Pictures::new();
    let named = message.into_iter().flat_map(|message| &message.body.content).filter_map(|part| part.attachment());
    for id in named {
        let attachment = session.app.attachment_said(&session.caller, session.thread, id).await?;
        found.extend(attachment.map(|attachment| (id, attachment.media_type)));
    }
    Ok(found)
}

/// The document without its steps.
fn frame(session: &Session, extent: &Extent) -> wire::Trajectory {
    wire::Trajectory {
        schema_version: SCHEMA_VERSION,
        session_id: ids::session(session.thread),
        trajectory_id: None,
        agent: wire::TrajectoryAgent { name: "threadline", version: env!("CARGO_PKG_VERSION") },
        steps: Vec::new(),
        final_metrics: wire::TrajectoryMetrics { total_steps: extent.steps },
        continued_trajectory_ref: None,
        extra: wire::TrajectoryExtra {
            turns: extent.turns.clone(),
            images_omitted: Some(extent.omitted).filter(|omitted| *omitted > 0),
            segment_index: None,
        },
    }
}

fn document(
    session: Session,
    start: Start,
    extent: Extent,
    trajectory: wire::Trajectory,
    name: &str,
    mut headers: HeaderMap,
) -> Response {
    const STEPS: &str = r#""steps":["#;
    let text = json(&trajectory);
    // Inside a string, the quotes would be escaped.
    let (head, tail) = text.split_once(STEPS).expect("a trajectory has steps");
    let steps = folded(session, start).try_filter_map(|folded| {
        future::ready(Ok(match folded {
            Folded::Step { step, .. } => Some(json(&step)),
            Folded::Turn(_) => None,
        }))
    });
    let written = steps.take(usize::try_from(extent.steps).unwrap_or(usize::MAX)).enumerate().map(|(i, step)| {
        let comma = if i == 0 { "" } else { "," };
        step.map(|step| Bytes::from(format!("{comma}{step}")))
    });
    let (open, close) = (Bytes::from(format!("{head}{STEPS}")), Bytes::from(tail.to_owned()));
    let body = stream::iter([Ok(open)])
        .chain(written)
        .chain(stream::iter([Ok(close)]))
        .inspect_err(|error: &Error| tracing::error!(?error, "an export of a trajectory ended early"));
    if extent.omitted > 0 {
        headers.insert(IMAGES_OMITTED, extent.omitted.into());
    }
    let file = format!("attachment; filename=\"{name}\"");
    let usual = [(header::CONTENT_TYPE, "application/json".to_owned()), (header::CONTENT_DISPOSITION, file)];
    (headers, usual, Body::from_stream(body)).into_response()
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("what goes over the wire has text for its keys")
}

/// Encodes and decodes the cursors of one session's segments.
struct Segments {
    cursors: Cursors,
    scope: [u8; 16],
}

impl Segments {
    fn of(session: &Session) -> Self {
        let cursors = Cursors::new(&session.app.derive("cursor everruns"));
        Self { cursors, scope: *session.thread.0.as_bytes() }
    }

    fn write(&self, Start { segment, step, seq, last_seq }: Start) -> String {
        let place = [&segment.to_be_bytes()[..], &step.to_be_bytes(), &seq.to_be_bytes(), &last_seq.to_be_bytes()];
        self.cursors.seal(CURSOR, &self.scope, &place.concat())
    }

    /// # Errors
    /// `atif_cursor_invalid` for a text that was not encoded here.
    fn read(&self, cursor: &str) -> Result<Start> {
        let wrong =
            || Error { code: codes::ATIF_CURSOR_INVALID, ..Error::field("cursor", "does not belong to this session") };
        let place = self.cursors.open(CURSOR, &self.scope, cursor).map_err(|_| wrong())?;
        let (segment, rest) = place.split_first_chunk().ok_or_else(wrong)?;
        let (step, rest) = rest.split_first_chunk().ok_or_else(wrong)?;
        let (seq, rest) = rest.split_first_chunk().ok_or_else(wrong)?;
        let last_seq = rest.try_into().map_err(|_| wrong())?;
        Ok(Start {
            segment: u32::from_be_bytes(*segment),
            step: u64::from_be_bytes(*step),
            seq: i64::from_be_bytes(*seq),
            last_seq: i64::from_be_bytes(last_seq),
        })
    }
}
