//! Sign-ins of browsers at the console: with a key, or by a link that an administrator made for a member.
//!
//! The secret of a sign-in or a link is 32 random bytes. The store has its hash.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    Caller, Error, KeyId, MemberId, ProjectId, Result, SignInId, Timestamp,
    caller::{Scope, SignedIn, Subject},
    codes,
    sign_in::{By, Link, SignIn},
};
use store::{Operation, Tx, audit, sign_ins::Found};
use uuid::Uuid;

use crate::{
    App, Origin,
    inner::Inner,
    origin::{self, Taken},
    secret::sha256,
    unknown,
};

/// A secret that is told once: the value of a cookie, or the end of a link.
#[derive(Clone, PartialEq, Eq)]
pub struct Told {
    pub secret: String,
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Told(…, until {})", self.expires_at)
    }
}

/// Ended sign-ins and links that one sign-in removes.
const REMOVED: i64 = 100;
/// The end by inactivity is moved when it would move by a sixtieth of that time: 12 minutes of 12 hours.
const PROLONGED: i64 = 60;

impl App {
    /// Signs a browser in with a key. The sign-in has exactly the key's scopes and ends with the key.
    ///
    /// # Errors
    /// `unauthenticated` for an invalid key; `forbidden` for a key of an agent or without `read`.
    #[crate::boxed]
    pub async fn sign_in_with_key(&self, secret: &str) -> Result<Told> {
        let caller = self.authenticate_key(secret).await?;
        caller.require(Scope::Read)?;
        let (secret, hash) = self.new_secret();
        let sign_in = new(self.inner(), SignInId(self.clock.id()), caller.project, By::Key(caller.key));
        let (inner, expires_at) = (self.inner().clone(), sign_in.expires_at);
        let begin = store::op(move |tx| Box::pin(async move { begin(tx, &inner, &sign_in, &hash).await }));
        self.store.write(begin).await?;
        Ok(Told { secret, expires_at })
    }

    /// Makes a link that signs the member in, once, within [`domain::Limits::sign_in_link_s`]. It replaces the member's
    /// earlier links. The member's role gives the scopes.
    ///
    /// # Errors
    /// `forbidden` without `admin`, or for a role with a scope that the caller lacks. `not_found` for an unknown or
    /// foreign member. `conflict` for a reused origin key, also in a replay.
    #[crate::boxed]
    pub async fn create_sign_in_link(&self, caller: &Caller, member: MemberId, origin: Option<Origin>) -> Result<Told> {
        caller.require(Scope::Admin)?;
        let (secret, hash) = self.new_secret();
        let created_at = self.clock.now();
        let expires_at = created_at.plus_s(self.limits.sign_in_link_s as i64);
        let link = Link { project: caller.project, member, key: caller.key, created_at, expires_at };
        self.store.write(MakeLink { inner: self.inner().clone(), caller: caller.clone(), link, hash, origin }).await?;
        Ok(Told { secret, expires_at })
    }

    /// Signs the link's member in. The link is spent.
    ///
    /// # Errors
    /// `unauthenticated` for a link that is unknown, spent or too old, or whose member is removed.
    #[crate::boxed]
    pub async fn sign_in_by_link(&self, secret: &str) -> Result<Told> {
        let link = sha256(secret.as_bytes());
        let (secret, hash) = self.new_secret();
        let spend = Spend { inner: self.inner().clone(), link, id: SignInId(self.clock.id()), hash };
        let expires_at = self.store.write(spend).await?;
        Ok(Told { secret, expires_at })
    }

    /// The caller of a browser with this secret. Each use moves the end by inactivity, at most every few minutes.
    ///
    /// # Errors
    /// `unauthenticated`, with the same message whether the sign-in is unknown or over, or its key or member is gone.
    #[crate::boxed]
    pub async fn signed_in(&self, secret: &str) -> Result<Caller> {
        let (hash, now) = (sha256(secret.as_bytes()), self.clock.now());
        let found = match self.known_sign_ins.get(&hash, now) {
            Ok(found) => found,
            Err(emptied) => {
                let find = store::op(move |tx| Box::pin(async move { store::sign_ins::find_by_hash(tx, &hash).await }));
                let found = self.store.read(find).await?.ok_or_else(Error::unauthenticated)?;
                let found = self.prolonged(found, now).await?;
                self.known_sign_ins.put(hash, found.clone(), now, emptied);
                found
            }
        };
        if found.sign_in.ends_at <= now {
            return Err(Error::unauthenticated());
        }
        self.caller_of(found).await
    }

    /// Signs the browser out, or every browser with the same key or member.
    ///
    /// # Errors
    /// `forbidden` for a caller that is not signed in.
    #[crate::boxed]
    pub async fn sign_out(&self, caller: &Caller, everywhere: bool) -> Result<()> {
        let Some(SignedIn { id, member }) = caller.sign_in else {
            return Err(Error::forbidden("Only a browser that is signed in can sign out"));
        };
        let (project, inner) = (caller.project, self.inner().clone());
        let by = member.map_or(By::Key(caller.key), By::Member);
        self.store
            .write(store::op(move |tx| {
                Box::pin(async move {
                    match everywhere {
                        true => store::sign_ins::delete_older(tx, project, by, 0).await?,
                        false => store::sign_ins::delete(tx, project, id).await?,
                    };
                    tx.on_commit(move || inner.known_sign_ins.forget());
                    Ok(())
                })
            }))
            .await
    }

    async fn prolonged(&self, mut found: Found, now: Timestamp) -> Result<Found> {
        let sign_in = &mut found.sign_in;
        let idle_s = self.limits.sign_in_idle_s as i64;
        let ends_at = now.plus_s(idle_s).min(sign_in.expires_at);
        if sign_in.ends_at > now && ends_at.since_us(sign_in.ends_at) >= idle_s * 1_000_000 / PROLONGED {
            let (project, id) = (sign_in.project, sign_in.id);
            let prolong =
                store::op(move |tx| Box::pin(async move { store::sign_ins::prolong(tx, project, id, ends_at).await }));
            self.store.write(prolong).await?;
            sign_in.ends_at = ends_at;
        }
        Ok(found)
    }

    async fn caller_of(&self, found: Found) -> Result<Caller> {
        let Found { sign_in, role } = found;
        let project = sign_in.project;
        let (key, scopes, line) = match sign_in.by {
            By::Key(key) => {
                let key = self.good_key_by_id(project, key).await?;
                (key.id, key.scopes, key.line)
            }
            By::Member(_) => {
                let nobodys = KeyId(Uuid::nil());
                (nobodys, role.ok_or_else(Error::unauthenticated)?.scopes(), nobodys)
            }
        };
        let signed_in = SignedIn { id: sign_in.id, member: sign_in.by.member() };
        Ok(Caller {
            project,
            key,
            scopes,
            subject: Subject::Project,
            line,
            until: None,
            sign_in: Some(signed_in),
            generation: 0,
        })
    }

    fn new_secret(&self) -> (String, [u8; 32]) {
        let secret = URL_SAFE_NO_PAD.encode(self.clock.random::<32>());
        let hash = sha256(secret.as_bytes());
        (secret, hash)
    }
}

/// A sign-in that begins now.
fn new(inner: &Inner, id: SignInId, project: ProjectId, by: By) -> SignIn {
    let created_at = inner.clock.now();
    let expires_at = created_at.plus_s(inner.limits.sign_in_s as i64);
    let ends_at = created_at.plus_s(inner.limits.sign_in_idle_s as i64).min(expires_at);
    SignIn { id, project, by, created_at, ends_at, expires_at }
}

/// Stores the sign-in. Of the same key or member, only the newest stay, so that their number is bounded.
async fn begin(tx: &mut Tx, inner: &Arc<Inner>, sign_in: &SignIn, hash: &[u8; 32]) -> Result<()> {
    store::sign_ins::delete_ended(tx, sign_in.created_at, REMOVED).await?;
    store::sign_ins::insert(tx, sign_in, hash).await?;
    let removed = store::sign_ins::delete_older(tx, sign_in.project, sign_in.by, inner.limits.sign_ins as i64).await?;
    if removed > 0 {
        let inner = inner.clone();
        tx.on_commit(move || inner.known_sign_ins.forget());
    }
    Ok(())
}

struct MakeLink {
    inner: Arc<Inner>,
    caller: Caller,
    link: Link,
    hash: [u8; 32],
    origin: Option<Origin>,
}

impl Operation for MakeLink {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { inner, caller, link, hash, origin } = self;
        if let Taken::Replay(_) =
            origin::take(tx, &caller, origin.as_ref(), None, link.member.0, link.created_at).await?
        {
            let message = "This request has already made a link; its secret is shown only once";
            return Err(Error::conflict(codes::LINK_ALREADY_CREATED, message));
        }
        let member = store::members::find(tx, link.project, link.member).await?.ok_or_else(unknown::member)?;
        if !caller.scopes.covers(member.role.scopes()) {
            return Err(Error::forbidden("The member's role has scopes that this key lacks"));
        }
        store::sign_ins::delete_links(tx, link.project, link.member).await?;
        store::sign_ins::insert_link(tx, &link, &hash).await?;
        record(tx, &inner, "sign_in_link", &link).await
    }
}

struct Spend {
    inner: Arc<Inner>,
    /// The hash of the link.
    link: [u8; 32],
    id: SignInId,
    /// The hash of the sign-in's secret.
    hash: [u8; 32],
}

impl Operation for Spend {
    type Out = Timestamp;

    async fn run(self, tx: &mut Tx) -> Result<Timestamp> {
        let Self { inner, link, id, hash } = self;
        let link = store::sign_ins::take_link(tx, &link).await?.ok_or_else(Error::unauthenticated)?;
        let sign_in = new(&inner, id, link.project, By::Member(link.member));
        let member = store::members::find(tx, link.project, link.member).await?;
        if link.expires_at <= sign_in.created_at || member.is_none() {
            return Err(Error::unauthenticated());
        }
        begin(tx, &inner, &sign_in, &hash).await?;
        record(tx, &inner, "sign_in", &link).await?;
        Ok(sign_in.expires_at)
    }
}

/// Records in the audit trail that a link was made or spent.
async fn record(tx: &mut Tx, inner: &Inner, action: &str, link: &Link) -> Result<()> {
    let record = audit::Record {
        id: inner.clock.id(),
        project: link.project,
        key: link.key,
        action: action.into(),
        member: Some(link.member),
        thread: None,
        message: None,
        object: None,
        at: inner.clock.now(),
    };
    audit::insert(tx, &record).await
}
