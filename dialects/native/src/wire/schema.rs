//! Schemas of what the domain has its own types for.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        KnownFormat, ObjectBuilder, RefOr, Schema,
        schema::{SchemaFormat, Type},
    },
};
use uuid::Uuid;

/// An id in its plain spelling, the only one that the native API reads and writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Id(pub Uuid);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        domain::id::plain(&text).map(Self).ok_or_else(|| D::Error::custom("expected a UUID with hyphens"))
    }
}

impl PartialSchema for Id {
    fn schema() -> RefOr<Schema> {
        text("A UUID with hyphens.", KnownFormat::Uuid)
    }
}

impl ToSchema for Id {}

/// An instant.
pub struct Time;

impl PartialSchema for Time {
    fn schema() -> RefOr<Schema> {
        text("RFC 3339, UTC, six fraction digits. Read with any offset.", KnownFormat::DateTime)
    }
}

impl ToSchema for Time {}

/// Bytes as they are.
pub struct Bytes;

impl PartialSchema for Bytes {
    fn schema() -> RefOr<Schema> {
        text("The bytes of a file.", KnownFormat::Binary)
    }
}

impl ToSchema for Bytes {}

fn text(description: &str, format: KnownFormat) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .format(Some(SchemaFormat::KnownFormat(format)))
        .description(Some(description))
        .into()
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident of $words:ty: $description:literal;)*) => {$(
        #[doc = $description]
        pub struct $name;

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let words: Vec<&str> = <$words>::ALL.iter().map(|word| word.as_str()).collect();
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .enum_values(Some(words))
                    .description(Some($description))
                    .into()
            }
        }

        impl ToSchema for $name {}
    )*};
}

words! {
    Speed of domain::controls::Speed: "The service tier asked of the model.";
    Reasoning of domain::controls::Reasoning: "How much the model thinks before it answers.";
    Verbosity of domain::controls::Verbosity: "How much the model says.";
    Disclosure of domain::controls::Disclosure: "How much a failed turn tells the reader.";
    Policy of domain::controls::Policy: "What a message does when a turn is open.";
    TurnState of domain::turn::State: "The first three are open.";
    Role of domain::message::Role: "Who speaks.";
    Ticket of domain::thread::Ticket: "The thread as a ticket of a help desk.";
    Color of domain::tag::Color: "The colour in which the project shows a tag.";
    ParticipantKind of domain::participant::Kind: "A program with a key, a person of the project, or one outside of it.";
    ClosedBy of domain::thread::ClosedBy: "Someone closed it, or its inactivity window ended.";
    ToolKind of domain::agent::ToolKind: "Who runs the tool: the server from the script, or the client.";
    DeltaKind of domain::event::DeltaKind: "Which of a message's two texts a piece belongs to.";
    Standing of domain::receipt::Standing: "What people say has come in. What the project says waits, was sent, could not be, was given to a reader, was read.";
    DeliveryKind of domain::reminder::DeliveryKind: "By which way it goes out.";
    DeliveryState of domain::reminder::DeliveryState: "What has become of it.";
    Fault of domain::fault::Fault: "How a scripted call of the model fails.";
    WebhookKind of domain::webhook::ProofKind: "By what the endpoint knows that it is us.";
    Disabled of domain::webhook::Disabled: "Why it is told nothing: somebody asked for it, or the endpoint answered 410.";
    PostingOutcome of domain::webhook::Outcome: "What became of it.";
    Scope of domain::caller::Scope: "What a key may do.";
}
