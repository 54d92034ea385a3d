//! The tenant, its people, and its audit trail.

use crate::{MemberId, ProjectId, Timestamp};

/// The tenant. Everything belongs to exactly one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    pub id: ProjectId,
    /// Unique on the installation: `[a-z0-9]+(-[a-z0-9]+)*`, at most 64 characters.
    pub name: String,
    pub created_at: Timestamp,
}

/// What a project has stored, or what of it a change adds; negative: takes away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    pub threads: i64,
    pub bytes: i64,
}

/// A person of a project, known by e-mail address, who can be impersonated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    pub id: MemberId,
    pub project: ProjectId,
    /// Unique within the project, compared in lower case.
    pub email: String,
    pub name: Option<String>,
    pub created_at: Timestamp,
}
