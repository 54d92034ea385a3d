//! The chat with an agent as a page, to be opened or framed.

use std::sync::Arc;

use askama::Template;
use axum::{
    Extension,
    extract::State,
    response::{Html, IntoResponse},
};
use dialect_kit::{Answer, Fault, Params};
use domain::{Error, GuestId, codes};
use engine::App;
use http::{HeaderMap, HeaderValue, header};

use super::{Place, files};
use crate::{own::misdirected, texts as t};

#[derive(Template)]
#[template(path = "widget/chat.html")]
struct Chat {
    agent: String,
    title: String,
    css: String,
    icon: String,
    loader: &'static str,
}

/// # Errors
/// `not_found` for an agent that is unknown, archived or lets nobody in, without a difference. 421 for another host.
pub async fn show(
    State(app): State<App>,
    Extension(place): Extension<Arc<Place>>,
    params: Params,
    headers: HeaderMap,
) -> Answer {
    let host = place.admit(&headers)?;
    let unknown = || Error::not_found(codes::AGENT_NOT_FOUND, "Agent");
    let agent = params.parse("agent", GuestId::parse, unknown)?;
    let origins = app.guest_origins(agent).await?;
    let [css, icon] = ["page.css", "icon.svg"].map(files::url);
    let page = Chat { agent: agent.to_string(), title: t::CHAT.into(), css, icon, loader: super::LOADER };
    let text = page.render().map_err(|why| Fault::from(Error::internal(why)))?;
    let policy = HeaderValue::from_str(&policy(&host, &origins)).map_err(|why| Fault::from(Error::internal(why)))?;
    let mut response = Html(text).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    Ok(response)
}

/// The page reaches the public API and nothing else of this server. Pages of the agent's origins frame it.
fn policy(host: &str, origins: &[String]) -> String {
    let frames = if origins.is_empty() { "'none'".into() } else { origins.join(" ") };
    format!(
        "default-src 'none'; script-src {host}/widget.js {host}/widget/; style-src {host}/widget/; img-src 'self'; \
         connect-src {host}/api/v1/chat/; form-action 'none'; base-uri 'none'; frame-ancestors {frames}; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

impl Place {
    /// The host that the request names, as a source of the policy.
    ///
    /// # Errors
    /// 421 for another host than that of `widget_url`, or a name that a policy cannot hold.
    fn admit(&self, headers: &HeaderMap) -> Result<String, Fault> {
        let named = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let named = named.to_ascii_lowercase();
        let is_plain = !named.is_empty() && named.bytes().all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b));
        match is_plain && self.host.as_ref().is_none_or(|own| *own == named) {
            true => Ok(named),
            false => Err(misdirected(t::OTHER_CHAT_HOST)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(place: &Place, host: &str) -> Option<String> {
        let headers = [(header::HOST, HeaderValue::from_str(host).unwrap())].into_iter().collect();
        place.admit(&headers).ok()
    }

    #[test]
    fn with_an_address_of_its_own_the_page_answers_there_alone() {
        let place = Place { host: Some("talk.example.com".into()) };
        assert_eq!(admit(&place, "TALK.example.com").as_deref(), Some("talk.example.com"));
        for host in ["chat.example.com", "talk.example.com:8443", "127.0.0.1:7420", "talk.example.com.evil.example"] {
            assert_eq!(admit(&place, host), None, "{host}");
        }
    }

    #[test]
    fn a_host_cannot_add_to_the_policy() {
        let place = Place { host: None };
        assert_eq!(admit(&place, "[::1]:7420").as_deref(), Some("[::1]:7420"));
        for host in ["", "a;script-src", "a b", "a,b", "a'b"] {
            assert_eq!(admit(&place, host), None, "{host:?}");
        }
    }
}
