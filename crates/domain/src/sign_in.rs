//! Sign-ins: browsers that show a secret in a cookie instead of a key.

use crate::{KeyId, MemberId, ProjectId, SignInId, Timestamp};

/// A browser that is signed in at the console. The store has its secret only as a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    pub id: SignInId,
    pub project: ProjectId,
    pub by: By,
    pub created_at: Timestamp,
    /// The end by inactivity. Each use moves it, up to `expires_at`.
    pub ends_at: Timestamp,
    pub expires_at: Timestamp,
}

/// The one who signed in. The sign-in ends with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// The holder of a key, with the key's scopes.
    Key(KeyId),
    /// A member of the project, with the scopes of the member's role.
    Member(MemberId),
}

impl By {
    pub fn key(self) -> Option<KeyId> {
        match self {
            Self::Key(key) => Some(key),
            Self::Member(_) => None,
        }
    }

    pub fn member(self) -> Option<MemberId> {
        match self {
            Self::Key(_) => None,
            Self::Member(member) => Some(member),
        }
    }
}

/// A link that signs a member in, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    pub project: ProjectId,
    pub member: MemberId,
    /// The key that made it. Nil for the holder of the data folder, and for a member.
    pub key: KeyId,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}
