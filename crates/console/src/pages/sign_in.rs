//! Signing in and out.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    extract::{Request, State},
};
use dialect_kit::{Answer, Authed, Fault, Peer, Query, query, read_body};
use domain::{Error, Kind};
use engine::App;
use http::{StatusCode, header};
use serde::Deserialize;

use crate::{
    BASE, answer, cookie,
    frame::{Frame, Place},
    own::{Host, Own},
    texts as t,
};

/// Longest form of a sign-in.
const FORM_BYTES: u64 = 4_096;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct LinkQuery {
    link: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Form {
    key: Option<String>,
    link: Option<String>,
    /// The path to go to afterwards.
    next: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/sign_in.html")]
struct SignIn {
    frame: Frame,
    link: Option<String>,
    problem: Option<&'static str>,
}

/// The page of the form. With a link it has a button, because programs that look into mail open links too.
pub async fn show(host: Host, Query(query): Query<LinkQuery>) -> Answer {
    match host.keeps_cookies() {
        true => page(StatusCode::OK, query.link, None),
        false => page(StatusCode::FORBIDDEN, None, Some(t::NO_COOKIES)),
    }
}

pub fn page(status: StatusCode, link: Option<String>, problem: Option<&'static str>) -> Answer {
    answer::with_status(status, &SignIn { frame: Frame::outside(Place::Outside, t::SIGN_IN), link, problem })
}

/// Takes the form: a key, or a link, which it spends.
pub async fn enter(
    State(app): State<App>,
    host: Host,
    Extension(own): Extension<Arc<Own>>,
    request: Request,
) -> Answer {
    if !host.keeps_cookies() {
        return page(StatusCode::FORBIDDEN, None, Some(t::NO_COOKIES));
    }
    let peer = Peer::of(request.extensions()).holder();
    let (head, body) = request.into_parts();
    let body = read_body(body, &head, FORM_BYTES).await?;
    let text = std::str::from_utf8(&body).map_err(|_| Fault::malformed("The form is not UTF-8"))?;
    let form: Form = query::parse(text)?;
    let now = app.clock().now();
    own.failures.take(peer, now, app.limits().sign_in_failures)?;
    let (told, problem) = match (&form.key, &form.link) {
        (Some(key), None) => (app.sign_in_with_key(key.trim()).await, t::BAD_KEY),
        (None, Some(link)) => (app.sign_in_by_link(link).await, t::BAD_LINK),
        _ => (Err(Error::unauthenticated()), t::BAD_KEY),
    };
    match told {
        Ok(told) => {
            own.failures.give_back(peer);
            let mut response = answer::see_other(next(form.next.as_deref()))?;
            response.headers_mut().insert(header::SET_COOKIE, cookie::keep(&host, &told.secret, told.expires_at, now));
            Ok(response)
        }
        Err(error) if error.kind == Kind::Unauthenticated => page(StatusCode::UNAUTHORIZED, None, Some(problem)),
        Err(error) if error.kind == Kind::Forbidden => page(StatusCode::FORBIDDEN, None, Some(t::KEY_HINT)),
        Err(error) => {
            own.failures.give_back(peer);
            Err(error.into())
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct LeaveQuery {
    everywhere: bool,
}

/// Ends this browser's sign-in, or all of the same key or member.
pub async fn leave(
    State(app): State<App>,
    Authed(caller): Authed,
    host: Host,
    Query(query): Query<LeaveQuery>,
) -> Answer {
    app.sign_out(&caller, query.everywhere).await?;
    let mut response = answer::see_other("/console/sign-in")?;
    response.headers_mut().insert(header::SET_COOKIE, cookie::drop(&host));
    Ok(response)
}

/// A page of the console, never another site.
fn next(wanted: Option<&str>) -> &str {
    let is_ours = |path: &&str| {
        let is_plain = path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        dialect_kit::is_below(path, &[BASE]) && is_plain && !path.contains("//")
    };
    wanted.filter(is_ours).unwrap_or(BASE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_leads_to_the_console_alone() {
        for path in ["/console", "/console/threads/x?before=1"] {
            assert_eq!(next(Some(path)), path);
        }
        for path in
            ["//evil.example", "/consolex", "https://evil.example", "/console//evil.example", "/console/\\evil", "/"]
        {
            assert_eq!(next(Some(path)), BASE, "{path}");
        }
        assert_eq!(next(None), BASE);
    }
}
