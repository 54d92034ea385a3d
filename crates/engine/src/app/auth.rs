//! From a key or a token to who is asking.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::{Caller, Error, KeyId, ProjectId, Result, Timestamp, caller::Key};
use store::Tx;

use crate::{App, secret::sha256};

/// Keys that were looked up a moment ago. A revocation on this node empties it.
#[derive(Default)]
pub(crate) struct KnownKeys(Mutex<HashMap<[u8; 32], (Key, Timestamp)>>);

/// How long a lookup is trusted: so long a revocation on another node may go unnoticed.
const TRUSTED_US: i64 = 5_000_000;
const KNOWN_MAX: usize = 10_000;
/// No key is longer; whatever is, is refused unhashed.
const KEY_CHARS_MAX: usize = 256;

impl KnownKeys {
    fn get(&self, hash: &[u8; 32], now: Timestamp) -> Option<Key> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(hash).filter(|(_, read_at)| now.since_us(*read_at) < TRUSTED_US).map(|(key, _)| key.clone())
    }

    fn put(&self, hash: [u8; 32], key: Key, now: Timestamp) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(hash, (key, now));
    }

    pub(crate) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl App {
    /// Who sends requests with this key or token. The comparison is of hashes, by index: what leaks of its timing is of no use.
    ///
    /// # Errors
    /// `unauthenticated`, in the same words whether it is malformed, unknown, revoked or expired.
    #[crate::boxed]
    pub async fn authenticate(&self, secret: &str) -> Result<Caller> {
        match self.bearer(secret).await {
            Some(holder) => holder,
            None => self.authenticate_key(secret).await,
        }
    }

    /// As [`App::authenticate`], for keys alone.
    pub(super) async fn authenticate_key(&self, secret: &str) -> Result<Caller> {
        if secret.is_empty() || secret.len() > KEY_CHARS_MAX || !secret.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Error::unauthenticated());
        }
        let hash = sha256(secret.as_bytes());
        let key = self.good_key(hash, Lookup::ByHash(hash)).await?;
        Ok(Caller { project: key.project, key: key.id, scopes: key.scopes, subject: key.subject() })
    }

    /// The key that a token hangs on.
    ///
    /// # Errors
    /// `unauthenticated` if it is revoked or expired.
    pub(super) async fn good_key_by_id(&self, project: ProjectId, id: KeyId) -> Result<Key> {
        // Two ids are as long as a hash, and as unlike any.
        let mut known_as = [0; 32];
        known_as[..16].copy_from_slice(project.0.as_bytes());
        known_as[16..].copy_from_slice(id.0.as_bytes());
        self.good_key(known_as, Lookup::ById(project, id)).await
    }

    async fn good_key(&self, known_as: [u8; 32], lookup: Lookup) -> Result<Key> {
        let now = self.clock.now();
        let key = match self.known_keys.get(&known_as, now) {
            Some(key) => key,
            None => {
                let key = self.store.read(lookup).await?.ok_or_else(Error::unauthenticated)?;
                self.known_keys.put(known_as, key.clone(), now);
                key
            }
        };
        let good = key.revoked_at.is_none() && key.expires_at.is_none_or(|at| at > now);
        if good { Ok(key) } else { Err(Error::unauthenticated()) }
    }
}

enum Lookup {
    ByHash([u8; 32]),
    ById(ProjectId, KeyId),
}

impl store::Operation for Lookup {
    type Out = Option<Key>;

    async fn run(self, tx: &mut Tx) -> Result<Option<Key>> {
        match self {
            Self::ByHash(hash) => store::keys::find_by_hash(tx, &hash).await,
            Self::ById(project, id) => store::keys::find(tx, project, id).await,
        }
    }
}
