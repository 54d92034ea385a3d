//! The sender of a request.

use std::net::{IpAddr, Ipv4Addr};

use http::Extensions;

/// The address that a request comes from: of the client, or of the proxy before this server, unless the proxy is one of those
/// whose word is taken. In every request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Peer(pub IpAddr);

impl Peer {
    /// Requests that came over no connection, as within a test, are the machine's own.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or(Self(Ipv4Addr::LOCALHOST.into()))
    }

    /// What one holder of addresses has: the address itself, or the first half of an IPv6 one, which is given to a
    /// subscriber whole.
    pub(crate) fn holder(self) -> u128 {
        match self.0.to_canonical() {
            IpAddr::V4(address) => address.to_bits().into(),
            IpAddr::V6(address) => address.to_bits() >> 64 << 64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_one_subscriber_has_are_one() {
        let holder = |address: &str| Peer(address.parse().unwrap()).holder();
        assert_eq!(holder("2001:db8::1"), holder("2001:db8::2"));
        assert_ne!(holder("2001:db8::1"), holder("2001:db8:0:1::1"));
        assert_eq!(holder("::ffff:192.0.2.1"), holder("192.0.2.1"));
        assert_ne!(holder("192.0.2.1"), holder("192.0.2.2"));
    }
}
