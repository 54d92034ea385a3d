//! Projects, the audit trail, and what the installation offers and allows.

use domain::Timestamp;
use engine::{app::access::audit::Record, quotas::Quota};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Budget,
    budget::shown,
    schema::{self, Id},
};

/// A project is a tenant. Every thing belongs to one project.
#[derive(Debug, Serialize, ToSchema)]
pub struct Project {
    pub id: Id,
    pub name: String,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
    /// The most that model calls of the project may use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
    /// The number of its threads.
    pub threads: i64,
    /// The number of threads that it may have. Absent: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads_limit: Option<i64>,
    /// The bytes that it has stored: text of its threads, and attachments.
    pub stored_bytes: i64,
    /// The bytes that it may store. Absent: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored_bytes_limit: Option<i64>,
    /// `false` while the server still counts after its start. The numbers are then too low.
    pub counted: bool,
}

/// Origins of web pages, as browsers write them: `https://shop.example.com`. A port stands there unless it is the usual one.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Origins {
    pub origins: Vec<String>,
}

/// A project to be made, with an agent `default`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    /// A name that is unique on the installation: lower-case letters and digits, words joined by single hyphens.
    pub name: String,
}

/// Changes of a project.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectPatch {
    /// The new budgets as a whole. They hold from the next model call on.
    pub budgets: Vec<Budget>,
}

/// One line of the audit trail: an act in the name of a member, or a change of keys, secrets and roles.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditRecord {
    pub id: Id,
    /// The key that acted.
    pub key: Id,
    #[schema(example = "impersonate")]
    pub action: String,
    /// The member in whose name the key acted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Id>,
    /// The id or the name of the key, webhook, agent or provider that the act changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    #[schema(value_type = schema::Time)]
    pub at: Timestamp,
}

/// A limit of this installation.
#[derive(Debug, Serialize, ToSchema)]
pub struct Limit {
    /// The name. Its last word is the unit: `bytes`, `s`, `ms` … A limit without a unit is a count.
    #[schema(example = "body_bytes")]
    pub name: &'static str,
    pub value: u64,
    pub default: u64,
    pub meaning: &'static str,
}

impl Project {
    pub fn of(project: domain::project::Project, quota: Quota) -> Self {
        Self {
            id: Id(project.id.0),
            name: project.name,
            created_at: project.created_at,
            budgets: shown(project.budgets),
            threads: quota.stored.threads,
            threads_limit: quota.threads_most,
            stored_bytes: quota.stored.bytes,
            stored_bytes_limit: quota.bytes_most,
            counted: quota.is_counted,
        }
    }
}

impl From<Record> for AuditRecord {
    fn from(record: Record) -> Self {
        Self {
            id: Id(record.id),
            key: Id(record.key.0),
            action: record.action,
            member: record.member.map(|id| Id(id.0)),
            thread: record.thread.map(|id| Id(id.0)),
            message: record.message.map(|id| Id(id.0)),
            object: record.object,
            at: record.at,
        }
    }
}
