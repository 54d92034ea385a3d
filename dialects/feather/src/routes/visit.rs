//! What a guest does in the own thread beside writing: types, reads, asks for a person, leaves contact data, sends files.

use std::time::Duration;

use axum::{
    Json,
    extract::{Request, State},
};
use dialect_kit::{Answer, Given, IdempotencyHeader, IdempotencyKey, Json as Body, Patience, form};
use domain::{Error, MessageId, Result};
use engine::{
    App,
    app::{
        handling::ask::Ask,
        people::contacts::{Contact, ContactChange},
    },
};

use super::{last_seen, visitor::Visitor};
use crate::{convert, wire};

/// The reason of a guest who gives none.
const NO_REASON: &str = "The guest asks for a person";
/// The slowest accepted upload, about half a megabit a second. It sets the time limit of an upload.
const SLOWEST_BYTES_PER_S: u64 = 65_536;

#[utoipa::path(
    post,
    path = "/api/v1/chat/threads/{threadId}/typing",
    tag = "Chat",
    operation_id = "tellChatTyping",
    summary = "Tell that the guest types",
    description = "Nothing is stored. The guest counts as typing for six seconds, unless told again.",
    params(("threadId" = String, Path, format = "uuid")),
    request_body = wire::TypingBody,
    responses((status = 200, description = "The team sees it", body = wire::TypingResponse)),
)]
pub async fn tell_typing(
    State(app): State<App>,
    visitor: Visitor,
    Body { value: body, .. }: Body<wire::TypingBody>,
) -> Answer<Json<wire::TypingResponse>> {
    app.tell_typing(&visitor.caller, visitor.thread, body.typing).await?;
    Ok(Json(wire::TypingResponse { thread_id: visitor.thread.to_string(), typing: body.typing }))
}

#[utoipa::path(
    post,
    path = "/api/v1/chat/threads/{threadId}/read",
    tag = "Chat",
    operation_id = "readChat",
    summary = "Mark messages as read, up to one",
    description = "Also the messages before it, the newest 1,000 of them. Reading twice changes nothing.",
    params(("threadId" = String, Path, format = "uuid")),
    request_body = wire::ReadUpToBody,
    responses((status = 200, description = "How far the guest has read", body = wire::ReadUpToResponse)),
)]
pub async fn read_up_to(
    State(app): State<App>,
    visitor: Visitor,
    Body { value: body, .. }: Body<wire::ReadUpToBody>,
) -> Answer<Json<wire::ReadUpToResponse>> {
    let Visitor { caller, thread } = visitor;
    let up_to: MessageId = last_seen(&app, &caller, thread, "upTo", &body.up_to).await?.id;
    app.note_read_up_to(&caller, thread, up_to).await?;
    Ok(Json(wire::ReadUpToResponse { thread_id: thread.to_string(), up_to: up_to.to_string() }))
}

#[utoipa::path(
    post,
    path = "/api/v1/chat/threads/{threadId}/ask",
    tag = "Chat",
    operation_id = "askInChat",
    summary = "Ask for a person",
    description = "If the agent's settings let guests ask, within its opening hours, and while not too many people wait: else 403 \
                   or 409. The agent goes on until a person comes.",
    params(("threadId" = String, Path, format = "uuid"), IdempotencyHeader),
    request_body = wire::AskBody,
    responses((status = 200, description = "Who speaks, and that a person is awaited", body = wire::ChatHandling)),
)]
pub async fn ask(
    State(app): State<App>,
    visitor: Visitor,
    key: IdempotencyKey,
    Body { value: body, source }: Body<wire::AskBody>,
) -> Answer<Json<wire::ChatHandling>> {
    let Visitor { caller, thread } = visitor;
    let ask = Ask { reason: body.reason.unwrap_or_else(|| NO_REASON.into()), ..Ask::default() };
    app.keyed(key.with_body("feather.askInChat", &source)).ask_for_person(&caller, thread, ask).await?;
    Ok(Json(convert::face::handling(&app.faces(&caller, thread).await?)))
}

#[utoipa::path(
    patch,
    path = "/api/v1/chat/threads/{threadId}/contact",
    tag = "Chat",
    operation_id = "changeChatContact",
    summary = "Leave contact data",
    description = "The fields for which the agent's settings ask; another one is 403. The team sees them as unverified.",
    params(("threadId" = String, Path, format = "uuid")),
    request_body = wire::ContactBody,
    responses((status = 200, description = "The contact data", body = wire::ContactResponse)),
)]
pub async fn change_contact(
    State(app): State<App>,
    visitor: Visitor,
    Body { value: body, .. }: Body<wire::ContactBody>,
) -> Answer<Json<wire::ContactResponse>> {
    let change = ContactChange { name: changed(body.name), email: changed(body.email) };
    let Contact { name, email, .. } = app.change_contact(&visitor.caller, visitor.thread, change).await?;
    Ok(Json(wire::ContactResponse { name, email }))
}

fn changed(given: Given<String>) -> Option<Option<String>> {
    match given {
        Given::Absent => None,
        Given::Null => Some(None),
        Given::Value(text) => Some(Some(text)),
    }
}

#[utoipa::path(
    post,
    path = "/api/v1/chat/threads/{threadId}/attachments",
    tag = "Chat",
    operation_id = "uploadChatFile",
    summary = "Send a file for a message",
    description = "In the field `file` of a form. A message names the file in `attachmentIds`. Types and sizes stand in the \
                   widget's settings; the server finds the type in the bytes.",
    params(("threadId" = String, Path, format = "uuid"), IdempotencyHeader),
    request_body(content = wire::FileForm, content_type = "multipart/form-data"),
    responses((status = 200, description = "The file is stored", body = wire::FileResponse)),
)]
pub async fn upload(
    State(app): State<App>,
    visitor: Visitor,
    key: IdempotencyKey,
    patience: Patience,
    request: Request,
) -> Answer<Json<wire::FileResponse>> {
    let Visitor { caller, thread } = visitor;
    patience.extend(Duration::from_secs(app.limits().upload_bytes / SLOWEST_BYTES_PER_S));
    let origin = key.without_body("feather.uploadChatFile");
    let store = async |head: form::Head, bytes| app.upload_as_guest(&caller, thread, &head.name, bytes, origin).await;
    let file = form::upload(request, &[], store).await?;
    Ok(Json(wire::FileResponse {
        id: file.id.to_string(),
        name: file.name,
        media_type: file.media_type,
        size_bytes: file.size_bytes,
        created_at: file.created_at,
    }))
}

/// The parts of a message that names these files.
///
/// # Errors
/// `invalid`, at `attachmentIds`, for more than a message takes, and for anything but files of the thread.
pub(super) async fn files(app: &App, visitor: &Visitor, ids: &[String]) -> Result<Vec<domain::message::Part>> {
    const PATH: &str = "attachmentIds";
    let most = app.limits().attachments;
    if ids.len() as u64 > most {
        return Err(Error::field(PATH, format!("must have at most {most} ids")));
    }
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let parse = |(at, id): (usize, &String)| {
        let refuse = || Error::field(format!("{PATH}.{at}"), "must be a UUID");
        domain::AttachmentId::parse(id).ok_or_else(refuse)
    };
    let ids = ids.iter().enumerate().map(parse).collect::<Result<Vec<_>>>()?;
    app.files_as_guest(&visitor.caller, visitor.thread, ids, PATH).await
}
