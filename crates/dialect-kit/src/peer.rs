//! The sender of a request.

use std::net::{IpAddr, Ipv4Addr};

use http::Extensions;

/// The address of a request's sender: the client's, or that of the proxy before this server unless the proxy is
/// trusted. In the extensions of every request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Peer(pub IpAddr);

impl Peer {
    /// Requests without a connection, as within a test, come from this machine.
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get().copied().unwrap_or(Self(Ipv4Addr::LOCALHOST.into()))
    }

    /// The holder of the address: the address itself, or the first half of an IPv6 address, which one subscriber owns
    /// as a whole.
    pub fn holder(self) -> u128 {
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
