//! Authors of messages.

use serde::{Deserialize, Serialize};

use crate::{AgentId, ContactId, CustomerId, KeyId, Map, MemberId, controls::words};

/// The author of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", try_from = "AuthorFields")]
pub enum Author {
    /// A program with a key of the project, speaking for itself.
    Key {
        key: KeyId,
    },
    /// A person of the project, with the name of that time. `impersonated_by` is the key that spoke for the member.
    Member {
        member: MemberId,
        email: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
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

impl Author {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Key { .. } => Kind::Key,
            Self::Member { .. } => Kind::Member,
            Self::Customer { .. } => Kind::Customer,
            Self::Guest {} => Kind::Guest,
            Self::Agent { .. } => Kind::Agent,
        }
    }

    /// The key that sent the message, for itself or for a member.
    pub fn key(&self) -> Option<KeyId> {
        match self {
            Self::Key { key } => Some(*key),
            Self::Member { impersonated_by, .. } => *impersonated_by,
            Self::Customer { .. } | Self::Guest {} | Self::Agent { .. } => None,
        }
    }
}

words! {
    /// The kind of an author.
    Kind { Key = "key", Member = "member", Customer = "customer", Guest = "guest", Agent = "agent" }
}

/// Every field that an author may have. serde's own way to read a tagged type would buffer them, for every message of a page.
#[derive(Deserialize)]
struct AuthorFields {
    kind: Kind,
    key: Option<KeyId>,
    member: Option<MemberId>,
    email: Option<String>,
    name: Option<String>,
    impersonated_by: Option<KeyId>,
    customer: Option<CustomerId>,
    contact: Option<ContactId>,
    address: Option<String>,
    agent: Option<AgentId>,
}

impl TryFrom<AuthorFields> for Author {
    type Error = String;

    fn try_from(fields: AuthorFields) -> Result<Self, String> {
        let kind = fields.kind;
        fields.read().ok_or_else(|| format!("an author of kind {kind:?} lacks a field"))
    }
}

impl AuthorFields {
    fn read(self) -> Option<Author> {
        let Self { contact, address, impersonated_by, name, .. } = self;
        Some(match self.kind {
            Kind::Key => Author::Key { key: self.key? },
            Kind::Member => Author::Member { member: self.member?, email: self.email?, name, impersonated_by },
            Kind::Customer => Author::Customer { customer: self.customer?, contact, address },
            Kind::Guest => Author::Guest {},
            Kind::Agent => Author::Agent { agent: self.agent? },
        })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_author_is_read_as_it_was_written() {
        let (key, member) = (KeyId(uuid::Uuid::from_u128(1)), MemberId(uuid::Uuid::from_u128(2)));
        let (customer, agent) = (CustomerId(uuid::Uuid::from_u128(3)), AgentId(uuid::Uuid::from_u128(4)));
        let authors = [
            Author::Key { key },
            Author::Member {
                member,
                email: "a@example.com".into(),
                name: Some("A".into()),
                impersonated_by: Some(key),
            },
            Author::Member { member, email: "a@example.com".into(), name: None, impersonated_by: None },
            Author::Customer { customer, contact: None, address: Some("b@example.com".into()) },
            Author::Guest {},
            Author::Agent { agent },
        ];
        for author in authors {
            let written = serde_json::to_string(&author).expect("JSON");
            assert_eq!(serde_json::from_str::<Author>(&written).ok(), Some(author), "{written}");
        }
    }

    #[test]
    fn an_author_without_its_fields_or_of_another_kind_is_not_read() {
        for written in [r#"{"kind":"key"}"#, r#"{"kind":"robot"}"#, "{}"] {
            assert!(serde_json::from_str::<Author>(written).is_err(), "{written}");
        }
    }
}
