//! Who looks at a thread and types in it, told by the pages of those who do, and how far they have read.

use askama::Template;
use axum::{extract::State, response::IntoResponse};
use dialect_kit::{Answer, Authed, Params};
use domain::{Caller, MemberId, Result, ThreadId, handling::Typing};
use engine::{App, Seen, app::handling::presence::Presence};
use serde::Deserialize;

use super::{names, thread_id};
use crate::{form::Form, html::Html, texts as t};

/// What the page of a member tells.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Told {
    /// False if the page goes away.
    viewing: bool,
    /// `reply`, `note` or `none`.
    typing: String,
    /// The newest entry that the page has shown.
    seen: i64,
}

/// Others who are present, as a line above the composer.
#[derive(Template)]
#[template(path = "parts/present.html")]
pub struct Present {
    pub lines: Vec<String>,
}

/// Takes what the page tells, and answers with the others.
pub async fn tell(State(app): State<App>, Authed(caller): Authed, params: Params, Form(told): Form<Told>) -> Answer {
    let id = thread_id(&params)?;
    if let Some(own) = caller.member() {
        let typing = Typing::parse(&told.typing).unwrap_or(Typing::None);
        let presence = Presence { member: own.to_string(), viewing: told.viewing, typing };
        // First what may be refused, so that a refused request has no effect.
        if told.viewing && told.seen > 0 {
            app.mark_seen(&caller, id, own.to_string(), told.seen).await?;
        }
        app.tell_presence(&caller, id, presence).await?;
    } else {
        app.thread(&caller, id).await?;
    }
    let html = Html::of(&present(&app, &caller, id)?)?;
    Ok(axum::response::Html(html.text().to_owned()).into_response())
}

/// The others who are present in a thread that the caller may read.
pub fn present(app: &App, caller: &Caller, id: ThreadId) -> Result<Present> {
    Ok(Present { lines: lines(app.present(caller, id)?, caller.member()) })
}

/// A line for each of those who are present, without oneself.
pub fn lines(present: Vec<Seen>, own: Option<MemberId>) -> Vec<String> {
    let mut lines = Vec::new();
    for seen in present {
        let (name, is_member) = match &seen.member {
            Some(member) if Some(member.id) == own => continue,
            Some(member) => (names::of_person(member), true),
            None => (t::THE_CUSTOMER_TYPES.into(), false),
        };
        let does = match seen.typing {
            Typing::Reply => t::TYPES_REPLY,
            Typing::Note => t::TYPES_NOTE,
            Typing::None if is_member => t::LOOKS,
            Typing::None => continue,
        };
        lines.push(if is_member { format!("{name} {does}") } else { name });
    }
    lines
}
