//! Callers of the public paths: holders of a token, from an allowed page.

use axum::{extract::FromRequestParts, http::request::Parts};
use dialect_kit::{Authed, Fault, Origin, Params};
use domain::{Caller, ThreadId};
use engine::App;

use super::thread_id;

/// The caller, and the thread of the path, which the caller may see. An extractor that runs before that of the body, so
/// that the page may read errors of the body.
pub struct Visitor {
    pub caller: Caller,
    pub thread: ThreadId,
}

impl FromRequestParts<App> for Visitor {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let Authed(caller) = Authed::from_request_parts(parts, app).await?;
        let params = Params::from_request_parts(parts, app).await?;
        let thread = thread_id(&params)?;
        let Ok(origin) = Origin::from_request_parts(parts, app).await;
        if let Some(page) = origin.text() {
            app.admit_page(&caller, thread, page).await?;
            origin.allow();
        }
        Ok(Self { caller, thread })
    }
}
