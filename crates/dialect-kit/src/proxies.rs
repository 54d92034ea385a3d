//! Trusted proxies, which report the client's address.

use std::{net::IpAddr, str::FromStr, sync::Arc};

use http::HeaderMap;
use ipnet::{IpNet, Ipv4Net};

use crate::Peer;

/// Addresses of proxies whose `X-Forwarded-For` is trusted. Empty by default, because anybody can write this header.
///
/// The header `Forwarded` (RFC 7239) is ignored: a proxy that writes one of the two passes the other on unchanged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proxies(Arc<[IpNet]>);

const FORWARDED_FOR: &str = "x-forwarded-for";

impl Proxies {
    /// The sender of a request on a connection from `peer`. Each proxy appends the address from which it was asked.
    /// From the end backwards, the first address that is not a proxy's is the client's. Earlier ones are only the
    /// client's claim. A malformed entry ends the search at the proxy that passed it on.
    pub(crate) fn sender(&self, peer: Peer, headers: &HeaderMap) -> Peer {
        let lines = headers.get_all(FORWARDED_FOR).iter().rev();
        let words = lines.flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        let mut sender = peer.0.to_canonical();
        for word in words {
            if !self.are_at(sender) {
                break;
            }
            let Some(address) = address(word.trim_matches([' ', '\t'])) else { break };
            sender = address;
        }
        Peer(sender)
    }

    fn are_at(&self, address: IpAddr) -> bool {
        self.0.iter().any(|block| block.contains(&address))
    }
}

/// An address in the form of proxies: bare, or with a port; IPv6 also in brackets.
fn address(word: &str) -> Option<IpAddr> {
    let inner = word.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(inner, _)| inner);
    let bare = || word.parse().ok();
    let with_port = || word.parse().ok().map(|socket: std::net::SocketAddr| socket.ip());
    let bracketed = || inner.filter(|inner| word.len() == inner.len() + 2)?.parse().ok();
    bare().or_else(with_port).or_else(bracketed).map(|address: IpAddr| address.to_canonical())
}

/// The canonical form of a block, like [`IpAddr::to_canonical`] for one address. `block` begins with its first address.
/// A block that begins with a mapped address contains only mapped ones, because at least 96 bits are equal in all of
/// it.
fn canonical(block: IpNet) -> IpNet {
    let IpNet::V6(six) = block else { return block };
    let four = six.addr().to_ipv4_mapped().zip(six.prefix_len().checked_sub(96));
    four.and_then(|(first, bits)| Ipv4Net::new(first, bits).ok()).map_or(block, IpNet::V4)
}

impl FromStr for Proxies {
    /// The malformed entry.
    type Err = String;

    /// Addresses and blocks such as `192.0.2.7` and `10.0.0.0/8`, separated by commas. A block is written by its first
    /// address. A block of IPv4 addresses within IPv6 (`::ffff:10.0.0.0/104`) becomes the IPv4 block.
    fn from_str(text: &str) -> Result<Self, String> {
        let block = |word: &str| {
            let block = word.parse().map(|address: IpAddr| address.to_canonical().into());
            block.or_else(|_| word.parse()).ok().filter(|block: &IpNet| block.trunc() == *block).map(canonical)
        };
        let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
        words.map(|word| block(word).ok_or_else(|| word.to_owned())).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sender(proxies: &str, peer: &str, forwarded: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, http::HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let proxies: Proxies = proxies.parse().unwrap();
        proxies.sender(Peer(peer.parse().unwrap()), &headers).0.to_string()
    }

    #[test]
    fn nobodys_word_is_taken_unless_they_are_trusted() {
        for proxies in ["", "192.0.2.2", "10.0.0.0/8"] {
            assert_eq!(sender(proxies, "192.0.2.1", &["203.0.113.9"]), "192.0.2.1", "{proxies}");
        }
        assert_eq!(sender("192.0.2.1", "192.0.2.1", &[]), "192.0.2.1");
    }

    #[test]
    fn a_block_of_mapped_addresses_is_one_of_ipv4() {
        for (block, proxy, client) in [
            ("::ffff:10.0.0.0/104", "10.1.2.3", "203.0.113.9"),
            ("::ffff:10.0.0.0/104", "::ffff:10.1.2.3", "203.0.113.9"),
            ("::ffff:10.0.0.0/104", "11.0.0.0", "11.0.0.0"),
            ("::ffff:0.0.0.0/96", "192.0.2.1", "203.0.113.9"),
            ("::ffff:192.0.2.1/128", "192.0.2.1", "203.0.113.9"),
        ] {
            assert_eq!(sender(block, proxy, &["203.0.113.9"]), client, "{block}");
        }
    }

    #[test]
    fn the_last_address_that_is_no_proxys_is_the_clients() {
        for (forwarded, client) in [
            (&["203.0.113.9"][..], "203.0.113.9"),
            // The client wrote the first address itself.
            (&["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
            (&["198.51.100.1", "203.0.113.9,10.1.2.3"], "203.0.113.9"),
            (&["203.0.113.9 ,\t10.255.255.255"], "203.0.113.9"),
            (&["203.0.113.9, 11.0.0.0"], "11.0.0.0"),
            // Proxies only: the request began at the first of them.
            (&["10.9.9.9, 10.1.2.3"], "10.9.9.9"),
        ] {
            assert_eq!(sender("192.0.2.1, 10.0.0.0/8", "192.0.2.1", forwarded), client, "{forwarded:?}");
        }
    }

    #[test]
    fn addresses_are_read_as_proxies_write_them() {
        for (forwarded, client) in [
            ("203.0.113.9:4711", "203.0.113.9"),
            ("2001:db8::9", "2001:db8::9"),
            ("[2001:db8::9]", "2001:db8::9"),
            ("[2001:db8::9]:4711", "2001:db8::9"),
            ("::ffff:203.0.113.9", "203.0.113.9"),
        ] {
            assert_eq!(sender("::1", "::1", &[forwarded]), client, "{forwarded}");
            assert_eq!(sender("127.0.0.1", "::ffff:127.0.0.1", &[forwarded]), client, "{forwarded}");
        }
    }

    #[test]
    fn what_is_no_address_is_passed_over_and_nothing_before_it_is_believed() {
        for forwarded in [
            "",
            ",",
            "unknown",
            "_hidden",
            "203.0.113.9.1",
            "[2001:db8::9",
            "[]",
            "[203.0.113.9]x",
            "ä",
            "203.0.113.9,",
        ] {
            assert_eq!(sender("192.0.2.1", "192.0.2.1", &[forwarded]), "192.0.2.1", "{forwarded}");
        }
        assert_eq!(sender("192.0.2.0/24", "192.0.2.1", &["203.0.113.9, for=x, 192.0.2.7"]), "192.0.2.7");
    }

    #[test]
    fn a_list_is_of_addresses_and_blocks_by_their_first_address() {
        for good in ["", " ", "192.0.2.7", "10.0.0.0/8,::1 , fd00::/8", "0.0.0.0/0", "::/0", "192.0.2.7/32"] {
            assert!(good.parse::<Proxies>().is_ok(), "{good}");
        }
        for (bad, word) in [
            ("proxy", "proxy"),
            ("10.0.0.1/8", "10.0.0.1/8"),
            ("10.0.0.0/33", "10.0.0.0/33"),
            ("10.0.0.0/", "10.0.0.0/"),
            ("::ffff:0.0.0.0/95", "::ffff:0.0.0.0/95"),
            ("::ffff:10.0.0.0/8", "::ffff:10.0.0.0/8"),
            ("::1, 10.0.0", "10.0.0"),
            ("192.0.2.7:80", "192.0.2.7:80"),
            ("*", "*"),
        ] {
            assert_eq!(bad.parse::<Proxies>(), Err(word.into()));
        }
    }
}
