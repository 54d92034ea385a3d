//! Who is asking.

use crate::{Error, KeyId, ProjectId, Result, Timestamp, controls::words};

words! {
    /// What a key may do.
    Scope {
        /// See threads, messages, agents.
        Read = "read",
        /// Send, create, change.
        Write = "write",
        /// Keys, members, projects, agents.
        Admin = "admin",
        /// Speak for a member of the project.
        Impersonate = "impersonate",
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    pub const ALL: Self = Self(0b1111);

    pub fn of(scopes: &[Scope]) -> Self {
        Self(scopes.iter().fold(0, |bits, scope| bits | (1 << *scope as u8)))
    }

    pub fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// Whether every scope of `other` is among these.
    pub fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |s| self.has(*s))
    }

    /// Reads `read,write`. Unknown words are `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let scopes: Option<Vec<Scope>> = text.split(',').map(str::trim).map(Scope::parse).collect();
        scopes.map(|s| Self::of(&s))
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<&str> = self.iter().map(Scope::as_str).collect();
        f.write_str(&words.join(","))
    }
}

/// A credential, as it is stored: the secret only as a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub id: KeyId,
    pub project: ProjectId,
    pub name: String,
    pub scopes: Scopes,
    /// What the secret starts with (`tl`, `capy`, `evr_pat`), for clients that check.
    pub prefix: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

/// A request's authenticated sender. Every operation of the engine takes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub project: ProjectId,
    pub key: KeyId,
    pub scopes: Scopes,
}

impl Caller {
    /// # Errors
    /// `forbidden` when the key lacks the scope.
    pub fn require(&self, scope: Scope) -> Result<()> {
        match self.scopes.has(scope) {
            true => Ok(()),
            false => Err(Error::forbidden(format!("This key lacks the scope `{}`", scope.as_str()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_back() {
        assert_eq!(Scopes::parse("read, write").map(|s| s.to_string()).as_deref(), Some("read,write"));
        assert_eq!(Scopes::ALL.to_string(), "read,write,admin,impersonate");
        assert_eq!(Scopes::parse("read,root"), None);
        assert_eq!(Scopes::parse(""), None);
        assert!(Scopes::ALL.covers(Scopes::of(&[Scope::Read])) && !Scopes::of(&[Scope::Read]).covers(Scopes::ALL));
    }
}
