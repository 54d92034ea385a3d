//! Texts that members send again and again.

use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema::{self, Id};

/// A text of the project that members send again and again.
#[derive(Debug, Serialize, ToSchema)]
pub struct SavedReply {
    pub id: Id,
    /// Unique within the project.
    pub name: String,
    pub text: String,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
    #[schema(value_type = schema::Time)]
    pub updated_at: Timestamp,
}

impl From<domain::project::SavedReply> for SavedReply {
    fn from(reply: domain::project::SavedReply) -> Self {
        let domain::project::SavedReply { id, project: _, name, text, created_at, updated_at } = reply;
        Self { id: Id(id.0), name, text, created_at, updated_at }
    }
}

/// A reply to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSavedReply {
    /// One line of at most 64 characters.
    pub name: String,
    pub text: String,
}

/// Changes of a saved reply. Absent fields stay as they are.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SavedReplyPatch {
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = String)]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = String)]
    pub text: Option<String>,
}
