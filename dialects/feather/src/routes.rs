//! The handlers: decode, convert, call, encode.

pub mod chat;
pub mod follow;
pub mod guest;
pub mod messages;
pub mod threads;
pub mod visit;
mod visitor;
pub mod widget;

use dialect_kit::{Contract, Params};
use domain::{Caller, Error, MessageId, Result, ThreadId, codes, message::Message};
use engine::App;

use crate::Feather;

/// # Errors
/// `invalid` for a malformed UUID.
fn thread_id(params: &Params) -> Result<ThreadId> {
    params.parse("threadId", |text| Feather.parse_thread(text), || Error::field("threadId", "must be a UUID"))
}

/// # Errors
/// `invalid` for a malformed UUID.
fn message_id(params: &Params) -> Result<MessageId> {
    params.parse("messageId", MessageId::parse, || Error::field("messageId", "must be a UUID"))
}

/// The last message of the thread that the client has, by its own statement.
///
/// # Errors
/// `not_found` for the thread; `invalid`, at `name`, for an id of no message in it.
async fn last_seen(app: &App, caller: &Caller, thread: ThreadId, name: &str, id: &str) -> Result<Message> {
    let refuse = || Error::field(name, "is not a message of this thread");
    let id = MessageId::parse(id).ok_or_else(refuse)?;
    app.message(caller, thread, id).await.map_err(|error| match error.code {
        codes::MESSAGE_NOT_FOUND => refuse(),
        _ => error,
    })
}
