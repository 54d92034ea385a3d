//! Something said in a thread.

use domain::{Map, Timestamp, controls::Policy, message::Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Controls, Delivery, Envelope, Part, Receipt,
    schema::{self, Id},
};

/// Something said in a thread, with every field that came with it through any dialect.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    pub id: Id,
    pub thread: Id,
    /// The entry of the thread's log that is this message.
    pub seq: i64,
    #[schema(value_type = schema::Role)]
    pub role: Role,
    pub author: Author,
    /// The parts, in the order in which they were said.
    pub content: Vec<Part>,
    /// The thinking parts of `content`, joined by blank lines. Deprecated: it goes with version 0.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking: Option<Thinking>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub controls: Option<Controls>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Map>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_actor: Option<ExternalActor>,
    /// The participant whom the message is addressed to, as sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addressed_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub envelope: Option<Envelope>,
    /// The dialect through which the message came in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "native")]
    pub door: Option<String>,
    /// The sender's own name for the message within the thread.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The sender's choice for the case that a turn was open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Policy>)]
    pub when_busy: Option<Policy>,
    /// Whether the turn ended before the model had finished the message.
    pub interrupted: bool,
    /// The code of the failure, for the message that a failed turn leaves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// The model that said it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn: Option<Id>,
    /// The delivery of an e-mail to the outside. It changes, so events do not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    /// The receipt of a message that was said to people. It changes, so events do not have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub receipt: Option<Receipt>,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
}

/// A message that a search found.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageHit {
    #[serde(flatten)]
    pub message: Message,
    /// Where the sought text stands, in order, at most 100 places. Empty if it reaches over several parts.
    pub places: Vec<Place>,
}

/// A place of the sought text: characters (Unicode code points) of a part's text, link or file name.
#[derive(Debug, Serialize, ToSchema)]
pub struct Place {
    /// The number of the part in `content`, from 0.
    pub part: usize,
    /// The first character, from 0.
    pub start: usize,
    /// The character behind the last.
    pub end: usize,
}

/// The one who said a message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Author {
    /// A program with a key, speaking for itself.
    Key {
        key: Id,
    },
    /// A person of the project. `impersonated_by` is the key that spoke for the person.
    Member {
        member: Id,
        email: String,
        /// The member's name when the message was said.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        impersonated_by: Option<Id>,
    },
    /// A person outside the project.
    Customer {
        customer: Id,
        #[serde(skip_serializing_if = "Option::is_none")]
        contact: Option<Id>,
        #[serde(skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// A person outside the project who was let into this thread. Nothing more is known of the person.
    Guest {},
    Agent {
        agent: Id,
    },
}

/// A model's thinking, with its provider's signature where the thinking has exactly one part.
#[derive(Debug, Serialize, ToSchema)]
pub struct Thinking {
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

/// An actor of another system, in whose name a message was sent. The server only stores it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalActor {
    pub actor_id: String,
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, String>>)]
    pub metadata: Option<Map<String>>,
}
