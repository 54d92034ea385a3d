//! What a refusal of the server means for the person at the terminal.

use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::{
    columns::plain,
    failure::{Exit, Failure},
};

/// Reads a problem document (RFC 9457); of any other body the status must do.
pub async fn read(response: Response) -> Failure {
    let status = response.status();
    let problem: Value = response.json().await.unwrap_or_default();
    let detail = problem["detail"].as_str().or(problem["title"].as_str());
    let what = detail.map_or_else(|| format!("the server has answered {status}"), plain);
    let failure = Failure::new(exit(status), what);
    match hint(status) {
        Some(hint) => failure.hint(hint),
        None => failure,
    }
}

fn exit(status: StatusCode) -> Exit {
    match status.as_u16() {
        401 | 403 => Exit::NotAllowed,
        404 => Exit::NotFound,
        400..500 => Exit::Refused,
        _ => Exit::Failed,
    }
}

fn hint(status: StatusCode) -> Option<&'static str> {
    match status.as_u16() {
        401 => Some("the server does not take this key: check --key or THREADLINE_KEY"),
        403 => Some("use a key with that scope; `threadline key create --scopes` makes one"),
        404 => Some("check the id, and that the key belongs to the same project"),
        429 | 503 => Some("try again in a moment"),
        500.. => Some("the server's log says more"),
        _ => None,
    }
}
