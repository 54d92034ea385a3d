//! All entries of the rail as a page, which narrow screens open by `More`.

use askama::Template;
use axum::extract::State;
use dialect_kit::{Answer, Authed};
use engine::App;

use crate::{
    answer,
    frame::{Frame, Place},
    texts as t,
};

#[derive(Template)]
#[template(path = "pages/office/more.html")]
struct More {
    frame: Frame,
}

pub async fn show(State(app): State<App>, Authed(caller): Authed) -> Answer {
    answer::page(&More { frame: Frame::of(&app, &caller, Place::More, t::MORE).await? })
}
