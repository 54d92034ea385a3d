//! The cookie of a sign-in.

use domain::Timestamp;
use http::{HeaderMap, HeaderValue, header};

use crate::{BASE, own::Host};

/// The value of the cookie of this name. `None` without it, or with two, because it is unclear which one is meant.
pub fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(own, _)| *own == name).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (Some(value), None) => Some(value.to_owned()),
        _ => None,
    }
}

/// Lets the browser keep the secret until then.
pub fn keep(host: &Host, secret: &str, expires_at: Timestamp, now: Timestamp) -> HeaderValue {
    written(host, secret, expires_at.since_us(now) / 1_000_000)
}

/// Lets the browser drop the secret.
pub fn drop(host: &Host) -> HeaderValue {
    written(host, "", 0)
}

fn written(host: &Host, secret: &str, age_s: i64) -> HeaderValue {
    let bounds = match host.is_public() {
        true => "; Path=/; Secure".to_owned(),
        false => format!("; Path={BASE}"),
    };
    let line = format!("{}={secret}{bounds}; HttpOnly; SameSite=Lax; Max-Age={age_s}", host.cookie());
    HeaderValue::from_str(&line).expect("a secret is of visible ASCII characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_by_its_whole_name_and_once() {
        let read = |line: &str| {
            let headers: HeaderMap = [(header::COOKIE, line.parse().unwrap())].into_iter().collect();
            super::read(&headers, "tl-7420")
        };
        assert_eq!(read("a=b; tl-7420=x"), Some("x".into()));
        assert_eq!(read("tl-7420=x;tl-74201=y"), Some("x".into()));
        assert_eq!(read("tl-7420=x; tl-7420=y"), None);
        assert_eq!(read("tl-74=x"), None);
    }
}
