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

/// Whose turn it is: 0 Open (the project's), 1 Waiting (the customer's), 2 Reminder (a reminder came due), 3 Closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct Status(pub Ticket);

/// The vendor tells the names of the four, and not their numbers: these are ours.
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

/// A thread to be made, or what to change of one. Other fields are ignored; null is the same as absent, but for `reminder`.
#[derive(Deserialize, ToSchema)]
pub struct ThreadInput {
    /// What the project says to itself: no message.
    pub comment: Option<String>,
    /// The project's own ids of customers. With `customer_ids`: who takes part from now on, in place of all others.
    pub customer_external_ids: Option<Vec<String>>,
    pub customer_ids: Option<Vec<String>>,
    /// Sets the thread's reminder; null clears it.
    #[serde(default)]
    #[schema(value_type = Option<ThreadReminderInput>)]
    pub reminder: Given<ThreadReminderInput>,
    pub status: Option<Status>,
    /// The title.
    pub subject: Option<String>,
    /// In place of all that it carries.
    pub tag_codes: Option<Vec<String>>,
}

/// Which threads to find. Absent and null let all through; other fields are ignored.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct ThreadSearch {
    pub customer_external_id: Option<String>,
    pub customer_id: Option<String>,
    /// An address of one of the thread's customers.
    pub email: Option<String>,
    /// The `ext_msg_id` of one of the thread's messages.
    pub external_message_id: Option<String>,
    /// 50 when absent.
    #[schema(value_type = Option<i64>, minimum = 1, maximum = 100, default = 50)]
    pub limit: Option<PageLimit<50>>,
    /// 0 when absent.
    #[schema(value_type = Option<i64>, minimum = 0, default = 0)]
    pub offset: Option<Offset>,
    pub status: Option<Status>,
    /// Part of the title; case does not matter.
    pub subject: Option<String>,
    pub tag_code: Option<String>,
}

/// A page of the threads that were found, the newest first.
#[derive(Serialize, ToSchema)]
pub struct Threads {
    pub threads: Vec<Thread>,
    /// How many there are to find.
    pub total: i64,
}

/// A conversation between the project and its customers.
#[derive(Serialize, ToSchema)]
pub struct Thread {
    /// The number of the agent that answers in it.
    #[schema(required = true)]
    pub agent_id: Option<i64>,
    /// The files of its messages. Empty in what a search finds.
    pub attachments: Vec<Attachment>,
    /// The project.
    #[schema(format = "uuid")]
    pub client_id: String,
    /// The addresses of its customers: who may be written to.
    pub contacts: Vec<Contact>,
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Timestamp,
    pub customers: Vec<Customer>,
    /// The `ext_msg_id`s of its messages.
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
    /// When something last happened in it.
    #[schema(value_type = String, format = "date-time")]
    pub updated_at: Timestamp,
}

/// A timer, as it stands.
#[derive(Serialize, ToSchema)]
pub struct ThreadReminder {
    /// Seconds.
    pub delay: i64,
    #[schema(value_type = String, format = "date-time")]
    pub due_at: Timestamp,
    pub number_left: i64,
}
