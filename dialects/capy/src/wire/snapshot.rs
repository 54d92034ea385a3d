//! Browser snapshots.

use dialect_kit::json::not_null;
use domain::{Kept, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{
    ToSchema,
    openapi::{RefOr, Schema},
};

use super::schema;

/// A browser's saved cookies and storage. Never printed: they are live credentials.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateBrowserSnapshotBody {
    #[schema(min_length = 1, max_length = 255)]
    pub name: String,
    /// Checked by the engine, whose refusals name the place and never what stands there.
    #[schema(schema_with = storage_state_schema)]
    pub storage_state: Kept,
    /// Absent: false.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub is_private: Option<bool>,
    /// Absent: false.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub is_default: Option<bool>,
}

/// A snapshot.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BrowserSnapshotDetail {
    pub id: String,
    pub project_id: String,
    pub name: String,
    /// The domains of its cookies.
    #[schema(required = true)]
    pub domains: Option<Vec<String>>,
    pub is_private: bool,
    pub is_default: bool,
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    #[schema(value_type = String)]
    pub updated_at: Timestamp,
    /// Null where the state is not shown.
    #[schema(schema_with = shown_state_schema, required = true)]
    pub storage_state: Option<Kept>,
}

/// A snapshot without its state.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListedBrowserSnapshot {
    pub id: String,
    pub project_id: String,
    pub name: String,
    /// The domains of its cookies.
    #[schema(required = true)]
    pub domains: Option<Vec<String>>,
    pub is_private: bool,
    pub is_default: bool,
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    #[schema(value_type = String)]
    pub updated_at: Timestamp,
}

/// All that the key may use, the oldest first.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListBrowserSnapshotsResponse {
    #[schema(inline)]
    pub items: Vec<ListedBrowserSnapshot>,
}

/// What to change; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateBrowserSnapshotBody {
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, min_length = 1, max_length = 255)]
    pub name: Option<String>,
    /// Changed only by the key that made the snapshot.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub is_private: Option<bool>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub is_default: Option<bool>,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteBrowserSnapshotResponse {
    pub success: bool,
}

/// Capy API, `CreateBrowserSnapshotBody.storageState`.
fn storage_state_schema() -> RefOr<Schema> {
    let text = json!({"type": "string"});
    let object = |fields: &[(&str, Value)]| {
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let properties: serde_json::Map<String, Value> =
            fields.iter().map(|(name, of)| ((*name).into(), of.clone())).collect();
        json!({"type": "object", "properties": properties, "required": names, "additionalProperties": false})
    };
    let cookie = object(&[
        ("name", text.clone()),
        ("value", text.clone()),
        ("domain", text.clone()),
        ("path", text.clone()),
        ("expires", json!({"type": "number"})),
        ("httpOnly", json!({"type": "boolean"})),
        ("secure", json!({"type": "boolean"})),
        ("sameSite", json!({"type": "string", "enum": ["Strict", "Lax", "None"]})),
    ]);
    let entry = object(&[("name", text.clone()), ("value", text.clone())]);
    let origin = object(&[("origin", text), ("localStorage", json!({"type": "array", "items": entry}))]);
    let state = object(&[
        ("cookies", json!({"type": "array", "items": cookie})),
        ("origins", json!({"type": "array", "items": origin})),
    ]);
    schema::constant(state)
}

fn shown_state_schema() -> RefOr<Schema> {
    schema::constant(json!({"anyOf": [storage_state_schema(), {"type": "null"}]}))
}
