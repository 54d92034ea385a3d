//! One surface with its routes and its rendering of errors.

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    response::{IntoResponse, Response},
};
use domain::Result;
use engine::App;
use http::{HeaderValue, Method, StatusCode, header};

use crate::{Answer, Fault, Surface, quota, table::Table, unknown};

pub(super) struct Door {
    pub surface: Arc<dyn Surface>,
    pub table: Table,
    pub router: Router,
}

impl Door {
    /// # Errors
    /// `internal` if the surface's routes conflict.
    pub fn build(surface: Arc<dyn Surface>, app: &App) -> Result<Self> {
        let (router, places) = surface.routes().into_parts();
        let table = Table::of(places)?;
        let upload_bytes = usize::try_from(app.limits().upload_bytes).unwrap_or(usize::MAX);
        let router = router.layer(DefaultBodyLimit::max(upload_bytes)).with_state(app.clone());
        Ok(Self { surface, table, router })
    }

    /// The rendered answer, and the error behind it if it is a refusal.
    pub fn rendered(&self, answer: Answer) -> (Response, Option<Fault>) {
        let mut response = answer.unwrap_or_else(IntoResponse::into_response);
        let Some(fault) = response.extensions_mut().remove::<Fault>().or_else(|| Fault::foreign(&response)) else {
            return (response, None);
        };
        let told = [unknown::HEADER, quota::HEADER]
            .map(|name| response.headers_mut().remove(&name).map(|value| (name, value)));
        let mut response = self.surface.render(&fault);
        let headers = response.headers_mut();
        headers.extend(told.into_iter().flatten());
        if let Some(seconds) = fault.error.retry_after_s {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        if fault.status == Some(StatusCode::METHOD_NOT_ALLOWED) {
            headers.insert(header::ALLOW, allow(&fault.allow));
        }
        if let Some(size) = fault.size {
            let range = format!("bytes */{size}");
            headers.insert(header::CONTENT_RANGE, HeaderValue::from_str(&range).expect("digits are visible ASCII"));
        }
        (response, Some(fault))
    }
}

fn allow(methods: &[Method]) -> HeaderValue {
    let list: Vec<&str> = methods.iter().map(Method::as_str).collect();
    HeaderValue::from_str(&list.join(", ")).expect("the names of methods are visible ASCII")
}
