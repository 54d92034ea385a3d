//! Translates the server's errors for the person at the terminal.

use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::{
    columns::plain,
    failure::{Exit, Failure},
};

/// Reads a problem document (RFC 9457). For another body, the status is used. `key_from` is the source of the sent key.
pub async fn read(response: Response, key_from: &str) -> Failure {
    let status = response.status();
    let problem: Value = response.json().await.unwrap_or_default();
    let detail = problem["detail"].as_str().or(problem["title"].as_str());
    let what = detail.map_or_else(|| format!("the server answered {status}"), plain);
    let failure = Failure::new(exit(status), what);
    match hint(status, key_from) {
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

fn hint(status: StatusCode, key_from: &str) -> Option<String> {
    Some(match status.as_u16() {
        401 => format!("the key came from {key_from}: check it, or send another with --key or THREADLINE_KEY"),
        403 => {
            format!("the key came from {key_from}: use one with that scope, `threadline key create --scopes` makes it")
        }
        404 => "check the id, and that the key belongs to the same project".into(),
        429 | 503 => "try again in a moment".into(),
        500.. => "the server's log says more".into(),
        _ => return None,
    })
}
