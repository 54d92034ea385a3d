//! Checks a request's head before anything else.

use domain::Limits;
use http::{HeaderMap, Request, Version, header, uri::Authority};

use crate::Fault;

/// In a request's extensions: the reason why its bytes are not a proper HTTP message, although the parser accepted
/// them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Flaw(pub &'static str);

/// # Errors
/// 400 for a flaw in the framing, or a missing, duplicate or malformed `Host`; 431 for a header beyond the limits.
pub(crate) fn check<B>(request: &Request<B>, limits: &Limits) -> Result<(), Fault> {
    if let Some(Flaw(why)) = request.extensions().get() {
        return Err(Fault::malformed(*why));
    }
    let headers = request.headers();
    if headers.len() as u64 > limits.headers {
        return Err(Fault::header_too_large(format!("The header has more than {} fields", limits.headers)));
    }
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if (target + size(headers)) as u64 > limits.header_bytes {
        return Err(Fault::header_too_large(format!("The header is larger than {} bytes", limits.header_bytes)));
    }
    check_host(headers, request.version())
}

/// Bytes of the fields, including the colon, the space and the end of line of each.
fn size(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

/// RFC 9112, section 3.2: exactly one `Host` since HTTP/1.1, never two, and it names a host.
fn check_host(headers: &HeaderMap, version: Version) -> Result<(), Fault> {
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if version < Version::HTTP_11 => Ok(()),
        (None, _) => Err(Fault::malformed("The Host header is missing")),
        (Some(_), Some(_)) => Err(Fault::malformed("The Host header appears twice")),
        (Some(host), None) => {
            let named = host.to_str().ok().filter(|text| !text.contains('@') && text.parse::<Authority>().is_ok());
            named.map(|_| ()).ok_or_else(|| Fault::malformed("The Host header must name a host"))
        }
    }
}
