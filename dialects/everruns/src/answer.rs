//! Messages as JSON bodies, streamed piece by piece. A picture's bytes are read and encoded while the answer is sent,
//! and a list is read page by page. Neither is ever completely in memory.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use dialect_kit::one_line;
use domain::{
    AttachmentId, Caller, Error, Result, ThreadId,
    attachment::Attachment,
    message::{Message, Role},
};
use engine::{
    App,
    app::messages::list::{From, Listed, Page},
};
use futures_util::{Stream, StreamExt, TryStreamExt, future, stream};
use http::{StatusCode, header};
use serde::Serialize;
use tokio::io::AsyncReadExt;

use crate::{
    convert::{self, Place},
    ids, wire,
};

/// Messages read from the store at once.
const PAGE: i64 = 32;
/// Bytes that are encoded at once. A multiple of three, so that only the end has padding.
const CHUNK_BYTES: usize = 49_152;

/// A piece of a body.
#[derive(Debug, PartialEq)]
enum Piece {
    Json(String),
    /// The member `base64` with these bytes, if they still exist.
    Base64(AttachmentId),
}

/// 201 with the new message. `attachments` came within the request, in the order of its parts. They are the message's
/// own, also in a replay.
pub fn created(app: &App, message: &Message, attachments: Vec<Attachment>) -> Response {
    let mut pieces = pieces(&convert::message(message, Place::Answer));
    let headers = [(header::CONTENT_TYPE, "application/json")];
    if let [Piece::Json(whole)] = &mut pieces[..] {
        return (StatusCode::CREATED, headers, std::mem::take(whole)).into_response();
    }
    let (app, mut attachments) = (app.clone(), attachments.into_iter());
    let body = stream::iter(pieces)
        .map(move |piece| match piece {
            Piece::Json(json) => stream::iter([Ok(json.into())]).boxed(),
            Piece::Base64(_) => {
                base64(app.clone(), future::ready(attachments.next().map(Some).ok_or_else(gone))).boxed()
            }
        })
        .flatten();
    (StatusCode::CREATED, headers, Body::from_stream(body)).into_response()
}

fn gone() -> Error {
    Error::internal("a message has more pictures with bytes than the request that made it")
}

/// 200 with all messages of the thread, oldest first, as of the request.
///
/// # Errors
/// `not_found` for an unknown or foreign thread.
pub async fn list(app: &App, caller: &Caller, thread: ThreadId) -> Result<Response> {
    let (source, first) = Source::open(app, caller, thread).await?;
    let messages = source.clone().messages(first);
    let bodies = messages.enumerate().map(move |(i, message)| {
        let comma = if i == 0 { "" } else { "," };
        let pieces = pieces(&convert::message(&message?, Place::List));
        Ok::<_, Error>([Piece::Json(comma.into())].into_iter().chain(pieces).map(Ok::<_, Error>).collect::<Vec<_>>())
    });
    let written = source.written(bodies);
    let open = stream::iter([Ok(Bytes::from_static(br#"{"data":["#))]);
    let close = stream::iter([Ok(Bytes::from_static(b"]}"))]);
    let body =
        open.chain(written).chain(close).inspect_err(|error| tracing::error!(?error, "a list of messages ended early"));
    Ok(([(header::CONTENT_TYPE, "application/json")], Body::from_stream(body)).into_response())
}

/// 200 with the messages of users and agents, one per line, oldest first.
///
/// # Errors
/// `not_found` for an unknown or foreign thread.
pub async fn export(app: &App, caller: &Caller, thread: ThreadId) -> Result<Response> {
    let (source, first) = Source::open(app, caller, thread).await?;
    let said = source.clone().messages(first).try_filter(|message| future::ready(message.role != Role::Tool));
    let lines = said.map_ok(|message| {
        let line = pieces(&convert::message(&message, Place::List)).into_iter().map(|piece| match piece {
            Piece::Json(json) => Piece::Json(one_line(&json).into_owned()),
            base64 => base64,
        });
        line.chain([Piece::Json("\n".into())]).map(Ok::<_, Error>).collect::<Vec<_>>()
    });
    let body = source.written(lines).inspect_err(|error| tracing::error!(?error, "an export of messages ended early"));
    let name = format!("attachment; filename=\"{}.jsonl\"", ids::session(thread));
    let headers = [(header::CONTENT_TYPE, "application/x-ndjson".to_owned()), (header::CONTENT_DISPOSITION, name)];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// The source of a list.
#[derive(Clone)]
struct Source {
    app: App,
    caller: Caller,
    thread: ThreadId,
    last_seq: i64,
}

impl Source {
    /// Opens the source and reads its first page.
    async fn open(app: &App, caller: &Caller, thread: ThreadId) -> Result<(Self, Listed)> {
        let first = app.next_messages(caller, thread, beyond(0)).await?;
        let last_seq = first.thread.last_seq;
        Ok((Self { app: app.clone(), caller: caller.clone(), thread, last_seq }, first))
    }

    /// The bytes of these pieces.
    fn written(
        self,
        bodies: impl Stream<Item = Result<Vec<Result<Piece>>>> + Send,
    ) -> impl Stream<Item = Result<Bytes>> + Send {
        bodies.map_ok(stream::iter).try_flatten().map_ok(move |piece| self.bytes(piece)).try_flatten()
    }

    /// The messages of this page and of the following ones, with one page in memory at a time.
    fn messages(self, first: Listed) -> impl Stream<Item = Result<Message>> + Send {
        let pages = stream::try_unfold(Next::Read(Box::new(first)), move |page| {
            let source = self.clone();
            async move {
                let page = match page {
                    Next::Read(page) => *page,
                    Next::Beyond(seq) => source.app.next_messages(&source.caller, source.thread, beyond(seq)).await?,
                    Next::Nothing => return Ok(None),
                };
                let end = source.last_seq;
                let last = page.messages.last().map(|message| message.seq);
                let next = match last.filter(|last| page.more && *last < end) {
                    Some(last) => Next::Beyond(last),
                    None => Next::Nothing,
                };
                let within = page.messages.into_iter().filter(move |message| message.seq <= end);
                Ok(Some((stream::iter(within.map(Ok::<_, Error>)), next)))
            }
        });
        pages.try_flatten()
    }

    fn bytes(&self, piece: Piece) -> impl Stream<Item = Result<Bytes>> + Send + use<> {
        match piece {
            Piece::Json(json) => stream::iter([Ok(json.into())]).boxed(),
            Piece::Base64(id) => {
                let Self { app, caller, thread, .. } = self.clone();
                let found = async move { app.attachment_said(&caller, thread, id).await };
                base64(self.app.clone(), found).boxed()
            }
        }
    }
}

/// The next part of a list.
enum Next {
    Read(Box<Listed>),
    /// Read when the client has received the previous part.
    Beyond(i64),
    Nothing,
}

fn beyond(seq: i64) -> Page {
    Page { from: From::After(seq), limit: PAGE, listed: false }
}

/// The message as JSON, with gaps for bytes.
fn pieces(message: &wire::Message) -> Vec<Piece> {
    let mut text = json(&wire::Message { content: Vec::new(), ..message.clone() });
    text.truncate(text.strip_suffix("]}").expect("the content is the last field").len());
    let mut pieces = Vec::new();
    for (i, part) in message.content.iter().enumerate() {
        if i > 0 {
            text.push(',');
        }
        text.push_str(&json(part));
        if let wire::ContentPart::Image { base64: Some(id), .. } = part {
            text.truncate(text.len() - 1);
            pieces.push(Piece::Json(std::mem::take(&mut text)));
            pieces.push(Piece::Base64(*id));
            text.push('}');
        }
    }
    text.push_str("]}");
    pieces.push(Piece::Json(text));
    pieces
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("what goes over the wire has text for its keys")
}

/// The member `base64` with an attachment's bytes. Nothing for a deleted attachment.
fn base64(
    app: App,
    attachment: impl Future<Output = Result<Option<Attachment>>> + Send,
) -> impl Stream<Item = Result<Bytes>> + Send {
    let encoded = async move {
        let Some(attachment) = attachment.await? else { return Ok(stream::empty().boxed()) };
        let file = app.attachment_bytes(&attachment, None).await?;
        let bytes = stream::try_unfold(file, |mut file| async move {
            let mut chunk = Vec::with_capacity(CHUNK_BYTES);
            let read = (&mut file).take(CHUNK_BYTES as u64).read_to_end(&mut chunk).await.map_err(Error::internal)?;
            Ok((read > 0).then(|| (Bytes::from(STANDARD.encode(chunk)), file)))
        });
        let open = stream::iter([Ok(Bytes::from_static(br#","base64":""#))]);
        let close = stream::iter([Ok(Bytes::from_static(b"\""))]);
        Ok(open.chain(bytes).chain(close).boxed())
    };
    stream::once(encoded).try_flatten()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn bytes_stand_where_the_part_ends() {
        let image = AttachmentId(Uuid::from_u128(7));
        let text = |text: &str| wire::ContentPart::Text { text: text.into() };
        let picture = |base64| wire::ContentPart::Image { url: None, media_type: Some("image/png".into()), base64 };
        let check = |content: Vec<wire::ContentPart>, expect: &str| {
            let message = wire::Message {
                id: "m".into(),
                session_id: "s".into(),
                sequence: 1,
                role: wire::MessageRole::User,
                created_at: domain::Timestamp(0),
                controls: None,
                metadata: None,
                external_actor: None,
                phase: None,
                thinking: None,
                thinking_signature: None,
                content,
            };
            let whole: String = pieces(&message)
                .into_iter()
                .map(|piece| match piece {
                    Piece::Json(json) => json,
                    Piece::Base64(id) => format!(r#","base64":"<{}>""#, id.0.as_u128()),
                })
                .collect();
            let (_, content) = whole.split_once(r#","content":"#).expect("the content");
            assert_eq!(content, format!("{expect}}}"));
            assert!(serde_json::from_str::<serde_json::Value>(&whole).is_ok(), "{whole}");
        };
        check(vec![], "[]");
        check(vec![text("a"), text("b")], r#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#);
        check(
            vec![picture(Some(image)), text("a"), picture(None)],
            concat!(
                r#"[{"type":"image","media_type":"image/png","base64":"<7>"},"#,
                r#"{"type":"text","text":"a"},{"type":"image","media_type":"image/png"}]"#
            ),
        );
    }
}
