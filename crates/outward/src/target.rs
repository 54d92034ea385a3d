//! The rules of URLs and addresses. A URL whose text leads into the installation's own network is refused (SSRF), and
//! so is an address of that network when a name is resolved.
//!
//! Webhooks are called. Links in messages are not fetched by this server, but a model's provider or a tool may fetch
//! them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use domain::{Error, Result};
use ipnet::IpNet;
use url::{Host, Url};

const PORTS: [u16; 4] = [80, 443, 8080, 8443];
/// Names that mean this machine or its own network everywhere.
const INNER_NAMES: [&str; 7] =
    ["localhost", "localhost.localdomain", "localhost6", "ip6-localhost", "ip6-loopback", "local", "internal"];

/// The allowed targets of clients' URLs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Targets {
    /// Public addresses only: no private, local or reserved address, and only the usual ports.
    #[default]
    Public,
    /// Any target, including the installation's own network.
    Any,
}

/// Checks a webhook's URL or a link in a message. Allowed is a public web address: http or https, without credentials,
/// at a usual port. If the installation allows any target, every http and https URL without credentials is allowed.
///
/// Addresses are parsed like in the URL standard, so decimal, octal, hexadecimal, short, full-width and mapped forms
/// are recognized. The target of a name is only known to the one that resolves it.
///
/// # Errors
/// `invalid` at `path`, the dotted path of the field.
pub fn target(path: &str, text: &str, targets: Targets) -> Result<()> {
    Rules::from(targets).check(text).map(drop).map_err(|wrong| Error::field(path, wrong))
}

/// The rules of one client.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) targets: Targets,
    pub(crate) allowed: Vec<IpNet>,
}

impl From<Targets> for Rules {
    fn from(targets: Targets) -> Self {
        Self { targets, allowed: Vec::new() }
    }
}

impl Rules {
    /// Parses and checks a URL. Returns what every reader of the text reads, or the reason, starting with "must".
    pub(crate) fn check(&self, text: &str) -> Result<Url, &'static str> {
        let url = web_address(text)?;
        if self.targets == Targets::Any {
            return Ok(url);
        }
        if !url.port_or_known_default().is_some_and(|port| PORTS.contains(&port)) {
            return Err("must use port 80, 443, 8080 or 8443");
        }
        let may = match url.host().ok_or("must name a host")? {
            Host::Ipv4(address) => self.allow(address.into()),
            Host::Ipv6(address) => self.allow(address.into()),
            Host::Domain(name) => !is_inner_name(name),
        };
        if may { Ok(url) } else { Err("must not lead to a private or local address") }
    }

    /// Tells whether a connection to the address is allowed.
    pub(crate) fn allow(&self, address: IpAddr) -> bool {
        let within = |net: &IpNet| net.contains(&address.to_canonical());
        self.targets == Targets::Any || is_public(address) || self.allowed.iter().any(within)
    }
}

/// Tells whether the address is public.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !is_inner_v4(address),
        IpAddr::V6(address) => !is_inner_v6(address),
    }
}

/// Parses an http or https URL without credentials that every reader parses in the same way.
fn web_address(text: &str) -> Result<Url, &'static str> {
    // The standard drops or reinterprets some of these characters, so that another reader may see another URL.
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err("must be a URL without spaces, control characters and backslashes");
    }
    // The standard accepts missing or additional slashes.
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
    // With more trailing dots than the standard allows, a lenient resolver may still read an address.
    let address = name.parse::<IpAddr>().is_ok();
    name.is_empty() || address || INNER_NAMES.iter().any(|inner| name == *inner || name.ends_with(&format!(".{inner}")))
}

/// The addresses of IANA's registry of special-purpose IPv4 addresses (RFC 6890), and multicast. Three public blocks
/// are excepted: AS112 (192.31.196.0/24, 192.175.48.0/24) and AMT (192.52.193.0/24). The clouds' metadata services are
/// in the registry: 169.254.169.254, 100.100.100.200, 192.0.0.192.
fn is_inner_v4(address: Ipv4Addr) -> bool {
    match address.octets() {
        // This network, private, loopback, link-local, multicast, reserved and broadcast.
        [0 | 10 | 127 | 224.., ..] | [172, 16..=31, ..] | [192, 168, ..] | [169, 254, ..] => true,
        // Shared by providers' customers (RFC 6598), protocol assignments, benchmarks (RFC 2544).
        [100, 64..=127, ..] | [192, 0, 0, _] | [198, 18 | 19, ..] => true,
        // Documentation (RFC 5737), and the relays of 6to4 (RFC 7526).
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] | [192, 88, 99, _] => true,
        _ => false,
    }
}

/// All addresses outside of global unicast (2000::/3), and those in it that IANA's registry of special-purpose IPv6
/// addresses lists. Forms that contain an IPv4 address are checked by that address.
fn is_inner_v6(address: Ipv6Addr) -> bool {
    let v4 = |high: u16, low: u16| is_inner_v4(Ipv4Addr::from(u32::from(high) << 16 | u32::from(low)));
    match address.segments() {
        // Mapped, and of a stateless translator (RFC 2765).
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0, 0, 0, 0, 0xffff, 0, high, low] => v4(high, low),
        // NAT64 (RFC 6052). Its local prefix (RFC 8215) is internal.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        // 6to4 is reached through its IPv4 address.
        [0x2002, high, low, ..] if v4(high, low) => true,
        // Protocol assignments: Teredo, which hides its target, benchmarks, AMT, ORCHID, DRIP.
        [0x2001, 0..=0x1ff, ..] => true,
        // Documentation (RFC 3849, RFC 9637).
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => true,
        // ISATAP (RFC 5214) contains an IPv4 address in any network.
        [.., 0 | 0x200, 0x5efe, high, low] if v4(high, low) => true,
        // The rest outside of global unicast: unspecified, loopback, IPv4-compatible, discard-only, segment routing,
        // unique local, link-local, site-local, multicast.
        [first, ..] => !matches!(first, 0x2000..=0x3fff),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> Result<(), &'static str> {
        Rules::from(Targets::Public).check(text).map(drop)
    }

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
    fn what_is_reserved_is_refused() {
        for host in [
            "192.0.0.9",
            "192.0.2.1",
            "192.88.99.1",
            "198.51.100.1",
            "203.0.113.255",
            "240.0.0.1",
            "[2001:1::1]",
            "[2001:2::1]",
            "[2001:10::1]",
            "[2001:20::1]",
            "[2001:30::1]",
            "[2001:1ff:ffff::1]",
            "[2001:db8::1]",
            "[3fff::1]",
            "[3fff:fff::1]",
            "[100::1]",
            "[100:0:0:1::1]",
            "[5f00::1]",
            "[4000::1]",
            "[2002:c000:201::1]",
            "[2606:4700::5efe:10.0.0.1]",
            "[2606:4700::200:5efe:127.0.0.1]",
            "[::ffff:203.0.113.1]",
            "[64:ff9b::192.0.2.1]",
        ] {
            assert!(check(&format!("http://{host}/")).is_err(), "{host}");
        }
    }

    #[test]
    fn neighbours_of_inner_ranges_pass() {
        for host in [
            "172.15.0.1",
            "172.32.0.1",
            "100.63.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "192.0.3.1",
            "192.31.196.1",
            "192.52.193.1",
            "192.88.98.1",
            "192.175.48.1",
            "198.17.0.1",
            "198.20.0.1",
            "198.51.99.1",
            "203.0.112.1",
            "223.255.255.255",
            "[2000::1]",
            "[2001:200::1]",
            "[2001:db9::1]",
            "[2002:808:808::1]",
            "[2620:4f:8000::1]",
            "[2606:4700::5efe:8.8.8.8]",
            "[3fff:1000::1]",
            "[64:ff9b::8.8.8.8]",
        ] {
            assert_eq!(check(&format!("http://{host}/")), Ok(()), "{host}");
        }
    }

    #[test]
    fn an_allowed_network_is_allowed_in_every_form_of_its_addresses() {
        let rules = Rules { targets: Targets::Public, allowed: vec!["10.1.0.0/16".parse().expect("a network")] };
        let check = |text: &str| rules.check(text).map(drop);
        for text in ["http://10.1.2.3/", "http://[::ffff:10.1.2.3]:8080/", "https://example.com/"] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for text in ["http://10.2.0.1/", "http://10.1.2.3:22/", "http://127.0.0.1/", "http://localhost/"] {
            assert!(check(text).is_err(), "{text}");
        }
    }
}
