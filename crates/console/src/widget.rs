//! The chat widget: its files, and a page of its own for each agent. The widget speaks with the public API alone.
//!
//! - the loader and the modules: `files`
//! - the page at `/chat/{agent}`: `page`

mod files;
mod page;

use std::sync::Arc;

use axum::{
    Extension,
    response::{IntoResponse, Response},
};
use dialect_kit::{Claim, Credential, Fault, Head, Routes, Surface, access::OPEN, usual_status};
use domain::{Error, Result};
use http::{StatusCode, header};
use url::Url;
use utoipa::openapi::HttpMethod::Get;

use crate::own::host_of;

const LOADER: &str = "/widget.js";
const FILES: &str = "/widget";
const PAGES: &str = "/chat";

/// The widget as a surface. It has no credential: what a visitor may do is decided by the public API.
pub struct Widget {
    place: Arc<Place>,
}

/// The host of the chat pages.
struct Place {
    /// `chat.example.com`, or `chat.example.com:8443`. Absent: every host that a request names.
    host: Option<String>,
}

impl Widget {
    /// `widget_url` is the address of the chat pages. With it they answer to its host alone.
    pub fn new(widget_url: Option<&str>) -> Self {
        let host = widget_url.and_then(|url| Url::parse(url).ok()).and_then(|url| host_of(&url));
        Self { place: Arc::new(Place { host }) }
    }
}

impl Surface for Widget {
    fn name(&self) -> &'static str {
        "widget"
    }

    fn claims(&self, head: &Head<'_>) -> Option<Claim> {
        Claim::of(head.path, &[LOADER, FILES, PAGES])
    }

    fn credential(&self, _: &Head<'_>) -> Result<Credential> {
        Err(Error::unauthenticated())
    }

    fn is_file(&self, template: &str) -> bool {
        !template.starts_with(PAGES)
    }

    /// A line of text. A page that frames a chat shows it.
    fn render(&self, fault: &Fault) -> Response {
        let status: StatusCode = fault.status_or(usual_status(fault.error.kind));
        let text = format!("{}\n", fault.error.message);
        (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
    }

    fn routes(&self) -> Routes {
        Routes::new()
            .undocumented(Get, LOADER, OPEN, files::loader)
            .undocumented(Get, "/widget/{hash}/{name}", OPEN, files::show)
            .undocumented(Get, "/chat/{agent}", OPEN, page::show)
            .layer(Extension(Arc::clone(&self.place)))
    }
}
