//! Web origins in the form in which browsers send them.

use domain::{Error, Limits, Result};
use url::Url;

use super::at_most;

/// # Errors
/// `invalid` for an origin that is malformed or in another form than browsers send, and for too many.
pub(crate) fn origins(path: &str, origins: &[String], limits: &Limits) -> Result<()> {
    at_most(path, "origins", origins.len(), limits.origins)?;
    let wrong = origins.iter().position(|origin| !is_origin(origin));
    wrong.map_or(Ok(()), |i| {
        Err(Error::field(format!("{path}.{i}"), "must be an origin as browsers send it: `https://shop.example.com`"))
    })
}

fn is_origin(text: &str) -> bool {
    // A star would be an ordinary host name, which no page has.
    let web = |url: &Url| matches!(url.scheme(), "http" | "https") && !text.contains('*');
    Url::parse(text).ok().filter(web).is_some_and(|url| url.origin().ascii_serialization() == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_a_host_and_maybe_a_port() {
        for good in
            ["https://shop.example.com", "http://localhost:5173", "https://xn--bcher-kva.example", "http://[::1]:80"]
        {
            assert_eq!(is_origin(good), good != "http://[::1]:80", "{good}");
        }
        for bad in [
            "",
            "null",
            "*",
            "https://*.example.com",
            "shop.example.com",
            "https://shop.example.com/",
            "https://shop.example.com:443",
            "https://Shop.example.com",
            "https://bücher.example",
            "ftp://example.com",
            "https://a@example.com",
            "file:///",
            "chrome-extension://abc",
            "https://a.example https://b.example",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
