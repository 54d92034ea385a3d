//! The pages: each loads, makes its view and renders.

pub mod acting;
pub mod actions;
pub mod band;
pub mod choice;
mod composer;
pub mod export;
pub mod file;
pub mod happened;
pub mod inbox;
pub mod log;
pub mod names;
pub mod office;
pub mod presence;
pub mod row;
pub mod said;
pub mod saved_texts;
pub mod say;
pub mod search;
mod side;
pub mod sign_in;
mod state;
pub mod thread;
pub mod threads;
pub mod turns;

use askama::Template;
use axum::response::Response;
use dialect_kit::{Answer, Fault, Params, usual_status};
use domain::{Error, Kind, ThreadId, codes};
use http::StatusCode;

use crate::{
    BASE, answer,
    frame::{Frame, Place},
    texts as t,
};

/// Threads, messages or entries of a page.
const ROWS: i64 = 50;

/// `/`, for browsers.
pub async fn root() -> Answer {
    answer::see_other(BASE)
}

#[derive(Template)]
#[template(path = "pages/refusal.html")]
struct Refusal {
    frame: Frame,
    message: String,
    code: &'static str,
}

/// An error as a page. Without a sign-in, it is the page to sign in.
pub fn refusal(fault: &Fault) -> Response {
    let status = match fault.error.code {
        // Where the cookie is read, an error has no status of its own.
        codes::WRONG_HOST => StatusCode::MISDIRECTED_REQUEST,
        _ => fault.status_or(usual_status(fault.error.kind)),
    };
    let page = match fault.error.kind {
        Kind::Unauthenticated => sign_in::page(status, None, Some(t::SIGNED_OUT)),
        _ => {
            let frame = Frame::outside(Place::Outside, t::PAGE_ERROR);
            let (message, code) = (fault.error.message.clone(), fault.error.code.as_str());
            answer::with_status(status, &Refusal { frame, message, code })
        }
    };
    page.unwrap_or_else(|_| axum::response::IntoResponse::into_response(status))
}

fn thread_id(params: &Params) -> Result<ThreadId, Error> {
    params.parse("thread", ThreadId::parse, || Error::not_found(codes::THREAD_NOT_FOUND, "Thread"))
}
