//! Threads.

use dialect_kit::{
    Given,
    fields::{Offset, PageLimit},
};
use domain::{Timestamp, thread::Ticket};
use serde::{Deserialize, Serialize, Serializer};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ObjectBuilder, Type},
    },
};

use super::{Attachment, Contact, Customer, Message, ThreadReminderInput};

/// 0 Open (the project has to answer), 1 Waiting (for the customer), 2 Reminder (a reminder is due), 3 Closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct Status(pub Ticket);

/// The vendor documents the four names but no numbers. These numbers are our choice.
const NUMBERS: [(i64, Ticket); 4] =
    [(0, Ticket::Open), (1, Ticket::Waiting), (2, Ticket::Reminder), (3, Ticket::Closed)];

impl TryFrom<i64> for Status {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        let at = NUMBERS.into_iter().find(|(own, _)| *own == number);
        at.map(|(_, ticket)| Self(ticket)).ok_or("must be 0 (Open), 1 (Waiting), 2 (Reminder) or 3 (Closed)")
    }
}

impl Serialize for Status {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let at = NUMBERS.into_iter().find(|(_, ticket)| *ticket == self.0);
        serializer.serialize_i64(at.map_or(0, |(number, _)| number))
    }
}

impl PartialSchema for Status {
    fn schema() -> RefOr<Schema> {
        let words = "0 Open, 1 Waiting, 2 Reminder, 3 Closed";
        let numbers = ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some(0..=3)).description(Some(words));
        numbers.build().into()
    }
}

impl ToSchema for Status {}

/// A new thread, or the fields of one to change. Other fields are ignored. Null means absent, except for `reminder`.
#[derive(Deserialize, ToSchema)]
pub struct ThreadInput {
    /// A note of the project, not a message.
    pub comment: Option<String>,
    /// The project's own ids of customers. Together with `customer_ids`, they replace all customers of the thread.
    pub customer_external_ids: Option<Vec<String>>,
    pub customer_ids: Option<Vec<String>>,
    /// Sets the thread's reminder. Null clears it.
    #[serde(default)]
    #[schema(value_type = Option<ThreadReminderInput>)]
    pub reminder: Given<ThreadReminderInput>,
    pub status: Option<Status>,
    /// The thread's title.
    pub subject: Option<String>,
    /// Replaces all tags of the thread.
    pub tag_codes: Option<Vec<String>>,
}

/// The filter of a search. Absent and null filters match every thread; other fields are ignored.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct ThreadSearch {
    pub customer_external_id: Option<String>,
    pub customer_id: Option<String>,
    /// Only threads of a customer with this address.
    pub email: Option<String>,
    /// Only threads that contain a message with this `ext_msg_id`.
    pub external_message_id: Option<String>,
    /// Default: 50.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 100, default = 50)]
    pub limit: Option<PageLimit<50>>,
    /// Default: 0.
    #[schema(value_type = Option<i64>, minimum = 0, default = 0)]
    pub offset: Option<Offset>,
    pub status: Option<Status>,
    /// Only threads whose title contains this text; case does not matter.
    pub subject: Option<String>,
    pub tag_code: Option<String>,
}

/// A page of the found threads, newest first.
#[derive(Serialize, ToSchema)]
pub struct Threads {
    pub threads: Vec<Thread>,
    /// Number of matching threads.
    pub total: i64,
}

/// A conversation between the project and its customers.
#[derive(Serialize, ToSchema)]
pub struct Thread {
    /// Number of the agent that answers in the thread.
    #[schema(required = true)]
    pub agent_id: Option<i64>,
    /// Files of the thread's messages. Empty in the results of a search.
    pub attachments: Vec<Attachment>,
    /// The project's id.
    #[schema(format = "uuid")]
    pub client_id: String,
    /// Addresses of the thread's customers. A message may be addressed to these.
    pub contacts: Vec<Contact>,
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Timestamp,
    pub customers: Vec<Customer>,
    /// `ext_msg_id` of each message that has one.
    pub external_message_ids: Vec<String>,
    #[schema(format = "uuid")]
    pub id: String,
    #[schema(required = true)]
    pub last_message: Option<Message>,
    pub message_count: i64,
    #[schema(required = true)]
    pub reminder: Option<ThreadReminder>,
    pub status: Status,
    #[schema(required = true)]
    pub subject: Option<String>,
    pub tag_codes: Vec<String>,
    /// When the thread last changed.
    #[schema(value_type = String, format = "date-time")]
    pub updated_at: Timestamp,
}

/// A timer with its present state.
#[derive(Serialize, ToSchema)]
pub struct ThreadReminder {
    /// Seconds.
    pub delay: i64,
    #[schema(value_type = String, format = "date-time")]
    pub due_at: Timestamp,
    pub number_left: i64,
}
