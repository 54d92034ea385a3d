//! Saved replies as the composer offers them.

use askama::Template;
use axum::{extract::State, response::IntoResponse};
use dialect_kit::{Answer, Authed};
use domain::project::SavedReply;
use engine::App;

use crate::html::Html;

/// Replies that are offered.
const OFFERED: i64 = 500;

#[derive(Template)]
#[template(path = "parts/saved.html")]
struct Offered {
    replies: Vec<SavedReply>,
}

pub async fn show(State(app): State<App>, Authed(caller): Authed) -> Answer {
    let replies = app.list_saved_replies(&caller, None, OFFERED).await?;
    let html = Html::of(&Offered { replies })?;
    Ok(axum::response::Html(html.text().to_owned()).into_response())
}
