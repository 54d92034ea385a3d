//! Authors of messages.

use serde::{Deserialize, Serialize};

use crate::{AgentId, ContactId, CustomerId, KeyId, Map, MemberId};

/// The author of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Author {
    /// A program with a key of the project, speaking for itself.
    Key {
        key: KeyId,
    },
    /// A person of the project. `impersonated_by` is the key that spoke for the member.
    Member {
        member: MemberId,
        email: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        impersonated_by: Option<KeyId>,
    },
    /// A person outside the project. `contact` is the address of the message, if it had one.
    Customer {
        customer: CustomerId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<ContactId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// A person outside the project about whom only the thread is known.
    Guest {},
    Agent {
        agent: AgentId,
    },
}

/// A person in another system for whom a message was sent (Everruns `external_actor`). Stored as sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalActor {
    pub actor_id: String,
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String>>,
}
