//! Browser snapshots.

use dialect_kit::json::not_null;
use domain::{Kept, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A browser's saved cookies and storage. They are live credentials and are never logged.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateBrowserSnapshotBody {
    #[schema(min_length = 1, max_length = 255)]
    pub name: String,
    /// Checked by the engine. Its errors name the place and never the value.
    #[schema(value_type = StorageState)]
    pub storage_state: Kept,
    /// Default: false.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub is_private: Option<bool>,
    /// Default: false.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub is_default: Option<bool>,
}

/// A browser snapshot.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BrowserSnapshotDetail {
    pub id: String,
    pub project_id: String,
    pub name: String,
    /// The domains of the snapshot's cookies.
    #[schema(required = true)]
    pub domains: Option<Vec<String>>,
    pub is_private: bool,
    pub is_default: bool,
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    #[schema(value_type = String)]
    pub updated_at: Timestamp,
    /// Null if the key must not see the state.
    #[schema(value_type = Option<StorageState>, required = true)]
    pub storage_state: Option<Kept>,
}

/// A browser snapshot without its state.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListedBrowserSnapshot {
    pub id: String,
    pub project_id: String,
    pub name: String,
    /// The domains of the snapshot's cookies.
    #[schema(required = true)]
    pub domains: Option<Vec<String>>,
    pub is_private: bool,
    pub is_default: bool,
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    #[schema(value_type = String)]
    pub updated_at: Timestamp,
}

/// All snapshots that the key may use, oldest first.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListBrowserSnapshotsResponse {
    pub items: Vec<ListedBrowserSnapshot>,
}

/// The fields to change. Absent fields stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateBrowserSnapshotBody {
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false, min_length = 1, max_length = 255)]
    pub name: Option<String>,
    /// Only the key that created the snapshot may change it.
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

/// A browser's saved state: `CreateBrowserSnapshotBody.storageState` of Capy's API. Only the schema is used, also of
/// the types below.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageState {
    pub cookies: Vec<Cookie>,
    pub origins: Vec<StoredOrigin>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cookie {
    pub name: String,
    pub value: String,
    pub domain: String,
    pub path: String,
    pub expires: f64,
    pub http_only: bool,
    pub secure: bool,
    pub same_site: SameSite,
}

#[derive(Serialize, ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
pub enum SameSite {
    Strict,
    Lax,
    None,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StoredOrigin {
    pub origin: String,
    pub local_storage: Vec<StoredItem>,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StoredItem {
    pub name: String,
    pub value: String,
}
