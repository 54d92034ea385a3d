//! Threads as tickets.

use dialect_kit::Given;
use domain::thread::Ticket;
use engine::app::reminders;
use serde::Deserialize;
use utoipa::ToSchema;

use super::schema::{self, Id};

/// Changes of a thread's ticket. Absent fields stay as they are.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TicketPatch {
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = schema::Ticket)]
    pub ticket: Option<Ticket>,
    /// The customers who take part, in place of those before. At most 50.
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = Vec<Id>)]
    pub customers: Option<Vec<Id>>,
    /// The new tags as a whole. The project need not know them.
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = Vec<String>)]
    pub tags: Option<Vec<String>>,
    /// The new timer. Null removes the timer.
    #[serde(default)]
    #[schema(value_type = Option<NewReminder>)]
    pub reminder: Given<NewReminder>,
    /// A note of the project for itself. It becomes an entry of the log, not a message.
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
