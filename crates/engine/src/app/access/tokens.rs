//! Tokens: credentials that are not stored. Their content is signed with a key derived from the installation secret.
//! They expire by themselves, and a token made from a key becomes invalid with the key.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    AgentId, Caller, CustomerId, Error, KeyId, ProjectId, Result, ThreadId, Timestamp, TurnId,
    caller::{Key, Scope, Scopes, Subject},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use store::{Operation, Tx};
use uuid::Uuid;

use super::{bounds, renewal};
use crate::{App, app::people::guests::guest_of, unknown};

/// The prefix of every token, by which scanners recognize one.
pub const PREFIX: &str = "tlt_";

const TAG_BYTES: usize = 32;
const CLAIM_BYTES: usize = 75;
/// A ticket has eight more bytes: the expiry of the token that made it.
const TICKET_BYTES: usize = CLAIM_BYTES + 8;

/// A new token. Its text is returned only here and is not stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token(…, until {})", self.expires_at)
    }
}

/// The purpose of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A credential, accepted like a key.
    Bearer = 1,
    /// A ticket in a URL that opens one stream, for clients that cannot send headers.
    Ticket = 2,
}

/// The content of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) purpose: Purpose,
    pub(super) project: ProjectId,
    /// The key from which the token was made. Nil: none.
    pub(super) key: KeyId,
    pub(super) scopes: Scopes,
    pub(super) subject: Subject,
    pub(super) expires_at: Timestamp,
    /// For a token of a thread: the generation. Tokens of earlier versions have 0.
    pub(super) generation: u64,
    /// For a token of a guest: the time of the first token of its line. Absent in tokens of earlier versions.
    pub(super) first_at: Option<Timestamp>,
    /// For a ticket: the expiry of the token that made it. Absent if a key made it.
    pub(super) parent_until: Option<Timestamp>,
}

impl App {
    /// A bearer token with this key's scopes, valid for [`domain::Limits::bearer_s`].
    ///
    /// # Errors
    /// `unauthenticated` for anything but a valid key, because a token must not prolong itself.
    #[crate::boxed]
    pub async fn exchange_key(&self, secret: &str) -> Result<Token> {
        let caller = self.authenticate_key(secret).await?;
        if caller.subject == Subject::ExternalAgent {
            return Err(Error::unauthenticated());
        }
        Ok(self.token((Purpose::Bearer, 0), &caller, caller.scopes, caller.subject, self.limits.bearer_s))
    }

    /// A token for a person outside the project, with the subject's rights, valid for
    /// [`domain::Limits::guest_token_s`]. It becomes invalid with the caller's key.
    ///
    /// # Errors
    /// `forbidden` without `write`, or for a subject that is neither a thread nor a customer; `not_found` for an
    /// unknown or foreign thread or customer.
    #[crate::boxed]
    pub async fn let_in(&self, caller: &Caller, subject: Subject) -> Result<Token> {
        caller.require(Scope::Write)?;
        let generation = self.store.read(Exists { caller: caller.clone(), subject }).await?;
        let scopes = Scopes::TALK.both(caller.scopes);
        Ok(self.token((Purpose::Bearer, generation), caller, scopes, subject, self.limits.guest_token_s))
    }

    /// A ticket that opens the thread's streams through [`App::redeem_ticket`], valid for [`domain::Limits::ticket_s`].
    /// An opened stream outlives the ticket. It ends when the caller's key or token becomes invalid, or the agent lets
    /// no guests in.
    ///
    /// # Errors
    /// `forbidden` without `read`; `not_found` for a thread that the caller cannot see.
    #[crate::boxed]
    pub async fn ticket(&self, caller: &Caller, thread: ThreadId) -> Result<Token> {
        caller.require_bound(Scope::Read)?;
        let subject = Subject::Thread(thread);
        let present = self.store.read(Exists { caller: caller.clone(), subject }).await?;
        // A void token that is still trusted for a moment makes no ticket that lives on.
        let is_token = matches!(caller.subject, Subject::Thread(_));
        let generation = if is_token { caller.generation } else { present };
        let scopes = Scopes::of(&[Scope::Read]);
        Ok(self.token((Purpose::Ticket, generation), caller, scopes, subject, self.limits.ticket_s))
    }

    /// The caller for whom the ticket of this thread was made, with the right to read it only.
    ///
    /// # Errors
    /// `unauthenticated`, with the same message for a forged or expired ticket, for another thread's, and for that of
    /// an invalid key.
    #[crate::boxed]
    pub async fn redeem_ticket(&self, text: &str, thread: ThreadId) -> Result<Caller> {
        let claim = self.read_token(text).filter(|claim| claim.purpose == Purpose::Ticket);
        let claim = claim.filter(|claim| claim.subject == Subject::Thread(thread));
        self.holder(claim.ok_or_else(Error::unauthenticated)?).await
    }

    /// A token for an end user of the caller's program, valid for [`domain::Limits::guest_token_s`].
    pub(crate) fn end_user_token(&self, caller: &Caller, agent: AgentId, customer: CustomerId) -> Token {
        let (scopes, subject) = (Scopes::TALK.both(caller.scopes), Subject::EndUser { agent, customer });
        self.token((Purpose::Bearer, 0), caller, scopes, subject, self.limits.guest_token_s)
    }

    /// The caller of the token, if the text is one of our bearer tokens. `None` if it is no token at all.
    pub(crate) async fn bearer(&self, text: &str) -> Option<Result<Caller>> {
        let claim = self.read_token(text).filter(|claim| claim.purpose == Purpose::Bearer)?;
        Some(self.holder(claim).await)
    }

    /// A guest's token for a thread, of this generation. It depends on no key.
    pub(crate) fn guest_token(&self, project: ProjectId, thread: ThreadId, generation: u64) -> Token {
        let guest = guest_of(project, thread);
        let purpose = (Purpose::Bearer, generation);
        self.token(purpose, &guest, guest.scopes, guest.subject, self.limits.guest_token_s)
    }

    /// A token that opens the calls of one attempt of a turn. The token dies with the attempt, and no key is behind it.
    pub(crate) fn attempt_token(&self, of: &Caller) -> Token {
        self.token((Purpose::Bearer, 0), of, of.scopes, of.subject, self.limits.push_token_s)
    }

    pub(super) async fn holder(&self, claim: Claim) -> Result<Caller> {
        let Claim { project, key, subject, generation, .. } = claim;
        if claim.expires_at <= self.clock.now() {
            return Err(Error::unauthenticated());
        }
        if let Subject::Thread(thread) = subject {
            self.good_guest(project, thread, (!key.0.is_nil(), generation)).await?;
        }
        let (scopes, line) = match subject {
            Subject::Thread(_) if key.0.is_nil() => (claim.scopes, key),
            Subject::Attempt { turn, attempt } => {
                self.good_attempt(project, turn, attempt).await?;
                (claim.scopes, key)
            }
            _ => {
                let own: Key = self.good_key_by_id(project, key).await?;
                (claim.scopes.both(own.scopes), own.line)
            }
        };
        let until = match claim.purpose {
            Purpose::Bearer => Some(claim.expires_at),
            Purpose::Ticket => claim.parent_until,
        };
        Ok(Caller { project, key, scopes, subject, line, until, sign_in: None, generation })
    }

    fn token(
        &self,
        (purpose, generation): (Purpose, u64),
        of: &Caller,
        scopes: Scopes,
        subject: Subject,
        lasts_s: u64,
    ) -> Token {
        let now = self.clock.now();
        let expires_at = now.plus_s(i64::try_from(lasts_s).unwrap_or(i64::MAX));
        let parent_until = of.until.filter(|_| purpose == Purpose::Ticket);
        let first_at = Some(now).filter(|_| matches!(subject, Subject::Thread(_)));
        let (project, key) = (of.project, of.key);
        self.written(&Claim { purpose, project, key, scopes, subject, expires_at, generation, first_at, parent_until })
    }

    /// The signed text of the claim.
    pub(super) fn written(&self, claim: &Claim) -> Token {
        let (said, expires_at) = (claim.write(), claim.expires_at);
        let tag = self.token_mac(&said).finalize().into_bytes();
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([&said[..], &tag].concat()));
        Token { text, expires_at }
    }

    /// The token's content, if its signature is valid. The comparison takes constant time.
    pub(super) fn read_token(&self, text: &str) -> Option<Claim> {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?;
        let (said, tag) = bytes.split_at_checked(bytes.len().checked_sub(TAG_BYTES)?)?;
        self.token_mac(said).verify_slice(tag).ok()?;
        Claim::read(said)
    }

    fn token_mac(&self, said: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.derive("token")).expect("HMAC takes keys of any length");
        mac.update(said);
        mac
    }
}

impl Claim {
    fn write(&self) -> Vec<u8> {
        let nil = Uuid::nil();
        // A token of a thread has no agent: its generation and the time of its line's first token stand there.
        let line = Uuid::from_u64_pair(self.generation, self.first_at.map_or(0, |at| at.0.cast_unsigned()));
        let (kind, subject, agent) = match self.subject {
            Subject::Project => (0, nil, nil),
            Subject::Thread(id) => (1, id.0, line),
            Subject::Customer(id) => (2, id.0, nil),
            Subject::Agent(agent) => (3, nil, agent.0),
            Subject::EndUser { agent, customer } => (4, customer.0, agent.0),
            Subject::ExternalAgent => (5, nil, nil),
            Subject::Attempt { turn, attempt } => (6, turn.0, Uuid::from_u128(attempt.unsigned_abs().into())),
        };
        let mut said = vec![0; CLAIM_BYTES];
        said[..3].copy_from_slice(&[self.purpose as u8, kind, self.scopes.bits()]);
        for (at, id) in [(3, self.project.0), (19, self.key.0), (35, subject), (51, agent)] {
            said[at..at + 16].copy_from_slice(id.as_bytes());
        }
        said[67..].copy_from_slice(&self.expires_at.0.to_be_bytes());
        if self.purpose == Purpose::Ticket {
            said.extend(self.parent_until.map_or(0, |at| at.0).to_be_bytes());
        }
        said
    }

    fn read(said: &[u8]) -> Option<Self> {
        let (purpose, length) = match said.first()? {
            1 => (Purpose::Bearer, CLAIM_BYTES),
            2 => (Purpose::Ticket, TICKET_BYTES),
            _ => return None,
        };
        if said.len() != length {
            return None;
        }
        let id = |at: usize| Uuid::from_slice(&said[at..at + 16]).ok();
        let time = |at: usize| Some(Timestamp(i64::from_be_bytes(said.get(at..at + 8)?.try_into().ok()?)));
        let subject = match said[1] {
            0 => Subject::Project,
            1 => Subject::Thread(ThreadId(id(35)?)),
            2 => Subject::Customer(CustomerId(id(35)?)),
            3 => Subject::Agent(AgentId(id(51)?)),
            4 => Subject::EndUser { agent: AgentId(id(51)?), customer: CustomerId(id(35)?) },
            5 => Subject::ExternalAgent,
            6 => Subject::Attempt { turn: TurnId(id(35)?), attempt: i64::try_from(id(51)?.as_u128()).ok()? },
            _ => return None,
        };
        let (generation, first_at) = match subject {
            Subject::Thread(_) => id(51)?.as_u64_pair(),
            _ => (0, 0),
        };
        Some(Self {
            purpose,
            generation,
            first_at: Some(Timestamp(first_at.cast_signed())).filter(|at| at.0 != 0),
            project: ProjectId(id(3)?),
            key: KeyId(id(19)?),
            scopes: Scopes::from_bits(said[2]),
            subject,
            expires_at: time(67)?,
            parent_until: time(CLAIM_BYTES).filter(|at| at.0 != 0),
        })
    }
}

/// Checks that the token's subject exists, and returns the generation of a thread's tokens.
struct Exists {
    caller: Caller,
    subject: Subject,
}

impl Operation for Exists {
    type Out = u64;

    async fn run(self, tx: &mut Tx) -> Result<u64> {
        match self.subject {
            Subject::Project
            | Subject::Agent(_)
            | Subject::EndUser { .. }
            | Subject::ExternalAgent
            | Subject::Attempt { .. } => Err(Error::forbidden("This token can be created only from its key")),
            Subject::Thread(id) => {
                bounds::find(tx, &self.caller, id).await?;
                renewal::present(tx, &self.caller, id).await
            }
            Subject::Customer(id) => {
                let found = store::customers::find(tx, self.caller.project, id).await?;
                found.map(|_| 0).ok_or_else(unknown::customer)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_claim_says_is_read_back() {
        for subject in [
            Subject::Project,
            Subject::Thread(ThreadId(Uuid::from_u128(3))),
            Subject::Customer(CustomerId(Uuid::from_u128(4))),
            Subject::Agent(AgentId(Uuid::from_u128(5))),
            Subject::EndUser { agent: AgentId(Uuid::from_u128(5)), customer: CustomerId(Uuid::from_u128(4)) },
            Subject::ExternalAgent,
            Subject::Attempt { turn: TurnId(Uuid::from_u128(6)), attempt: 7 },
        ] {
            for purpose in [Purpose::Bearer, Purpose::Ticket] {
                let is_thread = matches!(subject, Subject::Thread(_));
                let parent_until = Some(Timestamp(1_700_000_000_000_000)).filter(|_| purpose == Purpose::Ticket);
                let claim = Claim {
                    purpose,
                    project: ProjectId(Uuid::from_u128(1)),
                    key: KeyId(Uuid::from_u128(2)),
                    scopes: Scopes::TALK,
                    subject,
                    expires_at: Timestamp(1_800_000_000_000_000),
                    generation: if is_thread { 3 } else { 0 },
                    first_at: Some(Timestamp(1_600_000_000_000_000)).filter(|_| is_thread),
                    parent_until,
                };
                assert_eq!(Claim::read(&claim.write()), Some(claim));
            }
        }
        for length in [0, CLAIM_BYTES, TICKET_BYTES] {
            assert_eq!(Claim::read(&vec![0; length]), None);
        }
    }
}
