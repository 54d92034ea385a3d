//! Delegated tasks. There are none yet: the contract defines these shapes, and no answer contains a task.

use dialect_kit::fields::PageLimit;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::thread::SlackThread;

/// The filter of a list of tasks.
#[expect(dead_code, reason = "it is checked as it is read, and there is nothing to choose from")]
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListTasksQuery {
    #[serde(default)]
    #[param(value_type = i64, required = false, default = 20, minimum = 1, maximum = 100)]
    pub limit: PageLimit<20>,
    /// Every cursor is refused, because no page has a next one.
    #[serde(default)]
    #[param(nullable = false)]
    pub cursor: Option<String>,
    pub project_id: String,
    #[serde(default)]
    #[param(inline, nullable = false)]
    pub status: Option<TaskStatus>,
}

/// A page of tasks. Always empty.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListTasksResponse {
    pub items: Vec<Task>,
    #[schema(required = true)]
    pub next_cursor: Option<String>,
    pub has_more: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Task {
    pub id: String,
    pub project_id: String,
    #[schema(required = true)]
    pub thread_index: Option<i64>,
    pub identifier: String,
    pub title: String,
    pub prompt: String,
    pub status: TaskStatus,
    /// Always null.
    #[schema(value_type = Option<Object>, required = true)]
    pub pull_request: (),
    pub slack_threads: Vec<SlackThread>,
    #[schema(required = true)]
    pub current_jam_id: Option<String>,
    pub created_at: String,
    pub updated_at: String,
    #[schema(required = true)]
    pub thread_id: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    Backlog,
    Queued,
    InProgress,
    NeedsReview,
    Completed,
    Error,
    Archived,
}
