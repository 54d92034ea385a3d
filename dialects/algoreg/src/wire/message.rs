//! Messages: letters on their way in, messages on their way out.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dialect_kit::Given;
use domain::{Kept, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, Type},
    },
};

/// A letter. No field is required by itself, other fields are ignored, and null is the same as absent, but for
/// `set_reminder`.
#[derive(Deserialize, ToSchema)]
pub struct MessageInput {
    pub attachments: Option<Vec<MessageInputAttachment>>,
    /// Addresses separated by commas or semicolons, as `to` and `cc`.
    pub bcc: Option<String>,
    pub cc: Option<String>,
    /// Plain text.
    pub content: Option<String>,
    /// The delivery that is asked for: a string or an object, kept as sent.
    #[schema(schema_with = string_or_object)]
    pub delivery: Option<RequestedDelivery>,
    /// The sender's own name for the message. The same name with the same body is the same message.
    pub ext_msg_id: Option<String>,
    pub from: Option<String>,
    /// The project's own id of the customer who writes.
    pub from_customer_id: Option<String>,
    pub mailbox_id: Option<String>,
    pub priority: Option<i64>,
    pub read: Option<bool>,
    /// The `ext_msg_id` of the message that this one answers.
    pub reply_to_ext_msg_id: Option<String>,
    /// Sets the thread's reminder; null clears it; absent leaves it.
    #[serde(default)]
    #[schema(value_type = Option<ThreadReminderInput>)]
    pub set_reminder: Given<ThreadReminderInput>,
    pub subject: Option<String>,
    #[schema(format = "uuid")]
    pub thread_id: Option<String>,
    pub to: Option<String>,
}

/// What to change of a message. Other fields are ignored; null is the same as absent.
#[derive(Deserialize, ToSchema)]
pub struct MessageUpdate {
    /// Another text. Only of the project's own message that waits to be sent, as `delivery` and `subject`.
    pub content: Option<String>,
    #[schema(schema_with = string_or_object)]
    pub delivery: Option<RequestedDelivery>,
    pub priority: Option<i64>,
    pub read: Option<bool>,
    pub subject: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub struct MessageInputAttachment {
    /// Base64 of the standard alphabet, with padding and without white space.
    #[schema(value_type = String, content_encoding = "base64")]
    pub file: Base64,
    #[schema(min_length = 1)]
    pub name: String,
}

/// The bytes; `None` for what is not Base64. Decoded with the body, on the thread that large bodies are decoded on.
#[derive(Deserialize)]
#[serde(from = "String")]
pub struct Base64(pub Option<Vec<u8>>);

impl From<String> for Base64 {
    fn from(text: String) -> Self {
        Self(STANDARD.decode(text).ok())
    }
}

/// A timer: after `delay` seconds without a message from the customer it fires, `number_left` times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
pub struct ThreadReminderInput {
    #[schema(minimum = 0)]
    pub delay: i64,
    #[schema(minimum = 1)]
    pub number_left: i64,
}

#[derive(Deserialize)]
#[serde(try_from = "Kept")]
pub struct RequestedDelivery(pub Kept);

impl TryFrom<Kept> for RequestedDelivery {
    type Error = &'static str;

    fn try_from(value: Kept) -> Result<Self, Self::Error> {
        if value.is_string() || value.is_object() { Ok(Self(value)) } else { Err("expected a string or an object") }
    }
}

fn string_or_object() -> Schema {
    let of = |kind| ObjectBuilder::new().schema_type(kind).build();
    let choices = [Type::String, Type::Object, Type::Null].map(of);
    choices.into_iter().fold(OneOfBuilder::new(), OneOfBuilder::item).description(Some("Kept as sent")).build().into()
}

/// A page of a thread's messages, the oldest first.
#[derive(Serialize, ToSchema)]
pub struct Messages {
    pub messages: Vec<Message>,
    /// How many messages the thread has.
    pub total: i64,
}

/// A message, whatever door it came in by.
#[derive(Serialize, ToSchema)]
pub struct Message {
    /// The number of the agent that said it, or for whom a program or a member did; null for a customer's message.
    #[schema(required = true)]
    pub agent_id: Option<i64>,
    pub attachments: Vec<Attachment>,
    #[schema(required = true)]
    pub bcc: Option<String>,
    #[schema(required = true)]
    pub cc: Option<String>,
    pub content: String,
    #[schema(value_type = String, format = "date-time")]
    pub created_at: Timestamp,
    /// Our state of it: `pending`, `sent` or `failed`; null where none is owed.
    #[schema(required = true, value_type = Option<String>)]
    pub delivery: Option<&'static str>,
    #[schema(required = true)]
    pub error_when_trying_to_send: Option<String>,
    #[schema(required = true)]
    pub external_message_id: Option<String>,
    #[schema(required = true)]
    pub from: Option<String>,
    #[schema(format = "uuid")]
    pub id: String,
    #[schema(required = true)]
    pub mailbox_id: Option<String>,
    /// The door it came in by; null for what the agent said.
    #[schema(required = true)]
    pub origin: Option<String>,
    pub priority: i64,
    /// Null: no message has come by mail.
    #[schema(required = true)]
    pub raw_message: Option<String>,
    pub read_by_agents: Vec<i64>,
    #[schema(required = true)]
    pub reply_to_external_message_id: Option<String>,
    #[schema(required = true)]
    pub subject: Option<String>,
    #[schema(required = true)]
    pub to: Option<String>,
}

/// The bytes of a file.
pub struct Bytes;

impl PartialSchema for Bytes {
    fn schema() -> RefOr<Schema> {
        let format = SchemaFormat::KnownFormat(KnownFormat::Binary);
        ObjectBuilder::new().schema_type(Type::String).format(Some(format)).build().into()
    }
}

impl ToSchema for Bytes {}

#[derive(Serialize, ToSchema)]
pub struct Attachment {
    pub attachment_movements: AttachmentMovements,
    pub file_mime: String,
    pub file_name: String,
    /// Null: nothing here looks into files.
    #[schema(required = true)]
    pub file_not_dangerous: Option<bool>,
    pub file_size: i64,
    /// The first half of `file_mime`.
    pub file_type: String,
    #[schema(format = "uuid")]
    pub id: String,
}

/// Where an attachment was moved to: always nowhere.
#[derive(Default, Serialize, ToSchema)]
pub struct AttachmentMovements {
    pub movements: Vec<AttachmentMovement>,
    pub total: i64,
}

#[derive(Serialize, ToSchema)]
pub struct AttachmentMovement {
    pub agent_id: i64,
    pub customer_id: String,
    pub file_id: String,
}
