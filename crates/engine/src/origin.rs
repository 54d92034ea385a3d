//! Origin keys (idempotency): the sender's own id of a request. The same key has the same effect.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use domain::{Caller, Error, Result, ThreadId, Timestamp, caller::Subject, codes};
use store::{
    Tx,
    origin_keys::{self, OriginKey},
};
use uuid::Uuid;

use crate::secret::sha256;

pub use store::origin_keys::Kind;

/// A key of a request, and the request's fingerprint.
#[derive(Clone, Debug)]
pub struct Origin {
    pub kind: Kind,
    /// The operation, for an `Idempotency-Key`. Empty otherwise: thread or project follow from the kind.
    pub operation: &'static str,
    pub key: String,
    pub fingerprint: Fingerprint,
    /// Set by the operation if its answer is an earlier request's.
    pub replayed: Replayed,
}

/// A flag that an answer is a replay. All clones share it, so the dialect sees the value of the operation.
#[derive(Clone, Debug, Default)]
pub struct Replayed(Arc<AtomicBool>);

impl Replayed {
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Sets either value, because an operation may run again after the key that it found was rolled back.
    fn set(&self, replayed: bool) {
        self.0.store(replayed, Ordering::Relaxed);
    }
}

/// The fingerprint of a request: a hash of operation, path, query and body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    pub now: [u8; 32],
    /// The form that was stored before version 0.2.0, if it differs.
    pub before: Option<[u8; 32]>,
}

impl Fingerprint {
    /// Tells whether the stored request was this one.
    pub fn is(&self, stored: &[u8]) -> bool {
        self.now == stored || self.before.is_some_and(|before| before == stored)
    }

    /// This fingerprint, extended by content outside of the body.
    pub(crate) fn with(self, beside: &[&[u8]]) -> Self {
        let add = |hash: [u8; 32]| sha256(&[&[hash.as_slice()], beside].concat().concat());
        Self { now: add(self.now), before: self.before.map(add) }
    }
}

impl From<[u8; 32]> for Fingerprint {
    fn from(now: [u8; 32]) -> Self {
        Self { now, before: None }
    }
}

impl Origin {
    /// A key for a request that does not check for a replay.
    pub fn new(
        kind: Kind,
        operation: &'static str,
        key: impl Into<String>,
        fingerprint: impl Into<Fingerprint>,
    ) -> Self {
        Self { kind, operation, key: key.into(), fingerprint: fingerprint.into(), replayed: Replayed::default() }
    }

    /// This key, for a request that has content outside of its body.
    pub(crate) fn with(self, beside: &[&[u8]]) -> Self {
        Self { fingerprint: self.fingerprint.with(beside), ..self }
    }

    fn scope(&self, caller: &Caller, thread: Option<ThreadId>) -> String {
        match (self.kind, thread) {
            (Kind::Request, _) => match caller.subject {
                Subject::Project => self.operation.into(),
                // Independent programs and people may choose the same key for the same request.
                Subject::Thread(thread) => format!("{} {thread}", self.operation),
                Subject::Customer(customer) => format!("{} {customer}", self.operation),
                Subject::ExternalAgent => format!("{} {}", self.operation, caller.line),
                Subject::Attempt { turn, .. } => format!("{} {turn}", self.operation),
                Subject::Agent(agent) => format!("{} {agent} {}", self.operation, caller.line),
                Subject::EndUser { agent, customer } => format!("{} {agent} {customer}", self.operation),
            },
            (Kind::Client, Some(thread)) => thread.to_string(),
            (Kind::Client, None) | (Kind::External, _) => String::new(),
        }
    }

    fn row(&self, caller: &Caller, thread: Option<ThreadId>, answer: Uuid, now: Timestamp) -> OriginKey {
        OriginKey {
            project: caller.project,
            kind: self.kind,
            scope: self.scope(caller, thread),
            key: self.key.clone(),
            fingerprint: self.fingerprint.now,
            thread,
            answer: answer.to_string(),
            created_at: now,
        }
    }
}

/// The outcome of taking a key.
pub(crate) enum Taken {
    /// First use, or no key: continue.
    First,
    /// A replay, with the id of the first result.
    Replay(Uuid),
}

/// Frees the key if it was taken more than `lives_s` seconds ago. A key with a short life is taken after this.
pub(crate) async fn release(
    tx: &mut Tx,
    caller: &Caller,
    origin: Option<&Origin>,
    lives_s: i64,
    now: Timestamp,
) -> Result<()> {
    match origin {
        Some(origin) => {
            origin_keys::release(tx, &origin.row(caller, None, Uuid::nil(), now), now.plus_s(-lives_s)).await
        }
        None => Ok(()),
    }
}

/// Takes the request's key, if there is one, before anything else in its transaction. `answer` is the id of the planned
/// result, and `thread` is its thread.
///
/// # Errors
/// `conflict` if the key was used for another request.
pub(crate) async fn take(
    tx: &mut Tx,
    caller: &Caller,
    origin: Option<&Origin>,
    thread: Option<ThreadId>,
    answer: Uuid,
    now: Timestamp,
) -> Result<Taken> {
    let Some(origin) = origin else { return Ok(Taken::First) };
    let row = origin.row(caller, thread, answer, now);
    let is_first = origin_keys::claim(tx, &row).await?;
    origin.replayed.set(!is_first);
    if is_first {
        return Ok(Taken::First);
    }
    let used = origin_keys::find(tx, caller.project, origin.kind, &row.scope, &origin.key).await?;
    let used = used.ok_or_else(|| Error::internal("origin_keys: a key that was there is gone"))?;
    if !origin.fingerprint.is(&used.fingerprint) {
        return Err(Error::conflict(codes::ORIGIN_KEY_REUSED, "This key was used for a different request"));
    }
    Uuid::try_parse(&used.answer).map(Taken::Replay).map_err(Error::internal)
}

/// Stores the result of a key and its thread, once they are known.
pub(crate) async fn settle(
    tx: &mut Tx,
    caller: &Caller,
    origin: Option<&Origin>,
    thread: Option<ThreadId>,
    answer: Uuid,
    now: Timestamp,
) -> Result<()> {
    match origin {
        Some(origin) => origin_keys::answer(tx, &origin.row(caller, thread, answer, now)).await,
        None => Ok(()),
    }
}
