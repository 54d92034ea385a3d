//! Takes what people write: replies, notes, and files for a reply.

use axum::extract::{Request, State};
use dialect_kit::{Answer, Authed, Params, Spellings, form::upload, usual_status};
use domain::{
    Caller, Error, Kind, Result, ThreadId,
    attachment::Attachment,
    codes,
    controls::Policy,
    handling::is_of_team,
    message::{Body, Message, Role},
};
use engine::{
    App, Origin, OriginKind,
    app::{
        handling::{note::NewNote, reply::Reply},
        messages::{
            Send,
            list::{From, Page},
        },
    },
};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{
    acting,
    actions::place,
    composer::{self, Draft},
    said::Speakers,
    thread::{self, Told},
    thread_id,
};
use crate::{answer, form::Form, html::Html, texts as t};

/// The form of the composer.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Written {
    /// `reply` or `note`.
    kind: String,
    text: String,
    /// The attachments of a reply.
    files: Vec<String>,
    /// The origin key that the page made.
    key: String,
    /// The newest entry that the author had read.
    seen: i64,
    keep: bool,
    for_agent: bool,
    /// The member in whose name a key writes.
    member: Option<String>,
}

/// Most messages of others that a refusal shows.
const NEWS: i64 = 10;

pub async fn say(
    State(app): State<App>,
    Authed(caller): Authed,
    spellings: Spellings,
    params: Params,
    Form(written): Form<Written>,
) -> Answer {
    let id = thread_id(&params)?;
    let said = match written.kind.as_str() {
        "note" => note(&app, &caller, id, &written).await,
        _ => reply(&app, &caller, id, &written).await,
    };
    let Err(error) = said else { return answer::see_other(&place(id)) };
    let news = match error.code {
        codes::THREAD_MOVED => news(&app, &caller, id, written.seen).await?,
        _ => Vec::new(),
    };
    let problem = match error.kind {
        Kind::Conflict if error.code == codes::THREAD_MOVED => t::MOVED.to_owned(),
        Kind::Conflict | Kind::Invalid | Kind::RateLimited | Kind::TooLarge => format!("{}.", error.message),
        _ => return Err(error.into()),
    };
    let told = Told {
        status: usual_status(error.kind),
        problem: None,
        draft: Draft {
            is_note: written.kind == "note",
            text: written.text,
            files: written.files,
            keep: written.keep,
            for_agent: written.for_agent,
            member: written.member.unwrap_or_default(),
            problem: Some(problem),
            news,
        },
    };
    thread::page(&app, &caller, &spellings, (id, None), told).await
}

async fn reply(app: &App, caller: &Caller, id: ThreadId, written: &Written) -> Result<()> {
    let attachments: Vec<Attachment> = composer::attachments(app, caller, &written.files).await?;
    let content = composer::parts(written.text.trim(), attachments);
    if content.is_empty() {
        return Err(Error::field("text", t::WRITE_SOMETHING));
    }
    let body = Body { content, door: Some("console".into()), ..Body::default() };
    let send = Send::new(id, body, Policy::Queue);
    let (member, seen, keep) = (acting::named(caller, written.member.clone()), written.seen, written.keep);
    let reply = Reply { member, send, seen, keep, force: false };
    app.keyed(written.origin("POST /console/threads/{thread}/say reply", id)).reply(caller, id, reply).await.map(drop)
}

async fn note(app: &App, caller: &Caller, id: ThreadId, written: &Written) -> Result<()> {
    let (member, text) = (acting::named(caller, written.member.clone()), written.text.trim().to_owned());
    if text.is_empty() {
        return Err(Error::field("text", t::WRITE_SOMETHING));
    }
    let attachments = composer::attachments(app, caller, &written.files).await?;
    let attachments = attachments.into_iter().map(|attachment| attachment.id).collect();
    let new = NewNote { member, text, mentions: Vec::new(), for_agent: written.for_agent, attachments };
    app.keyed(written.origin("POST /console/threads/{thread}/say note", id)).note(caller, id, new).await.map(drop)
}

impl Written {
    /// The page's key for this form. The same form again has the same effect, and another one is refused. The thread's
    /// position is no part of it, because the page moves it on.
    fn origin(&self, operation: &'static str, thread: ThreadId) -> Option<Origin> {
        let key = Some(self.key.as_str()).filter(|key| (1..=64).contains(&key.len()))?;
        let mut hash = Sha256::new();
        let flags = [u8::from(self.keep), u8::from(self.for_agent)];
        let member = self.member.as_deref().unwrap_or_default();
        let texts = [thread.0.as_bytes(), flags.as_slice(), member.as_bytes(), self.text.as_bytes()];
        for text in texts.into_iter().chain(self.files.iter().map(String::as_bytes)) {
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
        let fingerprint: [u8; 32] = hash.finalize().into();
        Some(Origin::new(OriginKind::Request, operation, key, fingerprint))
    }
}

/// What others have said in place of the customer since an entry.
async fn news(app: &App, caller: &Caller, id: ThreadId, seen: i64) -> Result<Vec<Html>> {
    let page = Page { from: From::After(seen), limit: NEWS, listed: true };
    let (messages, now) = (app.list_messages(caller, id, page).await?.messages, app.clock().now());
    let is_other = |message: &Message| message.role == Role::Agent || is_of_team(message.role, &message.author);
    let (mut speakers, mut shown) = (Speakers::new(app, caller), Vec::new());
    for message in messages.into_iter().filter(is_other) {
        shown.push(Html::of(&speakers.said(message, now).await?.beside())?);
    }
    Ok(shown)
}

/// Stores a file for the next reply, and leads back to the composer, which has it then.
pub async fn attach(State(app): State<App>, Authed(caller): Authed, params: Params, request: Request) -> Answer {
    let id = thread_id(&params)?;
    app.thread(&caller, id).await?;
    let (stored, files) = upload(request, &["files"], async |head, bytes| {
        let files = head.field("files").unwrap_or_default().to_owned();
        if files.split_whitespace().count() >= composer::FILES_MAX {
            return Err(Error::field("file", format!("there may be {} files at most", composer::FILES_MAX)));
        }
        Ok((app.upload(&caller, &head.name, bytes, None).await?, files))
    })
    .await?;
    let stored = stored.id.to_string();
    let ids = files.split_whitespace().filter(|id| domain::AttachmentId::parse(id).is_some()).chain([stored.as_str()]);
    let query: Vec<String> = ids.map(|id| format!("files={id}")).collect();
    answer::see_other(&format!("{}?{}#composer", place(id), query.join("&")))
}
