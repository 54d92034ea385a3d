//! Projects, their members, and their audit trail.

use crate::{
    MemberId, ProjectId, SavedReplyId, Timestamp,
    budget::Budget,
    caller::{Scope, Scopes},
    controls::words,
};

/// A tenant. Everything belongs to exactly one project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    pub id: ProjectId,
    /// Unique on the installation: `[a-z0-9]+(-[a-z0-9]+)*`, at most 64 characters.
    pub name: String,
    pub created_at: Timestamp,
    /// The most that model calls of the project may use.
    pub budgets: Vec<Budget>,
}

/// The stored bytes and threads of a project, or a change of them, which may be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    pub threads: i64,
    pub bytes: i64,
}

/// A person of a project, known by e-mail address. A key can impersonate members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub id: MemberId,
    pub project: ProjectId,
    /// Unique within the project, compared in lower case.
    pub email: String,
    pub name: Option<String>,
    pub role: Role,
    pub created_at: Timestamp,
}

/// A text of a project that members send again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedReply {
    pub id: SavedReplyId,
    pub project: ProjectId,
    /// Unique within the project.
    pub name: String,
    pub text: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

words! {
    /// A member's rights at the console.
    Role {
        /// Reads, answers and changes threads.
        Member = "member",
        /// May do everything that a key with all scopes may.
        Admin = "admin",
    }
}

impl Role {
    pub fn scopes(self) -> Scopes {
        match self {
            Self::Member => Scopes::of(&[Scope::Read, Scope::Write]),
            Self::Admin => Scopes::ALL,
        }
    }
}
