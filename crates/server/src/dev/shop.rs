//! The page of a shop with the chat widget, on a port of its own: another origin than the server, with a strict policy.

use std::net::{Ipv4Addr, SocketAddr};

use axum::{
    Router,
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use domain::{Caller, GuestId, agent::Guests};
use engine::{
    App,
    app::agents::{Draft, Named},
};
use tokio::net::TcpListener;

use crate::{
    failure::{Failure, Result},
    serve::failed,
};

/// The agent of the shop. It is made at the first start, and keeps what is changed in it.
const AGENT: &str = "shop";
const STYLE: &str = include_str!("shop/shop.css");
const PAGE: &str = include_str!("shop/shop.html");

/// The port after the server's, or any free one. Browsers on this machine alone reach it.
pub async fn bind(server: SocketAddr) -> Result<(TcpListener, String)> {
    let next = (Ipv4Addr::LOCALHOST, server.port().checked_add(1).unwrap_or(0));
    let listener = match TcpListener::bind(next).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(no_port)?,
    };
    let origin = format!("http://{}", listener.local_addr().map_err(no_port)?);
    Ok((listener, origin))
}

fn no_port(why: std::io::Error) -> Failure {
    Failure::failed(format!("the demo shop gets no port: {why}"))
}

/// Lets guests of the page in, and returns the id by which they know the agent.
pub async fn agent(app: &App, caller: &Caller, origin: &str) -> Result<GuestId> {
    let own = origin.to_owned();
    let change = move |draft: &mut Draft| {
        draft.archived = false;
        let settings = &mut draft.settings;
        settings.display_name.get_or_insert_with(|| "Shop assistant".into());
        let guests = settings.guests.get_or_insert_with(|| Guests {
            title: Some("Paper & Pine".into()),
            greeting: Some("Hello! Any questions about our notebooks?".into()),
            greeting_after_s: Some(4),
            ..Guests::default()
        });
        if !guests.origins.contains(&own) {
            guests.origins.push(own);
        }
    };
    let (agent, _) = app.put_agent(caller, Named::Name(AGENT.into()), AGENT.into(), change).await.map_err(failed)?;
    agent.guest_id.ok_or_else(|| Failure::failed("the agent of the demo shop has no id for guests"))
}

/// Serves the page for as long as the process runs. `server` is the server's address as a URL.
pub async fn serve(listener: TcpListener, server: String, agent: GuestId) {
    let page = PAGE.replace("{server}", &server).replace("{agent}", &agent.to_string());
    let routes = Router::new()
        .route("/", get(async move || answer(Html(page), &server)))
        .route("/shop.css", get(async || ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)))
        .route("/favicon.ico", get(async || axum::http::StatusCode::NO_CONTENT));
    if let Err(why) = axum::serve(listener, routes).await {
        tracing::warn!(%why, "the demo shop ended");
    }
}

/// The policy that a strict shop needs for the widget.
fn answer(page: Html<String>, server: &str) -> Response {
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src {server}; connect-src {server}; img-src 'self' {server}; \
         base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    );
    let mut response = page.into_response();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}
