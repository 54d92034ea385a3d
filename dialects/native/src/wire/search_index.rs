//! The index of searches.

use domain::Timestamp;
use engine::app::search_index::Progress;
use serde::Serialize;
use utoipa::ToSchema;

use super::schema;

/// How far the project's messages are indexed for searches. A search reads what is not indexed, so it finds the same at any time.
#[derive(Debug, Serialize, ToSchema)]
pub struct SearchIndex {
    /// The time of the project's oldest message. Null without messages.
    #[schema(required, value_type = Option<schema::Time>)]
    pub oldest: Option<Timestamp>,
    /// The time of the newest.
    #[schema(required, value_type = Option<schema::Time>)]
    pub newest: Option<Timestamp>,
    /// The time of the newest indexed message. Null: nothing is indexed.
    #[schema(required, value_type = Option<schema::Time>)]
    pub indexed_to: Option<Timestamp>,
    /// Whether messages that are older than the limit `search_lag_s` are not indexed.
    pub is_behind: bool,
    /// The indexed part of the time from the oldest message to the newest, in whole percent.
    pub percent: u8,
}

impl From<Progress> for SearchIndex {
    fn from(progress: Progress) -> Self {
        let Progress { oldest, newest, indexed_to, is_behind, percent } = progress;
        Self { oldest, newest, indexed_to, is_behind, percent }
    }
}
