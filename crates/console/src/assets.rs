//! The style, the scripts and the icon. The hash of the content is in the URL, so that browsers keep them for ever.

use std::sync::LazyLock;

use axum::response::{IntoResponse, Response};
use dialect_kit::{Answer, Fault, Params};
use http::{HeaderValue, header};
use sha2::{Digest, Sha256};

struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
    hash: String,
}

// One file each for a browser; the second part is of the administration.
const STYLE: &str = concat!(include_str!("../assets/app.css"), include_str!("../assets/office.css"));
const SCRIPT: &str = concat!(include_str!("../assets/console.js"), include_str!("../assets/office.js"));

static ASSETS: LazyLock<[Asset; 4]> = LazyLock::new(|| {
    [
        ("app.css", "text/css; charset=utf-8", STYLE.as_bytes()),
        ("console.js", "text/javascript; charset=utf-8", SCRIPT.as_bytes()),
        ("desk.js", "text/javascript; charset=utf-8", include_bytes!("../assets/desk.js").as_slice()),
        ("icon.svg", "image/svg+xml", include_bytes!("../assets/icon.svg").as_slice()),
    ]
    .map(|(name, media_type, bytes)| {
        let hash = hex::encode(&Sha256::digest(bytes)[..8]);
        Asset { name, media_type, bytes, hash }
    })
});

/// The path of an asset.
///
/// # Panics
/// For a name that is no asset's.
pub fn url(name: &str) -> String {
    let asset = ASSETS.iter().find(|asset| asset.name == name).expect("pages name assets that exist");
    format!("/console/assets/{}/{name}", asset.hash)
}

/// # Errors
/// `not_found` for another name or hash.
pub async fn show(params: Params) -> Answer<Response> {
    let (hash, name) = (params.text("hash").unwrap_or_default(), params.text("name").unwrap_or_default());
    let asset = ASSETS.iter().find(|asset| asset.name == name && asset.hash == hash).ok_or_else(Fault::no_route)?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok((headers, asset.bytes).into_response())
}
