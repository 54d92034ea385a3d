//! Which requests come from this server's own pages: by the host that they name, and by the page that made them.
//!
//! A cookie is no proof of that. Browsers send it to every port of a host and from sibling domains, `SameSite` or not.

use std::net::IpAddr;

use axum::extract::FromRequestParts;
use dialect_kit::Fault;
use domain::{Error, codes};
use engine::{App, Tries};
use http::{HeaderMap, Method, StatusCode, header, request::Parts};
use url::Url;

use crate::texts;

/// What the console knows of itself.
pub struct Own {
    public: Option<Public>,
    /// Failed sign-ins by address.
    pub failures: Tries,
}

struct Public {
    /// `example.com` or `example.com:8443`.
    host: String,
    is_https: bool,
}

/// The host that a request names, which is this server's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// As in the header, in lower case.
    name: String,
    kind: HostKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum HostKind {
    /// This machine, over plain HTTP.
    Loopback,
    /// The public address, over HTTPS.
    Public,
    /// A public address over plain HTTP. Cookies would be readable on the way.
    Plain,
}

/// The stream, which other sites must not open either.
const STREAM: &str = "/console/live";

impl Own {
    pub fn new(public_url: Option<&str>) -> Self {
        let public = public_url.and_then(|url| Url::parse(url).ok()).and_then(|url| {
            let is_https = url.scheme() == "https";
            host_of(&url).map(|host| Public { host, is_https })
        });
        Self { public, failures: Tries::default() }
    }

    /// The host of a request that may be answered.
    ///
    /// # Errors
    /// 421 for the name of another host; 403 for an unsafe method or a stream that another site asked for.
    pub fn admit(&self, method: &Method, path: &str, headers: &HeaderMap) -> Result<Host, Fault> {
        let host = self.host(headers).ok_or_else(|| misdirected(texts::WRONG_HOST))?;
        let is_open = method.is_safe() && path != STREAM;
        match is_open || host.sent_by_own_page(headers) {
            true => Ok(host),
            false => Err(Error::forbidden(texts::OTHER_SITE).into()),
        }
    }

    fn host(&self, headers: &HeaderMap) -> Option<Host> {
        let mut values = headers.get_all(header::HOST).iter();
        let (Some(value), None) = (values.next(), values.next()) else { return None };
        let name = value.to_str().ok()?.to_ascii_lowercase();
        if let Some(public) = &self.public
            && public.host == name
        {
            let kind = if public.is_https { HostKind::Public } else { HostKind::Plain };
            let kind = if is_loopback(&name) && !public.is_https { HostKind::Loopback } else { kind };
            return Some(Host { name, kind });
        }
        is_loopback(&name).then_some(Host { name, kind: HostKind::Loopback })
    }
}

impl Host {
    /// Tells whether browsers may keep a cookie of this host.
    pub fn keeps_cookies(&self) -> bool {
        self.kind != HostKind::Plain
    }

    /// The address of this server as the browser wrote it, without a slash at its end.
    pub fn base(&self) -> String {
        let scheme = if self.is_public() { "https" } else { "http" };
        format!("{scheme}://{}", self.name)
    }

    /// The address under which people reach this server: the public one, or as the browser wrote it.
    pub fn address(&self, app: &App) -> String {
        app.public_url().map_or_else(|| self.base(), str::to_owned)
    }

    pub fn is_public(&self) -> bool {
        self.kind == HostKind::Public
    }

    /// The name of the cookie. Browsers hold `__Host-` cookies to one host and HTTPS. On this machine the name has the
    /// port, because all ports share their cookies.
    pub fn cookie(&self) -> String {
        match self.kind {
            HostKind::Public => "__Host-tl".into(),
            HostKind::Loopback | HostKind::Plain => format!("tl-{}", port(&self.name).unwrap_or("80")),
        }
    }

    /// By `Sec-Fetch-Site`, which pages cannot set, or by `Origin` for browsers without it.
    fn sent_by_own_page(&self, headers: &HeaderMap) -> bool {
        if let Some(site) = headers.get("sec-fetch-site") {
            return site.as_bytes() == b"same-origin";
        }
        headers.get(header::ORIGIN).is_some_and(|origin| *origin == *self.base())
    }
}

/// `example.com`, or `example.com:8443`.
pub fn host_of(url: &Url) -> Option<String> {
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}{port}", url.host_str()?))
}

/// The refusal of a request that names another host.
pub fn misdirected(text: &'static str) -> Fault {
    let status = Some(StatusCode::MISDIRECTED_REQUEST);
    Fault { status, ..Fault::from(Error::invalid(codes::WRONG_HOST, text)) }
}

fn port(host: &str) -> Option<&str> {
    host.rsplit_once(':').map(|(_, port)| port).filter(|port| port.bytes().all(|b| b.is_ascii_digit()))
}

fn is_loopback(host: &str) -> bool {
    let name = port(host).map_or(host, |port| &host[..host.len() - port.len() - 1]);
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    name == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl<S: Sync> FromRequestParts<S> for Host {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Fault> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| Error::internal("a route without the guard").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admit(own: &Own, method: &Method, headers: &[(&'static str, &str)]) -> Result<String, u16> {
        let pairs = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        let headers: HeaderMap = pairs.collect();
        let admitted = own.admit(method, "/console", &headers);
        admitted.map(|host| host.cookie()).map_err(|fault| fault.status.map_or(403, |status| status.as_u16()))
    }

    #[test]
    fn only_the_public_host_and_this_machine_are_answered() {
        let own = Own::new(Some("https://chat.example.com"));
        for (host, cookie) in [
            ("chat.example.com", Ok("__Host-tl")),
            ("CHAT.example.com", Ok("__Host-tl")),
            ("127.0.0.1:7420", Ok("tl-7420")),
            ("localhost", Ok("tl-80")),
            ("[::1]:7420", Ok("tl-7420")),
            ("chat.example.com:7420", Err(421)),
            ("localhost.example.com", Err(421)),
            ("127.0.0.1.example.com", Err(421)),
            ("192.0.2.1:7420", Err(421)),
            ("", Err(421)),
        ] {
            assert_eq!(admit(&own, &Method::GET, &[("host", host)]), cookie.map(str::to_owned), "{host}");
        }
        assert_eq!(admit(&own, &Method::GET, &[]), Err(421));
    }

    #[test]
    fn an_unsafe_method_needs_a_page_of_the_same_origin() {
        let own = Own::new(Some("https://chat.example.com"));
        for (headers, is_admitted) in [
            (&[("sec-fetch-site", "same-origin")][..], true),
            (&[("sec-fetch-site", "same-site")], false),
            (&[("sec-fetch-site", "cross-site")], false),
            (&[("sec-fetch-site", "none")], false),
            (&[("sec-fetch-site", "same-site"), ("origin", "https://chat.example.com")], false),
            (&[("origin", "https://chat.example.com")], true),
            (&[("origin", "http://chat.example.com")], false),
            (&[("origin", "https://chat.example.com:8443")], false),
            (&[("origin", "null")], false),
            (&[], false),
        ] {
            let headers = [&[("host", "chat.example.com")], headers].concat();
            assert_eq!(admit(&own, &Method::POST, &headers).is_ok(), is_admitted, "{headers:?}");
            assert!(admit(&own, &Method::GET, &headers).is_ok(), "{headers:?}");
            let live: HeaderMap = headers.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect();
            let live = own.admit(&Method::GET, STREAM, &live);
            assert_eq!(live.is_ok(), is_admitted, "{headers:?}");
        }
    }

    #[test]
    fn a_public_address_without_tls_keeps_no_cookie() {
        let own = Own::new(Some("http://chat.example.com:7420"));
        let headers: HeaderMap =
            [("host".parse().unwrap(), "chat.example.com:7420".parse().unwrap())].into_iter().collect();
        let host = own.admit(&Method::GET, "/console", &headers).unwrap();
        assert!(!host.keeps_cookies());
    }
}
