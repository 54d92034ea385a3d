//! Saved states of a browser.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema::{self, Id};

/// Saved cookies and storage of a browser. This API never shows them, since they are credentials.
#[derive(Debug, Serialize, ToSchema)]
pub struct Snapshot {
    pub id: Id,
    pub name: String,
    /// The key that made it.
    pub key: Id,
    /// The domains of the cookies.
    pub domains: Vec<String>,
    pub is_default: bool,
    pub is_private: bool,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
    #[schema(value_type = schema::Time)]
    pub updated_at: Timestamp,
}

/// A snapshot to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSnapshot {
    pub name: String,
    /// The state as Playwright saves it: `{cookies: […], origins: […]}`.
    #[schema(value_type = Object)]
    pub storage_state: domain::Kept,
    #[serde(default)]
    pub is_default: bool,
    /// Whether only the key that made the snapshot sees and uses it.
    #[serde(default)]
    pub is_private: bool,
}

/// Changes of a snapshot. Absent fields and its state stay as they are.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SnapshotPatch {
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = String)]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = bool)]
    pub is_default: Option<bool>,
    /// Whether only the key that made the snapshot sees and uses it. Only that key may change it.
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = bool)]
    pub is_private: Option<bool>,
}

impl From<domain::snapshot::Snapshot> for Snapshot {
    fn from(snapshot: domain::snapshot::Snapshot) -> Self {
        Self {
            id: Id(snapshot.id.0),
            name: snapshot.name,
            key: Id(snapshot.key.0),
            domains: snapshot.domains,
            is_default: snapshot.is_default,
            is_private: snapshot.is_private,
            created_at: snapshot.created_at,
            updated_at: snapshot.updated_at,
        }
    }
}
