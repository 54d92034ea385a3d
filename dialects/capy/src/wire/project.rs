//! Projects.

use dialect_kit::fields::PageLimit;
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::thread::Repo;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Project {
    pub id: String,
    pub name: String,
    /// Always null: projects have no description.
    #[schema(required = true)]
    pub description: Option<String>,
    /// The project's name as at most eight capital letters and digits.
    pub task_code: String,
    /// Always empty: projects have no repositories.
    pub repos: Vec<Repo>,
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    #[schema(value_type = String)]
    pub updated_at: Timestamp,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListProjectsQuery {
    #[serde(default)]
    #[param(value_type = i64, required = false, default = 20, minimum = 1, maximum = 100)]
    #[expect(dead_code, reason = "checked as it is read; a key's one project fits on every page")]
    pub limit: PageLimit<20>,
    /// `nextCursor` of the previous page.
    #[serde(default)]
    #[param(nullable = false)]
    pub cursor: Option<String>,
}

/// A page of projects, oldest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListProjectsResponse {
    pub items: Vec<Project>,
    #[schema(required = true)]
    pub next_cursor: Option<String>,
    pub has_more: bool,
}
