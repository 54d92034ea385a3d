//! Whose a request is.

/// How much of a request is a surface's own. The greater claim wins: the longer prefix, and of two alike the one that the
/// credential supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// Bytes of the path that are claimed, from its beginning.
    pub prefix: usize,
    /// Whether the request brings a credential that only this surface's clients send.
    pub by_credential: bool,
}

impl Claim {
    /// The longest of `prefixes` that the path begins with, at a segment's end: `/v1/sessions` claims `/v1/sessions` and
    /// `/v1/sessions/x`, not `/v1/sessionsx`. A prefix that ends in `/` claims what is below it.
    pub fn of(path: &str, prefixes: &[&str]) -> Option<Self> {
        let below = |prefix: &&str| match path.strip_prefix(*prefix) {
            Some(rest) => rest.is_empty() || rest.starts_with('/') || prefix.ends_with('/'),
            None => false,
        };
        prefixes
            .iter()
            .filter(|prefix| below(prefix))
            .max_by_key(|prefix| prefix.len())
            .map(|prefix| Self::whole(prefix))
    }

    /// The whole path, and nothing below it.
    pub fn whole(path: &str) -> Self {
        Self { prefix: path.len(), by_credential: false }
    }

    /// The same, supported by the credential.
    pub fn with_credential(self) -> Self {
        Self { by_credential: true, ..self }
    }
}

/// Whether the path is one of `prefixes` or lies below one.
pub fn is_below(path: &str, prefixes: &[&str]) -> bool {
    Claim::of(path, prefixes).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_prefix_is_claimed_at_a_segments_end() {
        let prefixes = &["/v1/", "/v1/sessions"];
        let claimed = |path| Claim::of(path, prefixes).map(|claim| claim.prefix);
        assert_eq!(claimed("/v1/sessions/x"), Some(12));
        assert_eq!(claimed("/v1/sessions"), Some(12));
        assert_eq!(claimed("/v1/sessionsx"), Some(4));
        assert_eq!(claimed("/v1"), None);
        assert_eq!(claimed("/v2/sessions"), None);
    }

    #[test]
    fn a_longer_prefix_beats_a_credential_and_a_credential_beats_nothing() {
        let (short, long) = (Claim::whole("/v1"), Claim::whole("/v1/x"));
        assert!(long > short.with_credential() && short.with_credential() > short);
        assert!(Some(Claim::whole("")) > None);
    }
}
