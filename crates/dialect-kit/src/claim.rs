//! Claims of surfaces on requests.

/// The claim of a surface on a request. The greater claim wins: the one with the longer prefix, and of equal ones that
/// with the matching credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Claim {
    /// Number of claimed bytes of the path, from its start.
    pub prefix: usize,
    /// True if the request has a credential that only this surface's clients send.
    pub by_credential: bool,
}

impl Claim {
    /// A claim by the longest of `prefixes` that matches the path up to the end of a segment. `/v1/sessions` claims
    /// `/v1/sessions` and `/v1/sessions/x`, but not `/v1/sessionsx`. A prefix that ends in `/` claims only paths below
    /// it.
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

    /// A claim on exactly this path.
    pub fn whole(path: &str) -> Self {
        Self { prefix: path.len(), by_credential: false }
    }

    /// The same claim, with a matching credential.
    pub fn with_credential(self) -> Self {
        Self { by_credential: true, ..self }
    }
}

/// Tells whether the path is one of `prefixes` or below one.
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
