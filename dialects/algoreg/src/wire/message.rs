//! Messages as clients send them and as answers show them.

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

/// A message to send. No single field is required, and other fields are ignored. Null means absent, except for
/// `set_reminder`.
#[derive(Deserialize, ToSchema)]
pub struct MessageInput {
    pub attachments: Option<Vec<MessageInputAttachment>>,
    /// Addresses separated by commas or semicolons. The same holds for `to` and `cc`.
    pub bcc: Option<String>,
    pub cc: Option<String>,
    /// Plain text.
    pub content: Option<String>,
    /// The requested delivery, a string or an object. It is stored as sent.
    #[schema(schema_with = string_or_object)]
    pub delivery: Option<RequestedDelivery>,
    /// The sender's own id of the message. The same id with the same body creates no second message (idempotency).
    pub ext_msg_id: Option<String>,
    pub from: Option<String>,
    /// The project's own id of the customer who wrote the message.
    pub from_customer_id: Option<String>,
    pub mailbox_id: Option<String>,
    pub priority: Option<i64>,
    pub read: Option<bool>,
    /// `ext_msg_id` of the message that this one answers.
    pub reply_to_ext_msg_id: Option<String>,
    /// Sets the thread's reminder. Null clears the reminder; an absent field leaves it unchanged.
    #[serde(default)]
    #[schema(value_type = Option<ThreadReminderInput>)]
    pub set_reminder: Given<ThreadReminderInput>,
    pub subject: Option<String>,
    #[schema(format = "uuid")]
    pub thread_id: Option<String>,
    pub to: Option<String>,
}

/// The fields of a message to change. Other fields are ignored, and null means absent.
#[derive(Deserialize, ToSchema)]
pub struct MessageUpdate {
    /// The new text. `content`, `delivery` and `subject` can change only while the project's message waits to be sent.
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

/// The decoded bytes; `None` if the text is not Base64. Decoded with the body, on the thread for large bodies.
#[derive(Deserialize)]
#[serde(from = "String")]
pub struct Base64(pub Option<Vec<u8>>);

impl From<String> for Base64 {
    fn from(text: String) -> Self {
        Self(STANDARD.decode(text).ok())
    }
}

/// A timer. It fires after `delay` seconds without a message from the customer, and `number_left` times in all.
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

/// A page of a thread's messages, oldest first.
#[derive(Serialize, ToSchema)]
pub struct Messages {
    pub messages: Vec<Message>,
    /// Number of messages in the thread.
    pub total: i64,
}

/// A message, independent of the API through which it came.
#[derive(Serialize, ToSchema)]
pub struct Message {
    /// Number of the agent that spoke, or for which a program or a member spoke. Null for a customer's message.
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
    /// State of the delivery: `pending`, `sent` or `failed`. Null if the message has no delivery.
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
    /// The API through which the message came. Null for an agent's answer.
    #[schema(required = true)]
    pub origin: Option<String>,
    pub priority: i64,
    /// Always null, because no message came by mail.
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
    /// Always null: files are not scanned.
    #[schema(required = true)]
    pub file_not_dangerous: Option<bool>,
    pub file_size: i64,
    /// The first half of `file_mime`.
    pub file_type: String,
    #[schema(format = "uuid")]
    pub id: String,
}

/// The destination of a moved attachment. Always empty.
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
