//! The style, the scripts and the icon. The hash of the content is in the URL, so that browsers keep them for ever.

use std::{io::Write, sync::LazyLock};

use axum::response::{IntoResponse, Response};
use dialect_kit::{Answer, Fault, Params};
use flate2::{Compression, write::GzEncoder};
use http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};

struct Asset {
    name: &'static str,
    media_type: &'static str,
    bytes: &'static [u8],
    /// The bytes compressed. Assets have no secret and repeat no input, so their length tells nothing (BREACH).
    gzip: Vec<u8>,
    hash: String,
}

// One file each for a browser; the second part is of the administration, the third of the inbox.
const STYLE: &str = concat!(include_str!("../assets/app.css"), include_str!("../assets/office.css"));
const SCRIPT: &str = concat!(
    include_str!("../assets/console.js"),
    include_str!("../assets/office.js"),
    include_str!("../assets/notify.js")
);

static ASSETS: LazyLock<[Asset; 4]> = LazyLock::new(|| {
    [
        ("app.css", "text/css; charset=utf-8", STYLE.as_bytes()),
        ("console.js", "text/javascript; charset=utf-8", SCRIPT.as_bytes()),
        ("desk.js", "text/javascript; charset=utf-8", include_bytes!("../assets/desk.js").as_slice()),
        ("icon.svg", "image/svg+xml", include_bytes!("../assets/icon.svg").as_slice()),
    ]
    .map(|(name, media_type, bytes)| {
        let hash = hex::encode(&Sha256::digest(bytes)[..8]);
        Asset { name, media_type, bytes, gzip: compressed(bytes), hash }
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
pub async fn show(params: Params, headers: HeaderMap) -> Answer<Response> {
    let (hash, name) = (params.text("hash").unwrap_or_default(), params.text("name").unwrap_or_default());
    let asset = ASSETS.iter().find(|asset| asset.name == name && asset.hash == hash).ok_or_else(Fault::no_route)?;
    let is_small = takes_gzip(&headers);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.media_type)),
        (header::VARY, HeaderValue::from_static("accept-encoding")),
        (header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable")),
    ];
    Ok(match is_small {
        true => (headers, [(header::CONTENT_ENCODING, "gzip")], asset.gzip.as_slice()).into_response(),
        false => (headers, asset.bytes).into_response(),
    })
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

/// Tells whether the client asks for gzip, and does not exclude it by `q=0`.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    accepted.flat_map(|value| value.split(',')).any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(Some(1.0), |weight| weight.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case("gzip") && weight.is_some_and(|weight| weight > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_ask_for_it() {
        for (accepted, takes) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
            ("br", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, HeaderValue::from_static(accepted))]);
            assert_eq!(takes_gzip(&headers), takes, "{accepted}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }
}
