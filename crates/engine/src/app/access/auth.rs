//! Authentication by key or token.

use domain::{Caller, Error, KeyId, ProjectId, Result, ThreadId, TurnId, caller::Key};
use store::Tx;
use uuid::Uuid;

use crate::{App, secret::sha256};

/// Longest key. A longer text is refused without hashing.
const KEY_CHARS_MAX: usize = 256;

impl App {
    /// The caller of this key or token. The lookup is by hash, so its timing reveals nothing useful.
    ///
    /// # Errors
    /// `unauthenticated`, with the same message whether the key is malformed, unknown, revoked or expired.
    #[crate::boxed]
    pub async fn authenticate(&self, secret: &str) -> Result<Caller> {
        match self.bearer(secret).await {
            Some(holder) => holder,
            None => self.authenticate_key(secret).await,
        }
    }

    /// Like [`App::authenticate`], for keys only.
    pub(crate) async fn authenticate_key(&self, secret: &str) -> Result<Caller> {
        if secret.is_empty() || secret.len() > KEY_CHARS_MAX || !secret.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Error::unauthenticated());
        }
        let hash = sha256(secret.as_bytes());
        let key = self.good_key(hash, Lookup::ByHash(hash)).await?;
        Ok(Caller {
            project: key.project,
            key: key.id,
            scopes: key.scopes,
            subject: key.subject(),
            line: key.line,
            until: None,
            sign_in: None,
            generation: 0,
        })
    }

    /// The key from which a token was made.
    ///
    /// # Errors
    /// `unauthenticated` if it is revoked or expired.
    pub(crate) async fn good_key_by_id(&self, project: ProjectId, id: KeyId) -> Result<Key> {
        self.good_key(both(project.0, id.0), Lookup::ById(project, id)).await
    }

    /// Checks a token of a thread. A deleted thread passes, because the operation reports it.
    ///
    /// # Errors
    /// `unauthenticated` once the thread's tokens have another generation. Without a key behind the token, also once
    /// the thread's agent no longer lets guests in.
    pub(crate) async fn good_guest(
        &self,
        project: ProjectId,
        thread: ThreadId,
        (has_key, generation): (bool, u64),
    ) -> Result<()> {
        let (now, known_as) = (self.clock.now(), both(project.0, thread.0));
        let standing = match self.known_guests.get(&known_as, now) {
            Ok(standing) => standing,
            Err(emptied) => {
                let ask =
                    store::op(move |tx| Box::pin(async move { store::guests::standing(tx, project, thread).await }));
                let standing = self.store.read(ask).await?;
                self.known_guests.put(known_as, standing, now, emptied);
                standing
            }
        };
        match standing {
            Some((lets_in, present)) if (!lets_in && !has_key) || present != generation => {
                Err(Error::unauthenticated())
            }
            _ => Ok(()),
        }
    }

    /// Checks the token of an attempt. No answer is kept, so that the token dies at once on every node.
    ///
    /// # Errors
    /// `unauthenticated` once another attempt holds the turn, or ten minutes after the turn has ended.
    pub(crate) async fn good_attempt(&self, project: ProjectId, turn: TurnId, attempt: i64) -> Result<()> {
        let find = store::op(move |tx| Box::pin(async move { store::external_turns::find(tx, project, turn).await }));
        match self.store.read(find).await? {
            Some(row) if row.attempt == attempt => Ok(()),
            _ => Err(Error::unauthenticated()),
        }
    }

    async fn good_key(&self, known_as: [u8; 32], lookup: Lookup) -> Result<Key> {
        let now = self.clock.now();
        let key = match self.known_keys.get(&known_as, now) {
            Ok(key) => key,
            Err(emptied) => {
                let key = self.store.read(lookup).await?.ok_or_else(Error::unauthenticated)?;
                self.known_keys.put(known_as, key.clone(), now, emptied);
                key
            }
        };
        let good = key.revoked_at.is_none() && key.expires_at.is_none_or(|at| at > now);
        if good { Ok(key) } else { Err(Error::unauthenticated()) }
    }
}

/// Two ids as a cache key. They have the length of a hash, and collide with none.
fn both(one: Uuid, other: Uuid) -> [u8; 32] {
    let mut both = [0; 32];
    both[..16].copy_from_slice(one.as_bytes());
    both[16..].copy_from_slice(other.as_bytes());
    both
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
