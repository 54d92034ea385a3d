//! Callers: keys, their scopes, and the subjects of requests.

use uuid::Uuid;

use crate::{
    AgentId, CustomerId, Error, KeyId, MemberId, ProjectId, Result, SignInId, ThreadId, Timestamp, TurnId,
    budget::Budget, controls::words,
};

words! {
    /// A permission of a key.
    Scope {
        /// Read threads, messages and agents.
        Read = "read",
        /// Send, create and change.
        Write = "write",
        /// Manage keys, members, projects and agents.
        Admin = "admin",
        /// Speak for a member of the project. For a key of one agent: speak for its end users.
        Impersonate = "impersonate",
        /// Be the program of external agents: claim their turns and report. It combines with no other scope.
        Agent = "agent",
    }
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// All scopes that combine: every scope but `agent`.
    pub const ALL: Self = Self(0b1111);
    /// The scope of programs that are agents.
    pub const AGENT: Self = Self(1 << Scope::Agent as u8);
    /// Read and write, which people outside the project may do.
    pub const TALK: Self = Self(1 << Scope::Read as u8 | 1 << Scope::Write as u8);

    pub fn of(scopes: &[Scope]) -> Self {
        Self(scopes.iter().fold(0, |bits, scope| bits | (1 << *scope as u8)))
    }

    pub fn has(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }

    /// Tells whether every scope of `other` is in this set.
    pub fn covers(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The set as one byte, for [`Self::from_bits`].
    pub fn bits(self) -> u8 {
        self.0
    }

    /// The set of these bits. Unknown bits are dropped.
    pub fn from_bits(bits: u8) -> Self {
        Self(bits & (Self::ALL.0 | Self::AGENT.0))
    }

    /// The scopes that are in both sets.
    pub fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |s| self.has(*s))
    }

    /// Parses `read,write`. `None` for an unknown word.
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

/// A credential as stored, with the secret only as a hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub id: KeyId,
    pub project: ProjectId,
    pub name: String,
    pub scopes: Scopes,
    /// The prefix of the secret (`tl`, `capy`, `evr_pat`), for clients that check it.
    pub prefix: String,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    /// The only agent for which the key is valid. Absent: the whole project.
    pub agent: Option<AgentId>,
    /// The external agents whose program has the key. Empty without the scope `agent`, and where nobody is shown them.
    pub agents: Vec<AgentId>,
    /// The most that calls for the key's messages may use. Nobody is shown them where keys authenticate.
    pub budgets: Vec<Budget>,
    /// The key that this one replaced.
    pub replaces: Option<KeyId>,
    /// The first key of the line of replacements, or this key if it replaces none. Threads that a program started with
    /// one agent belong to the line.
    pub line: KeyId,
}

impl Key {
    /// The part of the project that the key opens.
    pub fn subject(&self) -> Subject {
        if self.scopes.has(Scope::Agent) {
            return Subject::ExternalAgent;
        }
        self.agent.map_or(Subject::Project, Subject::Agent)
    }
}

/// The part of the project that a caller may know of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Subject {
    /// The whole project.
    #[default]
    Project,
    /// Only one thread: a guest.
    Thread(ThreadId),
    /// Only the threads in which this customer takes part.
    Customer(CustomerId),
    /// Only the threads of this agent: a program with a key of the agent.
    Agent(AgentId),
    /// Only the threads of this agent in which this customer takes part: an end user of such a program.
    EndUser { agent: AgentId, customer: CustomerId },
    /// Only the turns of the key's external agents: the program that is the agent.
    ExternalAgent,
    /// Only this attempt of a turn: the program to which the turn was pushed.
    Attempt { turn: TurnId, attempt: i64 },
}

words! {
    /// The kinds of [`Subject`].
    SubjectKind {
        Project = "project",
        Agent = "agent",
        ExternalAgent = "external_agent",
        EndUser = "end_user",
        Customer = "customer",
        Guest = "guest",
    }
}

impl Subject {
    /// True for a key, false for a person whom a key or the project lets in.
    pub fn is_key(self) -> bool {
        matches!(self, Self::Project | Self::Agent(_) | Self::ExternalAgent)
    }

    pub fn kind(self) -> SubjectKind {
        match self {
            Self::Project => SubjectKind::Project,
            Self::Thread(_) => SubjectKind::Guest,
            Self::Customer(_) => SubjectKind::Customer,
            Self::Agent(_) => SubjectKind::Agent,
            Self::EndUser { .. } => SubjectKind::EndUser,
            Self::ExternalAgent | Self::Attempt { .. } => SubjectKind::ExternalAgent,
        }
    }

    /// The agent to which the caller is bound.
    pub fn agent(self) -> Option<AgentId> {
        match self {
            Self::Agent(agent) | Self::EndUser { agent, .. } => Some(agent),
            Self::Project | Self::Thread(_) | Self::Customer(_) | Self::ExternalAgent | Self::Attempt { .. } => None,
        }
    }
}

/// The authenticated sender of a request. Every operation of the engine takes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub project: ProjectId,
    /// The caller's key, or the key from which the caller's token was made. Nil for a guest without a key, and for a
    /// member.
    pub key: KeyId,
    pub scopes: Scopes,
    pub subject: Subject,
    /// The first key of the key's line ([`Key::line`]).
    pub line: KeyId,
    /// Expiry of the caller's token. Absent for a key, whose row has the expiry.
    pub until: Option<Timestamp>,
    /// The browser's sign-in at the console. Absent for keys and tokens.
    pub sign_in: Option<SignedIn>,
    /// The generation of the token of a thread. 0 for others.
    pub generation: u64,
}

/// The sign-in of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedIn {
    pub id: SignInId,
    /// The member who signed in by a link. Absent for a sign-in with a key.
    pub member: Option<MemberId>,
}

impl Caller {
    /// The member who is signed in.
    pub fn member(&self) -> Option<MemberId> {
        self.sign_in.and_then(|sign_in| sign_in.member)
    }

    /// True for the holder of a guest's token, without a key behind it.
    pub fn is_guest(&self) -> bool {
        matches!(self.subject, Subject::Thread(_)) && self.key.0.is_nil()
    }

    /// The id by which rates and shares know a caller who is bound to nobody outside the project: the member's, or the
    /// key's.
    pub fn sender(&self) -> Uuid {
        self.member().map_or(self.key.0, |member| member.0)
    }

    /// Guards operations on the whole project. This check alone closes them to all callers below the project.
    ///
    /// # Errors
    /// `forbidden` if the key lacks the scope, or the caller is bound to a part of the project.
    pub fn require(&self, scope: Scope) -> Result<()> {
        match self.subject {
            Subject::Project => self.require_bound(scope),
            Subject::Thread(_) | Subject::Customer(_) => {
                Err(Error::forbidden("This token is valid only for conversations"))
            }
            Subject::Agent(_) | Subject::EndUser { .. } => {
                Err(Error::forbidden("This key is valid only for conversations with its agent"))
            }
            Subject::ExternalAgent => Err(Error::forbidden("This key is valid only for the turns of its agents")),
            Subject::Attempt { .. } => Err(Error::forbidden("This token is valid only for its turn")),
        }
    }

    /// Guards operations on conversations. Callers who are bound to one agent may use them too. The operation must
    /// check, in its transaction, that the caller may know of the thread.
    ///
    /// # Errors
    /// `forbidden` if the key or token lacks the scope, or the caller is bound to one thread or customer.
    pub fn require_of_agent(&self, scope: Scope) -> Result<()> {
        match self.subject.agent() {
            Some(_) => self.require_bound(scope),
            None => self.require(scope),
        }
    }

    /// Guards the operations of programs that are agents. The operation must check, in its transaction, that the turn's
    /// agent is one of the key's.
    ///
    /// # Errors
    /// `forbidden` for every other caller.
    pub fn require_external_agent(&self) -> Result<()> {
        match self.subject {
            Subject::ExternalAgent | Subject::Attempt { .. } => self.require_bound(Scope::Agent),
            _ => Err(Error::forbidden("This call needs a key with the scope `agent`")),
        }
    }

    /// Guards the few operations that people outside the project may use. The operation must check, in its transaction,
    /// that the caller may know of the thread.
    ///
    /// # Errors
    /// `forbidden` if the key or token lacks the scope.
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
        assert_eq!(Scopes::parse("agent"), Some(Scopes::AGENT));
        assert_eq!(Scopes::from_bits(Scopes::AGENT.bits()), Scopes::AGENT);
        assert_eq!(Scopes::parse("read,root"), None);
        assert_eq!(Scopes::parse(""), None);
        assert_eq!(Scopes::TALK, Scopes::of(&[Scope::Read, Scope::Write]));
        assert_eq!(Scopes::TALK.both(Scopes::of(&[Scope::Read, Scope::Admin])), Scopes::of(&[Scope::Read]));
        assert!(Scopes::ALL.covers(Scopes::of(&[Scope::Read])) && !Scopes::of(&[Scope::Read]).covers(Scopes::ALL));
    }
}
