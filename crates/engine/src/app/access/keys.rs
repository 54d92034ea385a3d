//! Creates, lists and revokes keys.

use std::sync::Arc;

use domain::{
    AgentId, Caller, Error, KeyId, ProjectId, Result, Timestamp,
    budget::Budget,
    caller::{Key, Scope, Scopes},
    codes,
};
use store::{Operation, Tx, op};

use crate::{
    App, Origin,
    app::{access::audit, projects::administers_installation, threads::make::agent_for},
    inner::Inner,
    origin::{self, Taken},
    secret::sha256,
    unknown, validate,
};

/// The default prefix of keys.
pub const DEFAULT_PREFIX: &str = "tl";

/// A new key.
#[derive(Clone, Debug, Default)]
pub struct NewKey {
    pub name: String,
    pub scopes: Scopes,
    /// `[a-z][a-z0-9_]{0,15}`, for clients that check the prefix of their key. Default: [`DEFAULT_PREFIX`].
    pub prefix: Option<String>,
    /// Absent: never.
    pub expires_at: Option<Timestamp>,
    /// Another project than the caller's. Only for callers who administer the installation.
    pub project: Option<ProjectId>,
    /// The only agent for which the key is valid. The key sees and starts threads of this agent only.
    pub agent: Option<AgentId>,
    /// The external agents whose program gets the key. Given with the scope `agent`, and only with it.
    pub agents: Vec<AgentId>,
    /// A key of the same project and agent that this key replaces, revoked or not. Threads of the replaced key belong
    /// to this one too.
    pub replaces: Option<KeyId>,
}

impl App {
    /// Creates a key. The second of the pair is its secret, which is returned only here; the store has only its hash.
    ///
    /// # Errors
    /// `forbidden` without `admin`, or for scopes that the caller lacks, `agent` excepted. `invalid` for a field, an
    /// unknown agent, `admin` for a key of one agent, `agent` beside another scope, or an unknown or another agent's key
    /// to replace. `not_found` for another project, unless the caller administers the installation. `conflict` for a
    /// reused origin key, also in a replay.
    #[crate::boxed]
    pub async fn create_key(&self, caller: &Caller, new: NewKey, origin: Option<Origin>) -> Result<(Key, String)> {
        caller.require(Scope::Admin)?;
        self.check_program(&new)?;
        let prefix = new.prefix.unwrap_or_else(|| DEFAULT_PREFIX.into());
        let now = self.clock.now();
        validate::label("name", &new.name, self.limits.name_chars)?;
        check_prefix(&prefix)?;
        if new.scopes == Scopes::default() {
            return Err(Error::field("scopes", "must name at least one scope"));
        }
        if new.agent.is_some() && new.scopes.has(Scope::Admin) {
            return Err(Error::field("scopes", "must not contain `admin` for a key of one agent"));
        }
        if new.expires_at.is_some_and(|at| at <= now) {
            return Err(Error::field("expires_at", "must be in the future"));
        }
        if new.scopes != Scopes::AGENT && !caller.scopes.covers(new.scopes) {
            return Err(Error::forbidden("A key cannot grant scopes that it lacks"));
        }
        let id = KeyId(self.clock.id());
        let key = Key {
            id,
            project: new.project.unwrap_or(caller.project),
            name: new.name,
            scopes: new.scopes,
            prefix,
            created_at: now,
            expires_at: new.expires_at,
            revoked_at: None,
            agent: new.agent,
            agents: new.agents,
            budgets: Vec::new(),
            replaces: new.replaces,
            line: id,
        };
        let text = spell(&key, self.clock.random());
        let hash = sha256(text.as_bytes());
        let create = Create { inner: self.inner().clone(), caller: caller.clone(), key, hash, origin };
        let key = self.store.write(create).await?;
        Ok((key, text))
    }

    /// The scope `agent` stands alone, and with its agents.
    fn check_program(&self, new: &NewKey) -> Result<()> {
        if !new.scopes.has(Scope::Agent) {
            return match new.agents.is_empty() {
                true => Ok(()),
                false => Err(Error::field("agents", "is allowed only with the scope `agent`")),
            };
        }
        if new.scopes != Scopes::AGENT || new.agent.is_some() {
            return Err(Error::field("scopes", "must not combine `agent` with another scope or with `agent`"));
        }
        match (1..=self.limits.key_agents).contains(&(new.agents.len() as u64)) {
            true => Ok(()),
            false => Err(Error::field("agents", format!("must name 1 to {} agents", self.limits.key_agents))),
        }
    }

    /// Keys of the caller's project, oldest first, including revoked and expired ones.
    ///
    /// # Errors
    /// `forbidden` without `admin`.
    #[crate::boxed]
    pub async fn list_keys(&self, caller: &Caller, after: Option<KeyId>, limit: i64) -> Result<Vec<Key>> {
        caller.require(Scope::Admin)?;
        let project = caller.project;
        let list = op(move |tx| {
            Box::pin(async move {
                let mut keys = store::keys::list(tx, project, after, limit).await?;
                for key in &mut keys {
                    add_agents(tx, key).await?;
                }
                Ok(keys)
            })
        });
        self.store.read(list).await
    }

    /// # Errors
    /// `forbidden` without `admin`; `not_found` for an unknown or foreign id.
    #[crate::boxed]
    pub async fn key(&self, caller: &Caller, id: KeyId) -> Result<Key> {
        caller.require(Scope::Admin)?;
        let project = caller.project;
        self.store.read(op(move |tx| Box::pin(find(tx, project, id)))).await
    }

    /// Replaces the budgets of the key. They hold for turns whose first message the key sends.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `invalid` for a budget; `not_found` for an unknown or foreign id.
    #[crate::boxed]
    pub async fn set_key_budgets(&self, caller: &Caller, id: KeyId, budgets: Vec<Budget>) -> Result<Key> {
        caller.require(Scope::Admin)?;
        validate::budgets("budgets", &budgets, &self.limits)?;
        let project = caller.project;
        let set = op(move |tx| {
            Box::pin(async move {
                store::budgets::set_of_key(tx, project, id, &budgets).await?;
                find(tx, project, id).await
            })
        });
        self.store.write(set).await
    }

    /// Revokes the key. This node refuses it at once, others within seconds. A second call keeps the first time.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `not_found` for an unknown or foreign id.
    #[crate::boxed]
    pub async fn revoke_key(&self, caller: &Caller, id: KeyId) -> Result<Key> {
        caller.require(Scope::Admin)?;
        self.store.write(Revoke { inner: self.inner().clone(), caller: caller.clone(), id }).await
    }
}

/// The key with its agents.
async fn find(tx: &mut Tx, project: ProjectId, id: KeyId) -> Result<Key> {
    let mut key = store::keys::find(tx, project, id).await?.ok_or_else(unknown::key)?;
    add_agents(tx, &mut key).await?;
    Ok(key)
}

async fn add_agents(tx: &mut Tx, key: &mut Key) -> Result<()> {
    if key.scopes.has(Scope::Agent) {
        key.agents = store::key_agents::of_key(tx, key.project, key.id).await?;
    }
    Ok(())
}

fn not_replaced() -> Error {
    Error::field("replaces", "must name a key of this project that is valid for the same agent")
}

fn check_prefix(prefix: &str) -> Result<()> {
    let rest = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    match prefix.len() <= 16 && prefix.starts_with(|c: char| c.is_ascii_lowercase()) && prefix.bytes().all(rest) {
        true => Ok(()),
        false => Err(Error::field("prefix", "must be 1 to 16 characters of a–z, 0–9 and _, and begin with a letter")),
    }
}

/// `<prefix>_<id>_<secret><checksum>`. The id has 32 hex digits, the secret 43 digits of base 62, and the checksum of
/// both 6. By the checksum, a scanner recognizes a key in a text offline.
fn spell(key: &Key, secret: [u8; 32]) -> String {
    let text = format!("{}_{}_{}", key.prefix, key.id.0.simple(), base62(&secret, 43));
    let checksum = base62(&sha256(text.as_bytes())[..4], 6);
    text + &checksum
}

/// The number with these digits of base 256, highest first, in `width` digits of base 62.
fn base62(bytes: &[u8], width: usize) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut number = bytes.to_vec();
    let mut digits = vec![b'0'; width];
    for digit in digits.iter_mut().rev() {
        let remainder = number.iter_mut().fold(0, |carry, byte| {
            let value = carry * 256 + u32::from(*byte);
            *byte = (value / 62) as u8;
            value % 62
        });
        *digit = DIGITS[remainder as usize];
    }
    digits.into_iter().map(char::from).collect()
}

struct Create {
    inner: Arc<Inner>,
    caller: Caller,
    key: Key,
    hash: [u8; 32],
    origin: Option<Origin>,
}

impl Operation for Create {
    type Out = Key;

    async fn run(self, tx: &mut Tx) -> Result<Key> {
        let Self { inner, caller, mut key, hash, origin } = self;
        if let Taken::Replay(id) = origin::take(tx, &caller, origin.as_ref(), None, key.id.0, key.created_at).await? {
            let message = format!("This request has already created the key {id}; its secret is shown only once");
            return Err(Error::conflict(codes::KEY_ALREADY_CREATED, message));
        }
        if key.project != caller.project {
            let may = administers_installation(tx, &caller).await?;
            let found = store::projects::find(tx, key.project).await?;
            found.filter(|_| may).ok_or_else(unknown::project)?;
        }
        if key.agent.is_some() {
            agent_for(tx, key.project, key.agent).await?;
        }
        for (i, agent) in key.agents.iter().enumerate() {
            store::agents::find(tx, key.project, *agent).await?.ok_or_else(|| {
                let path = format!("agents.{i}");
                Error { code: codes::AGENT_NOT_FOUND, ..Error::field(path, "names no agent of this project") }
            })?;
            store::key_agents::insert(tx, key.project, key.id, *agent).await?;
        }
        if let Some(replaced) = key.replaces {
            let is_alike = |found: &Key| (found.agent, found.subject()) == (key.agent, key.subject());
            let found = store::keys::find(tx, key.project, replaced).await?.filter(is_alike);
            key.line = found.ok_or_else(not_replaced)?.line;
        }
        store::keys::insert(tx, &key, &hash).await?;
        audit::note(tx, &inner, &caller, "create_key", key.id).await?;
        Ok(key)
    }
}

struct Revoke {
    inner: Arc<Inner>,
    caller: Caller,
    id: KeyId,
}

impl Operation for Revoke {
    type Out = Key;

    async fn run(self, tx: &mut Tx) -> Result<Key> {
        let Self { inner, caller, id } = self;
        let is_new = store::keys::revoke(tx, caller.project, id, inner.clock.now()).await? > 0;
        let key = find(tx, caller.project, id).await?;
        if is_new {
            audit::note(tx, &inner, &caller, "revoke_key", id).await?;
        }
        tx.on_commit(move || inner.known_keys.forget());
        Ok(key)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn base_62_is_of_fixed_width() {
        assert_eq!(base62(&[0; 32], 43), "0".repeat(43));
        assert_eq!(base62(&[255; 4], 6), "4gfFC3");
        assert_eq!(base62(&[1, 0], 3), "048");
        assert_eq!(base62(&[255; 32], 43), "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1");
    }

    #[test]
    fn a_key_is_spelled_with_its_id_and_a_checksum() {
        let key = Key {
            id: KeyId(Uuid::from_u128(1)),
            project: ProjectId(Uuid::nil()),
            name: "k".into(),
            scopes: Scopes::ALL,
            prefix: "evr_pat".into(),
            created_at: Timestamp(0),
            expires_at: None,
            revoked_at: None,
            agent: None,
            agents: Vec::new(),
            budgets: Vec::new(),
            replaces: None,
            line: KeyId(Uuid::from_u128(1)),
        };
        let text = spell(&key, [7; 32]);
        assert_eq!(text.len(), "evr_pat".len() + 1 + 32 + 1 + 43 + 6);
        assert!(text.starts_with("evr_pat_00000000000000000000000000000001_"));
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
        let (signed, checksum) = text.split_at(text.len() - 6);
        assert_eq!(base62(&sha256(signed.as_bytes())[..4], 6), checksum);
    }

    #[test]
    fn a_prefix_is_a_short_word() {
        for good in ["tl", "capy", "evr_pat", "a", "a123456789012345"] {
            assert!(check_prefix(good).is_ok(), "{good}");
        }
        for bad in ["", "_a", "1a", "A", "a-b", "ä", "a1234567890123456"] {
            assert!(check_prefix(bad).is_err(), "{bad}");
        }
    }
}
