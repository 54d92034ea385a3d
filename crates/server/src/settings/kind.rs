//! The kinds of values of settings.

use dialect_kit::Proxies;
use engine::Keys;
use tracing_subscriber::EnvFilter;
use url::Url;

/// Longest key.
const KEY_CHARS_MAX: usize = 256;

/// The kinds of values. Each is written as text, which [`Kind::check`] checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `host:port`.
    Address,
    Path,
    Count {
        min: u64,
        max: u64,
    },
    Word(&'static [&'static str]),
    /// A filter of tracing-subscriber.
    Filter,
    /// Addresses and blocks, separated by commas.
    Proxies,
    /// `http://…` or `https://…`.
    Url,
    /// `http://…` or `https://…`, with nothing behind the host and the port.
    Origin,
    /// `postgres://…`; its password is never shown.
    Database,
    /// A key of at least this many visible ASCII characters, which is never shown.
    Secret {
        min: usize,
    },
    /// [`Keys`], which are never shown.
    SealingKeys,
}

impl Kind {
    /// For help and documentation.
    pub fn name(self) -> String {
        match self {
            Self::Address => "address".into(),
            Self::Path => "path".into(),
            Self::Count { .. } => "number".into(),
            Self::Word(words) => words.join(", "),
            Self::Filter => "filter".into(),
            Self::Proxies => "addresses".into(),
            Self::Url | Self::Origin | Self::Database => "URL".into(),
            Self::Secret { .. } => "secret".into(),
            Self::SealingKeys => "secrets".into(),
        }
    }

    /// The reason why the text is invalid, starting with "must".
    pub fn check(self, text: &str) -> Result<(), String> {
        let is_good = match self {
            Self::Address => {
                text.rsplit_once(':').is_some_and(|(host, port)| is_host(host) && port.parse::<u16>().is_ok())
            }
            Self::Path => !text.is_empty(),
            Self::Secret { min } => {
                (min..=KEY_CHARS_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
            }
            Self::Count { min, max } => text.parse::<u64>().is_ok_and(|n| (min..=max).contains(&n)),
            Self::Word(words) => words.contains(&text),
            Self::Filter => !text.is_empty() && EnvFilter::try_new(text).is_ok(),
            Self::Proxies => text.parse::<Proxies>().is_ok(),
            Self::SealingKeys => text.parse::<Keys>().is_ok(),
            Self::Url => Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https")),
            Self::Origin => Url::parse(text).is_ok_and(|url| is_origin(&url)),
            Self::Database => text.starts_with("postgres://") || text.starts_with("postgresql://"),
        };
        if is_good { Ok(()) } else { Err(self.expected()) }
    }

    fn expected(self) -> String {
        match self {
            Self::Address => "must be an address and a port, as 127.0.0.1:7420".into(),
            Self::Path => "must be a path".into(),
            Self::Count { min, max } => format!("must be a whole number from {min} to {max}"),
            Self::Word(words) => format!("must be one of {}", words.join(", ")),
            Self::Filter => "must be a filter, as info or info,store=debug".into(),
            Self::Proxies => {
                "must be addresses and blocks of them by their first address, as 192.0.2.7, 10.0.0.0/8".into()
            }
            Self::Url => "must be a URL that begins with http:// or https://".into(),
            Self::Origin => {
                "must be http:// or https:// with a host and perhaps a port, as https://chat.example.com".into()
            }
            Self::Database => "must have the form postgres://user:password@host:5432/name".into(),
            Self::SealingKeys => Keys::FORM.into(),
            Self::Secret { min } => format!("must have {min} to {KEY_CHARS_MAX} visible ASCII characters"),
        }
    }

    /// The least number; 0 for a kind that is not a number.
    pub fn least(self) -> u64 {
        if let Self::Count { min, .. } = self { min } else { 0 }
    }

    /// The value in a form that anybody may see.
    pub fn shown(self, text: &str) -> String {
        match self {
            Self::Secret { .. } | Self::SealingKeys => "(set, not shown)".into(),
            Self::Database => without_password(text),
            _ => text.into(),
        }
    }
}

/// No path, no query and no password.
fn is_origin(url: &Url) -> bool {
    let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
    let is_bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    is_http && is_bare && url.username().is_empty() && url.password().is_none()
}

/// A name, an IPv4 address, or an IPv6 address in brackets.
fn is_host(host: &str) -> bool {
    match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').is_some_and(|ip| ip.parse::<std::net::Ipv6Addr>().is_ok()),
        None => !host.is_empty() && !host.contains(|c: char| c == ':' || c == '/' || c.is_whitespace()),
    }
}

/// A database's URL without secrets: the password, and the parameters, which may contain one too.
pub fn without_password(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = url.split_once("://") else { return "(not shown)".into() };
    match rest.rsplit_once('@') {
        Some((user, place)) => match user.split_once(':') {
            Some((name, _)) => format!("{scheme}://{name}:***@{place}"),
            None => format!("{scheme}://{user}@{place}"),
        },
        None => url.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_checked_by_kind() {
        let count = Kind::Count { min: 1, max: 10 };
        let word = Kind::Word(&["a", "b"]);
        let one = "0123456789abcdef".repeat(4);
        let two = format!("{one}, {}", one.to_uppercase().replace('0', "1"));
        for (kind, good, bad) in [
            (
                Kind::Address,
                &["127.0.0.1:0", "[::1]:7420", "localhost:80"][..],
                &["", "localhost", ":80", "::1:80", "a:b", "a b:1"][..],
            ),
            (count, &["1", "10"], &["0", "11", "-1", "1.5", "", "ten"]),
            (word, &["a"], &["", "c", "A"]),
            (Kind::Filter, &["info", "off", "info,store=debug"], &["", "info,store=loud"]),
            (Kind::Proxies, &["", "::1", "10.0.0.0/8, 192.0.2.7"], &["proxy", "10.0.0.1/8", "192.0.2.7:80"]),
            (Kind::Url, &["http://a", "https://a:1/b"], &["", "a", "ftp://a"]),
            (
                Kind::Origin,
                &["https://a", "http://a:1/"],
                &["", "a", "https://a/b", "https://a?b", "https://u@a", "ftp://a"],
            ),
            (Kind::Database, &["postgres://u@h/n", "postgresql://h/n"], &["", "mysql://h", "h/n"]),
            (Kind::SealingKeys, &[&*one, &*two], &["", &one[1..], &*format!("{one},{one}")]),
            (Kind::Secret { min: 3 }, &["abc"], &["", "ab", "a c", "äöü"]),
        ] {
            for text in good {
                assert_eq!(kind.check(text), Ok(()), "{kind:?} {text}");
            }
            for text in bad {
                assert!(kind.check(text).is_err(), "{kind:?} {text}");
            }
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        for (url, shown) in [
            ("postgres://ada:s3cret@db:5432/t", "postgres://ada:***@db:5432/t"),
            ("postgres://ada:s3@cret@db/t?password=s3cret", "postgres://ada:***@db/t"),
            ("postgres://ada@db/t", "postgres://ada@db/t"),
            ("postgres://db/t", "postgres://db/t"),
            ("s3cret", "(not shown)"),
        ] {
            assert_eq!(without_password(url), shown);
        }
        assert_eq!(Kind::Secret { min: 1 }.shown("s3cret"), "(set, not shown)");
    }
}
