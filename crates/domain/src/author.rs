//! Who said a message.

use serde::{Deserialize, Serialize};

use crate::{AgentId, ContactId, CustomerId, KeyId, Map, MemberId};

/// Who said a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Author {
    /// A program with a key of the project, speaking for itself.
    Key {
        key: KeyId,
    },
    /// A person of the project; `impersonated_by` is the key that spoke for them.
    Member {
        member: MemberId,
        email: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        impersonated_by: Option<KeyId>,
    },
    /// A person outside the project; `contact` is the address they wrote from, where there is one.
    Customer {
        customer: CustomerId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<ContactId>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        address: Option<String>,
    },
    /// A person outside the project of whom nothing is known but that they were let into this thread.
    Guest {},
    Agent {
        agent: AgentId,
    },
}

/// An actor of another system that a message was sent for (Everruns `external_actor`). Kept as sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalActor {
    pub actor_id: String,
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map<String>>,
}
