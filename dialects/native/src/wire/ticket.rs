//! Threads as tickets.

use dialect_kit::Given;
use domain::thread::Ticket;
use engine::app::reminders;
use serde::Deserialize;
use utoipa::ToSchema;

use super::schema::{self, Id};

/// What to change of a thread's ticket; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketPatch {
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = schema::Ticket)]
    pub ticket: Option<Ticket>,
    /// Who takes part, in place of those who did; at most 50.
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = Vec<Id>)]
    pub customers: Option<Vec<Id>>,
    /// In place of all that it carries; the project need not know them.
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = Vec<String>)]
    pub tags: Option<Vec<String>>,
    /// Null clears it.
    #[serde(default)]
    #[schema(value_type = Option<NewReminder>)]
    pub reminder: Given<NewReminder>,
    /// What the project says to itself: an entry of the log, and no message.
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = String)]
    pub comment: Option<String>,
}

/// A timer to be set.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReminder {
    pub delay_s: i64,
    pub number_left: i64,
}

impl From<NewReminder> for reminders::NewReminder {
    fn from(wire: NewReminder) -> Self {
        Self { delay_s: wire.delay_s, number_left: wire.number_left }
    }
}
