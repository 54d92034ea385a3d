//! Delegated tasks. There are none yet: these shapes are the contract's, and nothing is ever answered in them.

use serde::Serialize;
use utoipa::ToSchema;

use super::thread::SlackThread;

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
    #[schema(inline)]
    pub status: TaskStatus,
    #[schema(schema_with = super::schema::null)]
    pub pull_request: (),
    #[schema(inline)]
    pub slack_threads: Vec<SlackThread>,
    #[schema(required = true)]
    pub current_jam_id: Option<String>,
    pub created_at: String,
    pub updated_at: String,
    #[schema(required = true)]
    pub thread_id: Option<String>,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "only its documentation is used")]
pub enum TaskStatus {
    Backlog,
    Queued,
    InProgress,
    NeedsReview,
    Completed,
    Error,
    Archived,
}
