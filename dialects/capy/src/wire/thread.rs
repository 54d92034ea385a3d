//! Captain threads.

use dialect_kit::{fields::Text, json::not_null};
use domain::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Reasoning, Speed,
    field::{Email, Investigation, Model, TagNames, Uri},
    schema,
    tag::ThreadTag,
};

/// A new thread with its first message. Unknown fields are refused.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateThreadBody {
    pub project_id: String,
    /// Sends in the name of the project's member with this address. Needs a key with the scope `impersonate`.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(schema_with = schema::email)]
    pub impersonate_user_email: Option<Email>,
    /// The first message.
    #[schema(value_type = String, min_length = 1)]
    pub prompt: Text,
    /// The model of the first turn.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(schema_with = schema::model)]
    pub model: Option<Model>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub speed: Option<Speed>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub reasoning: Option<Reasoning>,
    /// The model of the agents to which the first turn delegates.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(schema_with = schema::model)]
    pub build_model: Option<Model>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub build_speed: Option<Speed>,
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub build_reasoning: Option<Reasoning>,
    /// Stored in the thread's metadata.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub repos: Option<Vec<Repo>>,
    /// Browser snapshots of the project. Default: the project's default snapshots.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub browser_snapshot_ids: Option<Vec<String>>,
    /// URLs of files. The server does not fetch them.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(schema_with = schema::uris)]
    pub attachment_urls: Option<Vec<Uri>>,
    /// Tags of the project.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(schema_with = schema::tags)]
    pub tags: Option<TagNames>,
    /// Refused, because no Slack workspace is connected.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(nullable = false)]
    pub slack: Option<NewSlackThread>,
    /// Stored in the thread's metadata.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(value_type = String, pattern = r"^rel_[a-f0-9]{40}$")]
    pub reliability_investigation_id: Option<Investigation>,
}

#[derive(Clone, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Repo {
    pub repo_full_name: String,
    pub branch: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSlackThread {
    #[schema(value_type = String, min_length = 1)]
    #[expect(dead_code, reason = "checked, and then refused with the whole")]
    pub channel: Text,
}

/// The created thread.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateThreadResponse {
    pub id: String,
    pub project_id: String,
    #[schema(required = true)]
    pub title: Option<String>,
    pub status: ThreadStatus,
    pub run_state: RunState,
    pub waiting_on: Vec<WaitingOn>,
    pub blocked_on: Vec<BlockedOn>,
    #[schema(minimum = 0)]
    pub pending_wakeups: i64,
    pub participants: Vec<Participant>,
    pub tags: Vec<ThreadTag>,
    /// Always absent, because no Slack workspace is connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub slack: Option<SlackThread>,
    #[schema(value_type = String)]
    pub created_at: Timestamp,
}

/// A thread with its present state.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ThreadListItem {
    pub id: String,
    pub project_id: String,
    #[schema(required = true)]
    pub title: Option<String>,
    pub status: ThreadStatus,
    pub run_state: RunState,
    /// `worker` while the client runs tools.
    pub waiting_on: Vec<WaitingOn>,
    pub blocked_on: Vec<BlockedOn>,
    /// Number of turns that have not started.
    #[schema(minimum = 0)]
    pub pending_wakeups: i64,
    /// Always empty: agents do not delegate yet.
    pub tasks: Vec<ThreadTask>,
    pub participants: Vec<Participant>,
    pub pull_requests: Vec<PullRequest>,
    pub slack_threads: Vec<SlackThread>,
    pub tags: Vec<CarriedTag>,
    #[schema(value_type = String)]
    pub created_at: Timestamp,
    #[schema(value_type = String)]
    pub updated_at: Timestamp,
}

/// A tag of a thread. Other dialects may set names that Capy's own rule refuses.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CarriedTag {
    pub name: String,
    pub color: super::tag::Color,
}

/// A coarse status, kept for compatibility. `runState` is finer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ThreadStatus {
    Active,
    Idle,
    Archived,
}

/// `running` from the transaction that stores a message, `ready` once its answer is stored. `queued` and `blocked` are
/// never used: a turn runs as soon as its message is accepted, and nothing blocks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "the contract has words that nothing here has a cause for")]
pub enum RunState {
    Running,
    Queued,
    Waiting,
    Blocked,
    Ready,
    Archived,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "the contract has words that nothing here has a cause for")]
pub enum WaitingOn {
    Task,
    Review,
    Ci,
    Timer,
    Worker,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "nothing here blocks a turn")]
pub enum BlockedOn {
    Auth,
    Permission,
}

/// A key, member or customer who wrote in the thread.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Participant {
    /// Id of the key, the member or the customer.
    pub user_id: String,
    pub user_type: UserType,
    #[schema(value_type = String)]
    pub first_participated_at: Timestamp,
    #[schema(value_type = String)]
    pub last_participated_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserType {
    Human,
    ServiceUser,
}

/// A delegated task. Never present.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ThreadTask {
    pub id: String,
    #[schema(required = true)]
    pub thread_index: Option<i64>,
    pub identifier: String,
    pub title: String,
    pub status: super::task::TaskStatus,
}

/// A pull request. Never present.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PullRequest {
    pub number: i64,
    pub url: String,
    pub repo_full_name: String,
    pub state: String,
    pub head_ref: String,
    pub base_ref: String,
    pub draft: bool,
}

/// A thread in Slack. Never present.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SlackThread {
    pub team_id: String,
    pub channel_id: String,
    pub thread_ts: String,
    pub url: String,
}

/// A page of threads, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ListThreadsResponse {
    pub items: Vec<ThreadListItem>,
    /// Null if and only if there are no older threads.
    #[schema(required = true)]
    pub next_cursor: Option<String>,
    pub has_more: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StopThreadResponse {
    pub id: String,
    pub status: ThreadStatus,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ArchiveThreadBody {
    /// Acts in the name of the project's member with this address. Needs a key with the scope `impersonate`.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(schema_with = schema::email)]
    pub impersonate_user_email: Option<Email>,
}

#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UnarchiveThreadBody {
    /// Acts in the name of the project's member with this address. Needs a key with the scope `impersonate`.
    #[serde(default, deserialize_with = "not_null")]
    #[schema(schema_with = schema::email)]
    pub impersonate_user_email: Option<Email>,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ArchiveThreadResponse {
    pub id: String,
    pub status: ThreadStatus,
}
