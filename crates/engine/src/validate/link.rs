//! URLs that a client sends along. Webhooks are posted to; links in messages nobody here fetches, but a model's provider or a
//! tool may: one that leads back into the installation's own network is refused where that stands in the URL.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use domain::{Error, Result};
use url::{Host, Url};

use crate::outbox::Targets;

const PORTS: [u16; 4] = [80, 443, 8080, 8443];
/// Names that mean this machine or its own network wherever they are looked up.
const INNER_NAMES: [&str; 7] =
    ["localhost", "localhost.localdomain", "localhost6", "ip6-localhost", "ip6-loopback", "local", "internal"];

/// Where a webhook or a link in a message may lead: a public web address (http or https, without credentials, at one of the
/// usual ports), or, where the installation allows any target, every http and https URL without credentials.
///
/// Addresses are judged as the URL standard reads them: decimal, octal, hexadecimal, short, full-width and mapped spellings
/// are what they stand for. Where a name leads, only whoever fetches it can tell.
pub(crate) fn target(path: &str, text: &str, targets: Targets) -> Result<()> {
    let checked = match targets {
        Targets::Public => check(text),
        Targets::Any => web_address(text).map(drop),
    };
    checked.map_err(|wrong| Error::field(path, wrong))
}

/// Whether everybody can reach the address.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !is_inner_v4(address),
        IpAddr::V6(address) => !is_inner_v6(address),
    }
}

fn check(text: &str) -> Result<(), &'static str> {
    let url = web_address(text)?;
    if !url.port_or_known_default().is_some_and(|port| PORTS.contains(&port)) {
        return Err("must use port 80, 443, 8080 or 8443");
    }
    let inner = match url.host().ok_or("must name a host")? {
        Host::Ipv4(address) => is_inner_v4(address),
        Host::Ipv6(address) => is_inner_v6(address),
        Host::Domain(name) => is_inner_name(name),
    };
    if inner { Err("must not lead to a private or local address") } else { Ok(()) }
}

/// An http or https URL without credentials, that reads the same for everybody.
fn web_address(text: &str) -> Result<Url, &'static str> {
    // The standard drops some of these and reads others as something else, and so hides what another reader sees.
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err("must be a URL without spaces, control characters and backslashes");
    }
    // Nor does it need the slashes, or mind more of them.
    let (_, rest) = text.split_once("://").filter(|(_, rest)| !rest.starts_with('/')).ok_or(NOT_A_URL)?;
    let url = Url::parse(text).map_err(|_| NOT_A_URL)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must be an http or https URL");
    }
    if rest.split(['/', '?', '#']).next().is_some_and(|authority| authority.contains('@')) {
        return Err("must not contain a user name or password");
    }
    url.host().ok_or("must name a host")?;
    Ok(url)
}

const NOT_A_URL: &str = "must be an absolute URL";

fn is_inner_name(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    // Beyond the trailing dots that the standard allows an address to have, it may still be one for a lenient resolver.
    let address = name.parse::<IpAddr>().is_ok();
    name.is_empty() || address || INNER_NAMES.iter().any(|inner| name == *inner || name.ends_with(&format!(".{inner}")))
}

/// Private, loopback, link-local, shared, benchmark, multicast and reserved ranges (RFC 6890). The metadata services of the
/// clouds lie in them: 169.254.169.254, 100.100.100.200, 192.0.0.192.
fn is_inner_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || matches!((a, b, c), (0, _, _) | (100, 64..=127, _) | (192, 0, 0) | (198, 18 | 19, _) | (224.., _, _))
}

/// As [`is_inner_v4`], and the forms of IPv6 that stand for an IPv4 address are judged by that.
fn is_inner_v6(address: Ipv6Addr) -> bool {
    let v4 = |high: u16, low: u16| Ipv4Addr::from(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        // Unspecified, loopback, and the old IPv4-compatible form.
        [0, 0, 0, 0, 0, 0, ..] => true,
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => is_inner_v4(v4(high, low)),
        // NAT64 (RFC 6052), and its local use (RFC 8215).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => is_inner_v4(v4(high, low)),
        [0x64, 0xff9b, ..] => true,
        // Teredo hides the address that it leads to.
        [0x2001, 0, ..] => true,
        // 6to4.
        [0x2002, high, low, ..] => is_inner_v4(v4(high, low)),
        // Unique local, link-local, site-local, multicast.
        [first, ..] => matches!(first, 0xfc00..=0xfdff | 0xfe80..=0xfeff | 0xff00..),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_web_addresses_pass() {
        for text in [
            "https://example.com",
            "http://example.com/a.png?x=1#y",
            "HTTPS://EXAMPLE.com:8443/a",
            "http://example.com:8080/",
            "https://example.com./",
            "https://bücher.example/",
            "https://8.8.8.8/a",
            "https://[2606:4700::1111]/",
            "https://[::ffff:8.8.8.8]/",
            "https://localhost.example.com/",
            "https://internal-docs.example.com/",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn other_schemes_credentials_and_ports_are_refused() {
        for text in [
            "",
            "example.com/a.png",
            "//example.com/a.png",
            "/etc/passwd",
            "file:///etc/passwd",
            "ftp://example.com/",
            "gopher://example.com/",
            "data:text/plain,hello",
            "javascript:alert(1)",
            "https://user@example.com/",
            "https://user:password@example.com/",
            "https://:password@example.com/",
            "https://@example.com/",
            "https:example.com",
            "https:/example.com",
            "x:https://example.com",
            "https://example.com:22/",
            "https://example.com:0/",
            "https://example.com:8444/",
            "https://example.com:99999/",
            "http://",
            "http:///a",
            "https://exa mple.com/",
            " https://example.com/",
            "https://example.com/\r\nHost: evil",
            "https://example.com/\u{2028}",
            "https://example.com\\@127.0.0.1/",
        ] {
            assert!(check(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn inner_addresses_are_refused_in_every_spelling() {
        for host in [
            "127.0.0.1",
            "127.0.0.1.",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "017700000001",
            "１２７.０.０.１",
            "127。0。0。1",
            "%31%32%37.0.0.1",
            "①②⑦.0.0.1",
            "0",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "0xa9fea9fe",
            "100.100.100.200",
            "192.0.0.192",
            "198.18.0.1",
            "224.0.0.1",
            "239.255.255.255",
            "255.255.255.255",
            "[::]",
            "[::1]",
            "[0:0:0:0:0:0:0:1]",
            "[::127.0.0.1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:a9fe:a9fe]",
            "[::ffff:0:127.0.0.1]",
            "[64:ff9b::10.0.0.1]",
            "[64:ff9b:1::1]",
            "[2002:7f00:1::]",
            "[2001:0:1::1]",
            "[fd00:ec2::254]",
            "[fe80::1]",
            "[fec0::1]",
            "[ff02::1]",
            "localhost",
            "LOCALHOST",
            "localhost.",
            "a.localhost",
            "ｌｏｃａｌｈｏｓｔ",
            "localhost.localdomain",
            "ip6-localhost",
            "printer.local",
            "metadata.google.internal",
            "metadata.google.internal.",
            "127.0.0.1..",
        ] {
            assert!(check(&format!("http://{host}/")).is_err(), "{host}");
        }
    }

    #[test]
    fn neighbours_of_inner_ranges_pass() {
        for host in
            ["172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1", "192.0.1.1", "198.17.0.1", "223.255.255.255"]
        {
            assert_eq!(check(&format!("http://{host}/")), Ok(()), "{host}");
        }
    }
}
