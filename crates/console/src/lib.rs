//! The console: pages on which people sign in, find threads and read them.
//!
//! - the surface and its routes: this file; whose request it is: `own`, `cookie`; what a form says: `form`
//! - the pages, each load, view and render: `pages`; what stands around a page: `frame`; the answer: `answer`
//! - texts of messages as HTML: `markdown`; all English: `texts`; style, script and icon: `assets`
//! - a thread that goes on: `live`; its closed blocks: `blocks`
//! - a surface of its own beside the console: the chat widget of shops, `widget`
//!
//! It calls operations of the engine and knows no dialect.

mod answer;
mod assets;
mod blocks;
mod cookie;
mod form;
mod frame;
mod html;
mod live;
mod markdown;
mod own;
mod pages;
mod texts;
mod times;
mod widget;

use std::sync::Arc;

use axum::{
    Extension,
    extract::Request,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use dialect_kit::{
    Claim, Credential, Fault, Head, Routes, Surface,
    access::{ANY_KEY, OPEN, READ, WRITE},
};
use domain::{Error, Result};
use http::{Method, header};
use utoipa::openapi::HttpMethod::{Get, Post};

pub use crate::widget::Widget;
use crate::{blocks::Blocks, own::Own};

/// The first part of every path of the console.
const BASE: &str = "/console";

/// The console as a surface. Its credential is a cookie, its errors are pages.
pub struct Console {
    own: Arc<Own>,
    blocks: Arc<Blocks>,
    settings: Arc<[Setting]>,
}

/// A setting of the server as it stands, for who administers the installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    pub name: String,
    /// Absent: it is not set. A secret is shown only as set.
    pub value: Option<String>,
    /// Where the value comes from.
    pub origin: String,
}

impl Console {
    /// `public_url` is the address by which browsers reach the server, without a slash at its end. Without one, the
    /// console answers this machine alone.
    pub fn new(public_url: Option<&str>) -> Self {
        Self { own: Arc::new(Own::new(public_url)), blocks: Arc::default(), settings: Arc::default() }
    }

    /// With the settings of the server, for the page of the system.
    #[must_use]
    pub fn with_settings(mut self, settings: Vec<Setting>) -> Self {
        self.settings = settings.into();
        self
    }
}

impl Surface for Console {
    fn name(&self) -> &'static str {
        "console"
    }

    fn claims(&self, head: &Head<'_>) -> Option<Claim> {
        let is_root = head.path == "/" && head.method == Method::GET && takes_pages(head);
        if is_root { Some(Claim::whole("/")) } else { Claim::of(head.path, &[BASE]) }
    }

    fn credential(&self, head: &Head<'_>) -> Result<Credential> {
        // Before the look-up, so that another site's request does not even prolong the sign-in.
        let host = self.own.admit(head.method, head.path, head.headers).map_err(|fault| *fault.error)?;
        let secret = cookie::read(head.headers, &host.cookie()).ok_or_else(Error::unauthenticated)?;
        Credential::of_sign_in(secret)
    }

    fn is_file(&self, template: &str) -> bool {
        template.starts_with("/console/assets/")
    }

    fn render(&self, fault: &Fault) -> Response {
        pages::refusal(fault)
    }

    fn routes(&self) -> Routes {
        let (own, settings) = (Arc::clone(&self.own), Arc::clone(&self.settings));
        let guard = move |mut request: Request, next: Next| {
            let own = Arc::clone(&own);
            request.extensions_mut().insert(Arc::clone(&settings));
            async move { admitted(&own, request, next).await }
        };
        pages::office::add(Routes::new())
            .undocumented(Get, "/", OPEN, pages::root)
            .undocumented(Get, "/console", READ, pages::inbox::show)
            .undocumented(Get, "/console/sign-in", OPEN, pages::sign_in::show)
            .undocumented(Post, "/console/sign-in", OPEN, pages::sign_in::enter)
            .undocumented(Post, "/console/sign-out", ANY_KEY, pages::sign_in::leave)
            .undocumented(Get, "/console/threads", READ, pages::threads::show)
            .undocumented(Get, "/console/search", READ, pages::search::show)
            .undocumented(Get, "/console/threads/{thread}", READ, pages::thread::show)
            .undocumented(Get, "/console/threads/{thread}/turns", READ, pages::turns::show)
            .undocumented(Get, "/console/threads/{thread}/log", READ, pages::log::show)
            .undocumented(Post, "/console/threads/{thread}/say", WRITE, pages::say::say)
            .undocumented(Post, "/console/threads/{thread}/files", WRITE, pages::say::attach)
            .undocumented(Post, "/console/threads/{thread}/presence", READ, pages::presence::tell)
            .undocumented(Post, "/console/threads/{thread}/take", WRITE, pages::actions::take)
            .undocumented(Post, "/console/threads/{thread}/hand-back", WRITE, pages::actions::hand_back)
            .undocumented(Post, "/console/threads/{thread}/withdraw", WRITE, pages::actions::withdraw)
            .undocumented(Post, "/console/threads/{thread}/assign", WRITE, pages::actions::assign)
            .undocumented(Post, "/console/threads/{thread}/fork", WRITE, pages::actions::fork)
            .undocumented(Post, "/console/threads/{thread}/export", READ, pages::export::whole)
            .undocumented(Post, "/console/threads/{thread}/cancel", WRITE, pages::actions::cancel)
            .undocumented(Post, "/console/threads/{thread}/close", WRITE, pages::actions::close)
            .undocumented(Post, "/console/threads/{thread}/reopen", WRITE, pages::actions::reopen)
            .undocumented(Post, "/console/threads/{thread}/turns/{turn}/retry", WRITE, pages::actions::retry)
            .undocumented(Get, "/console/saved-texts", READ, pages::saved_texts::show)
            .undocumented(Get, "/console/live", READ, live::follow)
            .undocumented(Get, "/console/files/{attachment}", READ, pages::file::show)
            .undocumented(Get, "/console/assets/{hash}/{name}", OPEN, assets::show)
            .layer(Extension(Arc::clone(&self.blocks)))
            .layer(from_fn(guard))
    }
}

/// Answers only a request of this server's own pages, and leaves its host for the handler.
async fn admitted(own: &Arc<Own>, mut request: Request, next: Next) -> Response {
    match own.admit(request.method(), request.uri().path(), request.headers()) {
        Ok(host) => {
            request.extensions_mut().insert(host);
            request.extensions_mut().insert(Arc::clone(own));
            next.run(request).await
        }
        Err(fault) => fault.into_response(),
    }
}

/// Tells whether the client asks for pages, as browsers do.
fn takes_pages(head: &Head<'_>) -> bool {
    let accepted = head.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accepted
        .flat_map(|value| value.split(','))
        .any(|range| range.split(';').next().is_some_and(|range| range.trim().eq_ignore_ascii_case("text/html")))
}
