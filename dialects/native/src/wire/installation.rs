//! Projects, the audit trail, and what the installation offers and allows.

use domain::Timestamp;
use engine::{app::access::audit::Record, quotas::Quota};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema::{self, Id};

/// The tenant: everything belongs to exactly one.
#[derive(Debug, Serialize, ToSchema)]
pub struct Project {
    pub id: Id,
    pub name: String,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
    /// Threads that it has.
    pub threads: i64,
    /// Threads that it may have; absent: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads_limit: Option<i64>,
    /// Bytes that it has stored: text of its threads, and attachments.
    pub stored_bytes: i64,
    /// Bytes that it may store; absent: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored_bytes_limit: Option<i64>,
    /// `false` while the server counts after its start: what it has found so far is not all.
    pub counted: bool,
}

/// Origins of the web, as browsers say them: `https://shop.example.com`, with the port where it is not the usual one.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Origins {
    pub origins: Vec<String>,
}

/// A project to be made, with an agent `default`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProject {
    /// Unique on the installation: lower-case letters and digits, words joined by single hyphens.
    pub name: String,
}

/// One line of the audit trail: who did what in whose name.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditRecord {
    pub id: Id,
    /// The key that acted.
    pub key: Id,
    #[schema(example = "impersonate")]
    pub action: String,
    /// In whose name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thread: Option<Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Id>,
    #[schema(value_type = schema::Time)]
    pub at: Timestamp,
}

/// A model that a message or an agent may choose.
#[derive(Debug, Serialize, ToSchema)]
pub struct Model {
    /// The same on every installation.
    pub id: Id,
    pub name: &'static str,
    pub display_name: &'static str,
    pub vendor: &'static str,
}

/// A limit of this installation.
#[derive(Debug, Serialize, ToSchema)]
pub struct Limit {
    /// Ends in its unit: `bytes`, `s`, `ms`, …; without one it is a count.
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
            at: record.at,
        }
    }
}

impl From<&domain::model::Model> for Model {
    fn from(model: &domain::model::Model) -> Self {
        Self { id: Id(model.id().0), name: model.name, display_name: model.display_name, vendor: model.vendor }
    }
}
