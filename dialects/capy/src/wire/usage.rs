//! Usage: the cost of model calls, by the prices of the catalogue and the configuration.

use dialect_kit::fields::{PageLimit, Text};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    field::{DateTime, PageNumber},
    schema,
    thread::UserType,
};

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct UsageQuery {
    /// The project's id. A project is its own organization.
    #[param(value_type = String, min_length = 1)]
    pub org_id: Text,
    #[param(inline)]
    pub from: DateTime,
    /// End of the period, exclusive.
    #[param(inline)]
    pub to: DateTime,
    /// `paid`: threads with a known cost. `no_cost`: threads without one. The other values match nothing.
    #[serde(default)]
    #[param(schema_with = schema::routed, required = false)]
    pub routed: Routed,
    /// Only threads that this key, member or customer created.
    #[serde(default)]
    #[param(value_type = String, required = false, min_length = 1)]
    pub user_id: Option<Text>,
    /// Comma-separated project IDs to include.
    #[serde(default)]
    #[param(nullable = false)]
    pub project_ids: Option<String>,
    /// All activity is `captain`'s.
    #[serde(default)]
    #[param(inline, nullable = false)]
    pub agent_type: Option<AgentType>,
    /// `diff` is equal for all rows, so it sorts by activity, like the default.
    #[serde(default)]
    #[param(inline, nullable = false)]
    pub sort_by: Option<SortBy>,
    /// Default: `desc`.
    #[serde(default)]
    #[param(inline, nullable = false)]
    pub sort_direction: Option<SortDirection>,
    #[serde(default)]
    #[param(value_type = i64, required = false, default = 1, minimum = 1)]
    pub page: PageNumber,
    #[serde(default)]
    #[param(value_type = i64, required = false, default = 20, minimum = 1, maximum = 100)]
    pub page_size: PageLimit<20>,
}

/// The payer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Routed {
    #[default]
    Paid,
    NoCost,
    Oss,
    ExternalCopilot,
    ExternalCodex,
    ExternalByok,
    ExternalAzure,
    ExternalUnknown,
    All,
}

/// The payer of one thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "the contract has words that nothing here has a cause for")]
pub enum RoutedSource {
    Paid,
    NoCost,
    Oss,
    ExternalCopilot,
    ExternalCodex,
    ExternalByok,
    ExternalAzure,
    ExternalUnknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AgentType {
    Build,
    Captain,
    Review,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum SortBy {
    LastActivity,
    Cost,
    Name,
    Diff,
    Owner,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SortDirection {
    Asc,
    Desc,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
pub enum Currency {
    #[serde(rename = "USD")]
    Usd,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UsageResponse {
    pub org_id: String,
    pub from: String,
    pub to: String,
    pub currency: Currency,
    pub routed: Routed,
    pub totals: Amounts,
    /// Creators of threads that were active in the period, at most 1,000.
    pub users: Vec<UserUsage>,
    pub items: Vec<ThreadUsage>,
    pub total: i64,
    pub page: i64,
    pub page_size: i64,
    pub total_pages: i64,
}

/// Amounts in US dollars. Calls without a known price are missing.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Amounts {
    pub llm_dollars: f64,
    /// Always 0: there are no machines.
    pub vm_dollars: f64,
    pub total_dollars: f64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserUsage {
    pub llm_dollars: f64,
    /// Always 0: there are no machines.
    pub vm_dollars: f64,
    pub total_dollars: f64,
    pub user_id: String,
    pub user_type: UserType,
    #[schema(required = true)]
    pub name: Option<String>,
    #[schema(required = true)]
    pub email: Option<String>,
    #[schema(required = true)]
    pub image_url: Option<String>,
    pub is_service_user: bool,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ThreadUsage {
    pub llm_dollars: f64,
    /// Always 0: there are no machines.
    pub vm_dollars: f64,
    pub total_dollars: f64,
    pub jam_id: String,
    #[schema(required = true)]
    pub jam_title: Option<String>,
    #[schema(required = true)]
    pub jam_status: Option<String>,
    #[schema(required = true)]
    pub jam_agent_type: Option<String>,
    #[schema(required = true)]
    pub jam_project_id: Option<String>,
    #[schema(required = true)]
    pub jam_created_at: Option<String>,
    #[schema(required = true)]
    pub jam_updated_at: Option<String>,
    pub user_id: String,
    pub user_type: UserType,
    #[schema(required = true)]
    pub user_name: Option<String>,
    #[schema(required = true)]
    pub user_email: Option<String>,
    #[schema(required = true)]
    pub user_image_url: Option<String>,
    pub is_service_user: bool,
    #[schema(required = true)]
    pub task_id: Option<String>,
    #[schema(required = true)]
    pub task_project_id: Option<String>,
    #[schema(required = true)]
    pub task_number: Option<i64>,
    #[schema(required = true)]
    pub task_title: Option<String>,
    pub last_activity_at: String,
    /// Number of models used in the period.
    pub model_count: i64,
    /// Always null: there are no diffs.
    #[schema(schema_with = schema::diff_summary, required = true)]
    pub diff_summary_by_mode: Option<()>,
    pub routed_source: RoutedSource,
    /// Null for a thread without a known cost.
    #[schema(schema_with = schema::routed_spend, required = true)]
    pub routed_spend_dollars: Option<RoutedSpend>,
}

/// The cost of a thread by its payer.
#[derive(Serialize)]
pub struct RoutedSpend {
    pub paid: f64,
}
