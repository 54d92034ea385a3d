//! The files of the widget. Pages of all origins may load them. The loader has a fixed address, is kept for some minutes,
//! and knows the hash of the other files, which browsers keep for ever.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use dialect_kit::{Answer, Fault, Params};
use http::{HeaderName, HeaderValue, header};
use sha2::{Digest, Sha256};

/// Short, so that a new version of the server is met soon.
const SOON: HeaderValue = HeaderValue::from_static("public, max-age=300");
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

macro_rules! files {
    ($($name:literal: $media_type:literal),+ $(,)?) => {
        [$(($name, $media_type, include_str!(concat!("../../widget/", $name)))),+]
    };
}

/// Name, media type and content.
static FILES: [(&str, &str, &str); 12] = files![
    "calls.js": "text/javascript; charset=utf-8",
    "chat.js": "text/javascript; charset=utf-8",
    "contact.js": "text/javascript; charset=utf-8",
    "files.js": "text/javascript; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "log.js": "text/javascript; charset=utf-8",
    "markdown.js": "text/javascript; charset=utf-8",
    "panel.js": "text/javascript; charset=utf-8",
    "style.js": "text/javascript; charset=utf-8",
    "texts.js": "text/javascript; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "icon.svg": "image/svg+xml",
];

/// One hash for all files, because modules name each other by relative addresses.
static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut hash = Sha256::new();
    for (name, _, text) in &FILES {
        hash.update(name);
        hash.update(text);
    }
    hex::encode(&hash.finalize()[..8])
});

static LOADER: LazyLock<String> = LazyLock::new(|| include_str!("../../widget/widget.js").replace("{files}", &HASH));

/// The path of a file.
pub fn url(name: &str) -> String {
    format!("/widget/{}/{name}", *HASH)
}

pub async fn loader() -> Response {
    file("text/javascript; charset=utf-8", &LOADER, SOON)
}

/// # Errors
/// `not_found` for another name or hash.
pub async fn show(params: Params) -> Answer<Response> {
    let (hash, name) = (params.text("hash").unwrap_or_default(), params.text("name").unwrap_or_default());
    let found = FILES.iter().find(|(own, ..)| *own == name && *HASH == hash).ok_or_else(Fault::no_route)?;
    Ok(file(found.1, found.2, FOREVER))
}

fn file(media_type: &'static str, text: &'static str, keep: HeaderValue) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CACHE_CONTROL, keep),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
        (RESOURCE_POLICY, HeaderValue::from_static("cross-origin")),
    ];
    (headers, text).into_response()
}
