//! Who may speak: keys and members.

use domain::{Timestamp, caller::Scope, project::Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Budget,
    budget::shown,
    schema::{self, Id},
};

/// A credential of the project, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct Key {
    pub id: Id,
    pub name: String,
    #[schema(value_type = Vec<schema::Scope>)]
    pub scopes: Vec<Scope>,
    /// The beginning of the secret.
    pub prefix: String,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub revoked_at: Option<Timestamp>,
    /// The only agent that the key is for. Absent: the key is for the whole project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<Id>,
    /// The external agents whose program has the key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub agents: Vec<Id>,
    /// The most that model calls for the key's messages may use.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
    /// The key that this one replaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replaces: Option<Id>,
}

/// A key that was made just now.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyMade {
    #[serde(flatten)]
    pub key: Key,
    /// The secret, to be sent as `Authorization: Bearer …`. No later answer shows it.
    pub secret: String,
}

/// A key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    pub name: String,
    /// At least one scope. The caller's own key must have each of them, except `agent`. The scope `agent` combines with no other.
    #[schema(value_type = Vec<schema::Scope>)]
    pub scopes: Vec<Scope>,
    /// The beginning of the secret, for clients that check it: `capy`, `evr_pat`. Absent: `tl`.
    #[serde(default)]
    pub prefix: Option<String>,
    /// The time at which the key expires. Absent: never.
    #[serde(default)]
    #[schema(value_type = Option<schema::Time>)]
    pub expires_at: Option<Timestamp>,
    /// Another project. Only an administrator of the installation may name one.
    #[serde(default)]
    pub project: Option<Id>,
    /// The only agent that the key is to be for, by its id or its name. The key sees and begins threads of this agent, in the dialects
    /// that have channels for one agent. It must not have the scope `admin`. A name is looked up in the caller's project.
    #[serde(default)]
    pub agent: Option<String>,
    /// With the scope `agent`, and only with it: the external agents whose program gets the key, each by its id or its name.
    #[serde(default)]
    pub agents: Option<Vec<String>>,
    /// A key of the same project, for the same agent or for none, revoked or not. Threads that it has begun in its agent's channel belong
    /// to the new key too.
    #[serde(default)]
    pub replaces: Option<Id>,
}

/// Changes of a key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyPatch {
    /// The new budgets as a whole. They hold for turns whose first message the key sends, from the next model call on.
    pub budgets: Vec<Budget>,
}

/// A person of the project. A key with the scope `impersonate` can speak for the person.
#[derive(Debug, Serialize, ToSchema)]
pub struct Member {
    pub id: Id,
    pub email: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The member's rights at the console.
    #[schema(value_type = schema::MemberRole)]
    pub role: Role,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
}

/// A link that signs a member in at the console, once.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignInLink {
    /// The whole link. Absent without the setting `public_url`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The path and the query of the link, to be put behind the server's address. No later answer shows it.
    pub path: String,
    #[schema(value_type = schema::Time)]
    pub expires_at: Timestamp,
}

/// A change of a member.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MemberPatch {
    /// The member's rights at the console. `admin` needs a key with all scopes.
    #[schema(value_type = schema::MemberRole)]
    pub role: Role,
}

/// A member to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMember {
    /// One bare e-mail address. Case does not matter.
    pub email: String,
    #[serde(default)]
    pub name: Option<String>,
    /// The member's rights at the console. `admin` needs a key with all scopes. Absent: `member`.
    #[serde(default)]
    #[schema(value_type = Option<schema::MemberRole>)]
    pub role: Option<Role>,
}

impl From<domain::caller::Key> for Key {
    fn from(key: domain::caller::Key) -> Self {
        Self {
            id: Id(key.id.0),
            name: key.name,
            scopes: key.scopes.iter().collect(),
            prefix: key.prefix,
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            agent: key.agent.map(|id| Id(id.0)),
            agents: key.agents.into_iter().map(|id| Id(id.0)).collect(),
            budgets: shown(key.budgets),
            replaces: key.replaces.map(|id| Id(id.0)),
        }
    }
}

impl From<domain::project::Member> for Member {
    fn from(member: domain::project::Member) -> Self {
        Self {
            id: Id(member.id.0),
            email: member.email,
            name: member.name,
            role: member.role,
            created_at: member.created_at,
        }
    }
}
