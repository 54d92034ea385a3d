//! A short-lived cache of lookups of credentials.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::Timestamp;

/// Recent lookups of credentials. A change on this node clears it.
pub(crate) struct Known<T>(Mutex<Looked<T>>);

struct Looked<T> {
    /// Each result with the time of its lookup.
    up: HashMap<[u8; 32], (T, Timestamp)>,
    /// Number of times that the cache was cleared.
    emptied: u64,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(Mutex::new(Looked { up: HashMap::new(), emptied: 0 }))
    }
}

/// Lifetime of a result. A revocation on another node may stay unnoticed this long.
const TRUSTED_US: i64 = 5_000_000;
const KNOWN_MAX: usize = 10_000;
impl<T: Clone> Known<T> {
    /// A recent result. Otherwise the value that [`Known::put`] needs after the lookup.
    pub(crate) fn get(&self, known_as: &[u8; 32], now: Timestamp) -> Result<T, u64> {
        let known = self.lock();
        match known.up.get(known_as) {
            Some((found, read_at)) if (0..TRUSTED_US).contains(&now.since_us(*read_at)) => Ok(found.clone()),
            _ => Err(known.emptied),
        }
    }

    /// Stores a result, unless the cache was cleared after the lookup began.
    pub(crate) fn put(&self, known_as: [u8; 32], found: T, now: Timestamp, emptied: u64) {
        let mut known = self.lock();
        if known.emptied != emptied {
            return;
        }
        if known.up.len() >= KNOWN_MAX {
            known.up.clear();
        }
        known.up.insert(known_as, (found, now));
    }

    pub(crate) fn forget(&self) {
        let mut known = self.lock();
        known.up.clear();
        known.emptied += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Looked<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        KeyId, ProjectId,
        caller::{Key, Scopes},
    };
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_key_that_was_read_before_a_revocation_is_not_known_after_it() {
        let (known, at) = (Known::default(), Timestamp(10 * TRUSTED_US));
        let key = Key {
            id: KeyId(Uuid::nil()),
            project: ProjectId(Uuid::nil()),
            name: "key".into(),
            agents: Vec::new(),
            budgets: Vec::new(),
            scopes: Scopes::default(),
            prefix: "tl".into(),
            created_at: at,
            expires_at: None,
            revoked_at: None,
            agent: None,
            replaces: None,
            line: KeyId(Uuid::nil()),
        };
        let before = known.get(&[1; 32], at).unwrap_err();
        known.forget();
        known.put([1; 32], key.clone(), at, before);
        let now = known.get(&[1; 32], at).unwrap_err();
        known.put([1; 32], key, at, now);
        assert!(known.get(&[1; 32], at.plus_us(TRUSTED_US - 1)).is_ok());
        assert!(known.get(&[1; 32], at.plus_us(TRUSTED_US)).is_err());
        assert!(known.get(&[1; 32], at.plus_us(-1)).is_err(), "a clock that was set back makes no key younger");
    }
}
