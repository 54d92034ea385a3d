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
    Verbosity of domain::controls::Verbosity: "How much the model writes.";
    Disclosure of domain::controls::Disclosure: "How much a failed turn tells the reader.";
    Per of domain::budget::Per: "The period of a budget. Days and months are those of UTC.";
    Owner of domain::budget::Owner: "The side that a budget belongs to. A guest is known by the thread alone.";
    Unit of domain::budget::Unit: "The unit of an amount.";
    Policy of domain::controls::Policy: "What a message does when a turn is open.";
    TurnState of domain::turn::State: "The state of a turn. The first three are open.";
    Role of domain::message::Role: "The one who speaks: a person or program, the agent, or a tool.";
    Ticket of domain::thread::Ticket: "The thread as a ticket of a help desk.";
    Color of domain::tag::Color: "The colour in which the project shows a tag.";
    ParticipantKind of domain::participant::Kind: "A program with a key, a person of the project, or one outside of it.";
    AuthorKind of domain::author::Kind: "The kind of an author: a key, a member, a customer, a guest or an agent.";
    Handling of domain::handling::Handling: "The side that speaks in a thread: its agent, or a person of the project.";
    Typing of domain::handling::Typing: "What a member types: a reply to the customer, a note, or nothing.";
    ClosedBy of domain::thread::ClosedBy: "`person`: somebody closed it. `lapsed`: its inactivity window ended.";
    Reopen of domain::agent::Reopen: "The side to which a customer's message reopens a closed thread. With `person`, a person is wanted and the agent goes on.";
    AgentKind of domain::agent::Kind: "The side that answers for the agent: a model, or the user's own program.";
    Runner of domain::agent::ToolKind: "The side that runs a call: the server from the script, the client, the server by an HTTP request, the server by a tool of its own, or the agent's own program.";
    Approval of domain::tool::Approval: "The calls for which a person's yes is needed. The server runs no call of a tool for which it is not `never`, because nobody can give the yes yet.";
    Method of domain::tool::Method: "The method of a tool's request.";
    Stop of domain::step::Stop: "The reason why a model stopped.";
    Warning of domain::step::Warning: "A fact about a model call that its caller should know.";
    DeltaKind of domain::event::DeltaKind: "The text of the message that a piece belongs to: what the model says, or what it thinks.";
    Standing of domain::receipt::Standing: "The state of a message. A message of a person is received. A message to people is pending, sent, failed, delivered or read.";
    DeliveryKind of domain::reminder::DeliveryKind: "The way by which it goes out.";
    DeliveryState of domain::reminder::DeliveryState: "The state of the delivery.";
    Fault of domain::fault::Fault: "How a scripted call of the model fails.";
    WebhookKind of domain::webhook::ProofKind: "The proof by which the endpoint knows the server.";
    Disabled of domain::webhook::Disabled: "The reason for which the webhook gets nothing: somebody disabled it, or the endpoint answered 410.";
    PostingOutcome of domain::webhook::Outcome: "The result of the request.";
    Scope of domain::caller::Scope: "A permission of a key.";
    ProviderKind of domain::provider::Kind: "The vendor whose API a provider speaks.";
    ProviderWire of domain::provider::Protocol: "How a provider is spoken to.";
    GuestPosition of domain::guests::Position: "A corner of a page.";
    Day of domain::guests::Day: "A day of the week.";
    MemberRole of domain::project::Role: "A member's rights at the console: `member` reads, answers and changes threads, `admin` may do everything.";
}

/// The side that runs a tool of an agent.
pub struct ToolKind;

impl PartialSchema for ToolKind {
    fn schema() -> RefOr<Schema> {
        use domain::agent::ToolKind::{BuiltIn, Client, Http, Scripted};
        let kinds = [Scripted, Client, Http, BuiltIn].map(|kind| kind.as_str());
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(kinds))
            .description(Some("The side that runs the tool: the server from the script, the client, the server by an HTTP request, or the server by a tool of its own."))
            .into()
    }
}

impl ToSchema for ToolKind {}
