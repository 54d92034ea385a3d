//! Who speaks in a thread: members take it, reply, note, and hand it back.

use axum::extract::State;
use dialect_kit::{Authed, Given, IdempotencyHeader, IdempotencyKey, Json, Params, Query, Spellings};
use domain::{AttachmentId, Error, ThreadId, controls::Policy, handling::Typing, message::Body};
use engine::{
    App,
    app::{
        handling::{
            ask::Ask, assign::Assign, hand_back::HandBack, note::NewNote, presence::Presence, reply::Reply, take::Take,
        },
        messages::Send,
    },
};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{Conflict, Created, Found, created, found, messages, thread_id, threads::shown};
use crate::{content, convert, wire};

/// Take a thread for a member.
///
/// The agent falls silent. Every open turn ends, and text that the turns have shown stays, as messages marked `interrupted`. Messages of
/// the customer are stored and start no turn until the thread is handed back. A member who holds the thread already changes nothing.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/take", operation_id = "take_thread", tag = "handling",
    params(("thread" = wire::Id, Path), IdempotencyHeader), request_body = wire::NewTake,
    responses((status = 200, description = "The thread after the change", body = wire::Thread), Conflict)
)]
pub async fn take(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    key: IdempotencyKey,
    Json { value, source }: Json<wire::NewTake>,
) -> Found<wire::Thread> {
    let origin = key.with_body("POST /threadline/v1/threads/{thread}/take", &source);
    let take = Take { member: value.member, force: value.force };
    let thread = app.keyed(origin).take_thread(&caller, thread_id(&params)?, take).await?;
    found(shown(&app, thread, &spellings).await?)
}

/// Hand a thread back to its agent.
///
/// A turn answers the messages that nobody has answered, with the controls of the newest one. The agent knows what was said meanwhile.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/hand-back", operation_id = "hand_back_thread", tag = "handling",
    params(("thread" = wire::Id, Path), IdempotencyHeader), request_body = wire::NewHandBack,
    responses((status = 200, description = "The thread after the change, and its turn", body = wire::HandedBack), Conflict)
)]
pub async fn hand_back(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    key: IdempotencyKey,
    Json { value, source }: Json<wire::NewHandBack>,
) -> Found<wire::HandedBack> {
    let origin = key.with_body("POST /threadline/v1/threads/{thread}/hand-back", &source);
    let wire::NewHandBack { member, answer, brief, force } = value;
    let new = HandBack { member, answer: answer.into(), brief, force };
    let handed = app.keyed(origin).hand_back(&caller, thread_id(&params)?, new).await?;
    let thread = shown(&app, handed.thread, &spellings).await?;
    found(wire::HandedBack { thread, turn: wire::handling::turn(handed.turn), agent_paused: handed.is_paused })
}

/// Reply to the customer in place of the agent.
///
/// In a thread that nobody holds, the reply takes the thread, unless `keep` is set.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/replies", operation_id = "reply", tag = "handling",
    params(("thread" = wire::Id, Path), IdempotencyHeader), request_body = wire::NewReply,
    responses((status = 201, description = "The message", body = wire::Message), Conflict)
)]
pub async fn reply(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    Json { value, source }: Json<wire::NewReply>,
) -> Created<wire::Message> {
    let origin = key.with_body("POST /threadline/v1/threads/{thread}/replies", &source);
    let thread = thread_id(&params)?;
    let wire::NewReply { member, text, content, seen, keep, force } = value;
    let is_text = text.is_some();
    let refusal = |error| convert::send::refusal(error, is_text);
    let parts = content::resolve(&app, &caller, convert::send::content(text, content)?).await.map_err(refusal)?;
    let body = Body { content: parts.parts, door: Some(convert::send::DOOR.into()), ..Body::default() };
    let send = Send { attachments: parts.attachments, ..Send::new(thread, body, Policy::Queue) };
    let reply = Reply { member, send, seen, keep, force };
    let message = app.keyed(origin).reply(&caller, thread, reply).await.map_err(refusal)?;
    created(messages::shown(&app, &caller, message).await?)
}

/// Write a note.
///
/// A note is an entry of the log for the project alone, not a message. Nobody below the project is told of it.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/notes", operation_id = "create_note", tag = "handling",
    params(("thread" = wire::Id, Path), IdempotencyHeader), request_body = wire::NewNote,
    responses((status = 201, description = "The note", body = wire::NoteMade), Conflict)
)]
pub async fn note(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    key: IdempotencyKey,
    Json { value, source }: Json<wire::NewNote>,
) -> Created<wire::NoteMade> {
    let origin = key.with_body("POST /threadline/v1/threads/{thread}/notes", &source);
    let wire::NewNote { member, text, mentions, attachments, for_agent } = value;
    let attachments = attachments.into_iter().map(|id| AttachmentId(id.0)).collect();
    let new = NewNote { member, text, mentions, attachments, for_agent };
    let noted = app.keyed(origin).note(&caller, thread_id(&params)?, new).await?;
    created(wire::NoteMade { note: noted.note.into(), seq: noted.seq, created_at: noted.at })
}

/// Assign a thread to a member.
///
/// The assignee of a thread that a member holds becomes its holder. Otherwise an assignment silences nobody.
#[utoipa::path(
    put, path = "/threadline/v1/threads/{thread}/assignee", operation_id = "assign_thread", tag = "handling",
    params(("thread" = wire::Id, Path)), request_body = wire::Assignment,
    responses((status = 200, description = "The thread after the change", body = wire::Thread), Conflict)
)]
pub async fn assign(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    Json { value, .. }: Json<wire::Assignment>,
) -> Found<wire::Thread> {
    let assignee = match value.assignee {
        Given::Absent => return Err(Error::field("assignee", "required, or null").into()),
        Given::Null => None,
        Given::Value(assignee) => Some(assignee),
    };
    let assign = Assign { member: value.member, assignee };
    let thread = app.keyed(None).assign(&caller, thread_id(&params)?, assign).await?;
    found(shown(&app, thread, &spellings).await?)
}

/// Ask for a person.
///
/// The agent goes on, unless the request is silent. A repeated request replaces the reason. Within a minute it has no event of its own.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/ask", operation_id = "ask_for_person", tag = "handling",
    params(("thread" = wire::Id, Path), IdempotencyHeader), request_body = wire::NewAsk,
    responses((status = 200, description = "The thread after the change", body = wire::Thread), Conflict)
)]
pub async fn ask(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    key: IdempotencyKey,
    Json { value, source }: Json<wire::NewAsk>,
) -> Found<wire::Thread> {
    let origin = key.with_body("POST /threadline/v1/threads/{thread}/ask", &source);
    let wire::NewAsk { member, reason, silent, until, say } = value;
    let ask = Ask { member, reason, silent, until, say };
    let thread = app.keyed(origin).ask_for_person(&caller, thread_id(&params)?, ask).await?;
    found(shown(&app, thread, &spellings).await?)
}

/// Say how far a member has read a thread.
///
/// An earlier entry than before changes nothing. A member's reply moves it too.
#[utoipa::path(
    put, path = "/threadline/v1/threads/{thread}/seen", operation_id = "mark_seen", tag = "handling",
    params(("thread" = wire::Id, Path)), request_body = wire::NewSeen,
    responses((status = 200, description = "The newest entry that the member has read", body = wire::Seen))
)]
pub async fn seen(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Json { value, .. }: Json<wire::NewSeen>,
) -> Found<wire::Seen> {
    let thread = thread_id(&params)?;
    found(wire::Seen { seq: app.mark_seen(&caller, thread, value.member, value.seq).await? })
}

/// Tell that a member views a thread, or types in it.
///
/// Nothing is stored. A member counts as present for 30 seconds, and as typing for 6, unless told again. Guests see that a member types a
/// reply, never that one types a note.
#[utoipa::path(
    post, path = "/threadline/v1/threads/{thread}/presence", operation_id = "tell_presence", tag = "handling",
    params(("thread" = wire::Id, Path)), request_body = wire::NewPresence,
    responses((status = 200, description = "Everybody who is present", body = wire::Presence))
)]
pub async fn presence(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Json { value, .. }: Json<wire::NewPresence>,
) -> Found<wire::Presence> {
    let wire::NewPresence { member, viewing, typing } = value;
    let told = Presence { member, viewing, typing: typing.unwrap_or(Typing::None) };
    found(app.tell_presence(&caller, thread_id(&params)?, told).await?.into())
}

/// The one who withdraws a request for a person.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct WithdrawQuery {
    /// The member, by id or e-mail address.
    member: String,
}

/// Withdraw the request for a person.
///
/// After a silence, a turn answers the messages that nobody has answered. Without a request nothing changes.
#[utoipa::path(
    delete, path = "/threadline/v1/threads/{thread}/ask", operation_id = "withdraw_ask", tag = "handling",
    params(("thread" = wire::Id, Path), WithdrawQuery),
    responses((status = 200, description = "The thread after the change", body = wire::Thread))
)]
pub async fn withdraw(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    Query(query): Query<WithdrawQuery>,
) -> Found<wire::Thread> {
    let id: ThreadId = thread_id(&params)?;
    let thread = app.keyed(None).withdraw(&caller, id, query.member).await?;
    found(shown(&app, thread, &spellings).await?)
}
