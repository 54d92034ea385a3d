//! Who is asking.

use crate::{AgentId, CustomerId, Error, KeyId, ProjectId, Result, ThreadId, Timestamp, controls::words};

words! {
    /// What a key may do.
    Scope {
        /// See threads, messages, agents.
        Read = "read",
        /// Send, create, change.
        Write = "write",
        /// Keys, members, projects, agents.
        Admin = "admin",
        /// Speak for a member of the project; a key of one agent: for the people whom its program serves.
        Impersonate = "impersonate",
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    pub const ALL: Self = Self(0b1111);
    /// See and say: what someone outside the project may do.
    pub const TALK: Self = Self(1 << Scope::Read as u8 | 1 << Scope::Write as u8);

    pub fn of(scopes: &[Scope]) -> Self {
        Self(scopes.iter().fold(0, |bits, scope| bits | (1 << *scope as u8)))
    }

    pub fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// Whether every scope of `other` is among these.
    pub fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The set as one byte; [`Self::from_bits`] reads it.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Bits that stand for no scope are dropped.
    pub fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// The scopes that are in both sets.
    pub fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |s| self.has(*s))
    }

    /// Reads `read,write`. Unknown words are `None`.
    pub fn parse(text: &str) -> Option<Self> {
        let scopes: Option<Vec<Scope>> = text.split(',').map(str::trim).map(Scope::parse).collect();
        scopes.map(|s| Self::of(&s))
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<&str> = self.iter().map(Scope::as_str).collect();
        f.write_str(&words.join(","))
    }
}

/// A credential, as it is stored: the secret only as a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub id: KeyId,
    pub project: ProjectId,
    pub name: String,
    pub scopes: Scopes,
    /// What the secret starts with (`tl`, `capy`, `evr_pat`), for clients that check.
    pub prefix: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    /// The only agent that it is good for; absent: for the whole project.
    pub agent: Option<AgentId>,
    /// The key that it was made to replace.
    pub replaces: Option<KeyId>,
    /// The first of those that it replaces one after the other; itself if it replaces none. What a program with one agent has begun
    /// belongs to the line.
    pub line: KeyId,
}

impl Key {
    /// What of the project it opens.
    pub fn subject(&self) -> Subject {
        self.agent.map_or(Subject::Project, Subject::Agent)
    }
}

/// What of the project a caller may know of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Subject {
    /// All of it.
    #[default]
    Project,
    /// One thread and nothing else: a guest, of whom nothing more is known.
    Thread(ThreadId),
    /// The threads that this customer takes part in.
    Customer(CustomerId),
    /// The threads in which this agent answers: a program that was given one agent.
    Agent(AgentId),
    /// Of the threads in which this agent answers those that this customer takes part in: a person whom such a program serves.
    EndUser { agent: AgentId, customer: CustomerId },
}

words! {
    /// The kinds of [`Subject`].
    SubjectKind {
        Project = "project",
        Agent = "agent",
        EndUser = "end_user",
        Customer = "customer",
        Guest = "guest",
    }
}

impl Subject {
    /// Whether it is a key's, and not one of the people whom a key or the project lets in.
    pub fn is_key(self) -> bool {
        matches!(self, Self::Project | Self::Agent(_))
    }

    pub fn kind(self) -> SubjectKind {
        match self {
            Self::Project => SubjectKind::Project,
            Self::Thread(_) => SubjectKind::Guest,
            Self::Customer(_) => SubjectKind::Customer,
            Self::Agent(_) => SubjectKind::Agent,
            Self::EndUser { .. } => SubjectKind::EndUser,
        }
    }

    /// The agent that a caller is bound to.
    pub fn agent(self) -> Option<AgentId> {
        match self {
            Self::Agent(agent) | Self::EndUser { agent, .. } => Some(agent),
            Self::Project | Self::Thread(_) | Self::Customer(_) => None,
        }
    }
}

/// A request's authenticated sender. Every operation of the engine takes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub project: ProjectId,
    /// The key that speaks, or that the caller's token hangs on. Nil for a guest whom the project let in without one.
    pub key: KeyId,
    pub scopes: Scopes,
    pub subject: Subject,
    /// The first key of the line that the key continues ([`Key::line`]).
    pub line: KeyId,
    /// When the token that speaks dies by itself; absent: it is a key, whose row says so.
    pub until: Option<Timestamp>,
}

impl Caller {
    /// For operations on the project: whatever is not meant for people outside it is closed to them by this alone.
    ///
    /// # Errors
    /// `forbidden` when the key lacks the scope, or the caller is bound to less than the project.
    pub fn require(&self, scope: Scope) -> Result<()> {
        match self.subject {
            Subject::Project => self.require_bound(scope),
            Subject::Thread(_) | Subject::Customer(_) => {
                Err(Error::forbidden("This token is good for a conversation alone"))
            }
            Subject::Agent(_) | Subject::EndUser { .. } => {
                Err(Error::forbidden("This key is good for conversations with one agent alone"))
            }
        }
    }

    /// For what belongs to conversations: those may do it, too, who are bound to one agent. The operation itself has to ask, in
    /// its transaction, whether the caller may know of the thread.
    ///
    /// # Errors
    /// `forbidden` when the key or the token lacks the scope, or the caller is bound to one thread or customer.
    pub fn require_of_agent(&self, scope: Scope) -> Result<()> {
        match self.subject.agent() {
            Some(_) => self.require_bound(scope),
            None => self.require(scope),
        }
    }

    /// For the few operations that people outside the project have too. The operation itself has to ask, in its transaction,
    /// whether the caller may know of the thread.
    ///
    /// # Errors
    /// `forbidden` when the key or the token lacks the scope.
    pub fn require_bound(&self, scope: Scope) -> Result<()> {
        match self.scopes.has(scope) {
            true => Ok(()),
            false => Err(Error::forbidden(format!("This key lacks the scope `{}`", scope.as_str()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_read_back() {
        assert_eq!(Scopes::parse("read, write").map(|s| s.to_string()).as_deref(), Some("read,write"));
        assert_eq!(Scopes::ALL.to_string(), "read,write,admin,impersonate");
        assert_eq!(Scopes::parse("read,root"), None);
        assert_eq!(Scopes::parse(""), None);
        assert_eq!(Scopes::TALK, Scopes::of(&[Scope::Read, Scope::Write]));
        assert_eq!(Scopes::TALK.both(Scopes::of(&[Scope::Read, Scope::Admin])), Scopes::of(&[Scope::Read]));
        assert!(Scopes::ALL.covers(Scopes::of(&[Scope::Read])) && !Scopes::of(&[Scope::Read]).covers(Scopes::ALL));
    }
}
