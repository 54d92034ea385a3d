//! From a key to who is asking.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::{Caller, Error, Result, Timestamp, caller::Key};
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
    /// Who sends requests with this key. The comparison is of hashes, by index: what leaks of its timing is of no use.
    ///
    /// # Errors
    /// `unauthenticated`, in the same words whether the key is malformed, unknown, revoked or expired.
    pub async fn authenticate(&self, secret: &str) -> Result<Caller> {
        if secret.is_empty() || secret.len() > KEY_CHARS_MAX || !secret.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Error::unauthenticated());
        }
        let (hash, now) = (sha256(secret.as_bytes()), self.clock.now());
        let key = match self.known_keys.get(&hash, now) {
            Some(key) => key,
            None => {
                let key = self.store.read(Lookup(hash)).await?.ok_or_else(Error::unauthenticated)?;
                self.known_keys.put(hash, key.clone(), now);
                key
            }
        };
        let good = key.revoked_at.is_none() && key.expires_at.is_none_or(|at| at > now);
        match good {
            true => Ok(Caller { project: key.project, key: key.id, scopes: key.scopes }),
            false => Err(Error::unauthenticated()),
        }
    }
}

struct Lookup([u8; 32]);

impl store::Operation for Lookup {
    type Out = Option<Key>;

    async fn run(self, tx: &mut Tx) -> Result<Option<Key>> {
        store::keys::find_by_hash(tx, &self.0).await
    }
}
