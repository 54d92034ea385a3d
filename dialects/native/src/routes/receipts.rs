//! Receipts: the delivery and read status of messages to people.

use axum::extract::State;
use dialect_kit::{Authed, IdempotencyHeader, IdempotencyKey, Json, Params};
use domain::MessageId;
use engine::App;

use super::{Conflict, Found, found, messages, thread_id};
use crate::wire;

/// Say that a message was read.
///
/// A program sends it when it has shown the message to the person. The first time counts.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/read", operation_id = "read_message", tag = "messages",
    params(("thread" = wire::Id, Path), IdempotencyHeader), request_body = wire::NewRead,
    responses((status = 200, description = "The message after the change", body = wire::Message), Conflict)
)]
pub async fn read(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    Json { value, source }: Json<wire::NewRead>,
) -> Found<wire::Message> {
    let origin = key.with_body("POST /threadline/v1/threads/{thread}/read", &source);
    let (thread, id) = (thread_id(&params)?, MessageId(value.message.0));
    let (message, _) = app.keyed(origin).note_read(&caller, thread, id).await?;
    found(messages::shown(&app, &caller, message).await?)
}
