//! The filter of a list of threads.

use dialect_kit::fields::{PageLimit, Text};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    field::{Email, SafeInteger},
    schema,
    thread::ThreadStatus,
};

#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ListThreadsQuery {
    #[serde(default)]
    #[param(value_type = i64, required = false, default = 20, minimum = 1, maximum = 100)]
    pub limit: PageLimit<20>,
    /// `nextCursor` of the previous page.
    #[serde(default)]
    #[param(nullable = false)]
    pub cursor: Option<String>,
    pub project_id: String,
    #[serde(default)]
    #[param(inline, nullable = false)]
    pub status: Option<ThreadStatus>,
    /// Matches nothing, because there are no pull requests.
    #[serde(default)]
    #[param(value_type = i64, required = false)]
    pub pr_number: Option<SafeInteger>,
    /// Matches nothing, because there are no pull requests.
    #[serde(default)]
    #[param(nullable = false)]
    pub branch: Option<String>,
    /// Matches nothing, because no Slack workspace is connected.
    #[serde(default)]
    #[param(nullable = false)]
    pub slack_thread_ts: Option<String>,
    /// Only threads that this key, member or customer created. Must not be combined with `authorEmail`.
    #[serde(default)]
    #[param(value_type = String, required = false, min_length = 1)]
    pub author_id: Option<Text>,
    /// Only threads that the member with this address created.
    #[serde(default)]
    #[param(schema_with = schema::email, required = false)]
    pub author_email: Option<Email>,
    /// Only threads in which this key, member or customer wrote. Must not be combined with `participantEmail`.
    #[serde(default)]
    #[param(value_type = String, required = false, min_length = 1)]
    pub participant_id: Option<Text>,
    /// Only threads in which the member with this address wrote.
    #[serde(default)]
    #[param(schema_with = schema::email, required = false)]
    pub participant_email: Option<Email>,
    /// Every thread has the origin `api`.
    #[serde(default)]
    #[param(inline, nullable = false)]
    pub origin: Option<ThreadOrigin>,
    /// Every thread has the state `none`.
    #[serde(default)]
    #[param(inline, nullable = false)]
    pub pr_state: Option<PrState>,
    #[serde(default)]
    #[param(value_type = String, required = false, min_length = 1)]
    pub tag: Option<Text>,
    /// Matches nothing, because no Slack workspace is connected.
    #[serde(default)]
    #[param(value_type = String, required = false, min_length = 1)]
    pub slack_channel_id: Option<Text>,
    /// Only threads with this text in their title or in a message; case does not matter.
    #[serde(default)]
    #[param(nullable = false)]
    pub q: Option<String>,
}

impl ListThreadsQuery {
    /// The part of the query that selects threads. A cursor is valid only for the same selection.
    pub fn shown(&self) -> String {
        let texts = [&self.branch, &self.slack_thread_ts, &self.q];
        let given = [&self.author_id, &self.participant_id, &self.tag, &self.slack_channel_id];
        let given = given.map(|given| given.as_ref().map(|given| &given.0));
        let emails = [&self.author_email, &self.participant_email].map(|email| email.as_ref().map(|email| &email.0));
        format!("{:?}", (self.status, self.origin, self.pr_state, self.pr_number.is_some(), texts, given, emails))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ThreadOrigin {
    Web,
    Slack,
    Api,
    Linear,
    Automation,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PrState {
    Open,
    Merged,
    Closed,
    None,
}
