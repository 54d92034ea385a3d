//! Providers of a project's own.

use std::sync::Arc;

use domain::{
    Caller, Error, Limits, Result,
    caller::Scope,
    codes,
    provider::{Kind, Protocol, Provider},
};
use outward::{Targets, target};
use providers::Key;
use store::{Operation, Tx, op};

use crate::{App, app::access::audit, catalogues, inner::Inner, unknown, validate};

/// A provider as a project sets it.
#[derive(Clone, Debug)]
pub struct NewProvider {
    pub name: String,
    pub kind: Kind,
    /// Absent: the vendor's own.
    pub base_url: Option<String>,
    /// Absent: by kind and address.
    pub wire: Option<Protocol>,
    pub key: NewKey,
}

/// The change of a provider's key.
#[derive(Clone, PartialEq, Eq)]
pub enum NewKey {
    /// The present key stays, if there is one. A new kind or base URL removes it, because the new endpoint must not
    /// learn it.
    Stay,
    Remove,
    Set(String),
}

impl std::fmt::Debug for NewKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NewKey(not shown)")
    }
}

impl App {
    /// Sets a provider of the caller's project. Returns whether it is new.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `invalid` for a field. `conflict` if the project has reached its limit, and for a
    /// key without a sealing key.
    #[crate::boxed]
    pub async fn put_provider(&self, caller: &Caller, new: NewProvider) -> Result<(Provider, bool)> {
        caller.require(Scope::Admin)?;
        let new = checked(new, &self.limits, self.catalogues.targets())?;
        self.store.write(Put { inner: self.inner().clone(), caller: caller.clone(), new }).await
    }

    /// Providers of the caller's project, by name.
    ///
    /// # Errors
    /// `forbidden` without `admin`.
    #[crate::boxed]
    pub async fn list_providers(&self, caller: &Caller) -> Result<Vec<Provider>> {
        caller.require(Scope::Admin)?;
        let project = caller.project;
        self.store.read(op(move |tx| Box::pin(async move { store::providers::list(tx, project).await }))).await
    }

    /// # Errors
    /// `forbidden` without `admin`; `not_found`.
    #[crate::boxed]
    pub async fn provider(&self, caller: &Caller, name: &str) -> Result<Provider> {
        caller.require(Scope::Admin)?;
        let (project, name) = (caller.project, name.to_owned());
        let find = op(move |tx| Box::pin(async move { store::providers::find(tx, project, &name).await }));
        self.store.read(find).await?.ok_or_else(unknown::provider)
    }

    /// Removes the provider with its key.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `not_found`; `conflict` while routes lead to it.
    #[crate::boxed]
    pub async fn delete_provider(&self, caller: &Caller, name: &str) -> Result<()> {
        caller.require(Scope::Admin)?;
        let delete = Delete { inner: self.inner().clone(), caller: caller.clone(), name: name.to_owned() };
        self.store.write(delete).await
    }
}

/// The provider with its base URL and key as they are stored and sent.
fn checked(mut new: NewProvider, limits: &Limits, targets: Targets) -> Result<NewProvider> {
    validate::slug("name", &new.name, limits)?;
    if let Some(url) = &mut new.base_url {
        validate::chars("base_url", url, limits.provider_url_chars)?;
        target("base_url", url, targets).map_err(|error| match targets {
            // Only if the setting would allow the address.
            Targets::Public if target("base_url", url, Targets::Any).is_ok() => {
                let said = error.fields.first().map(|field| field.message.clone()).unwrap_or_default();
                Error::field("base_url", format!("{said}, unless the setting `provider_targets` is `any`"))
            }
            _ => error,
        })?;
        if url.contains(['?', '#']) {
            return Err(Error::field("base_url", "must end with its path, without `?` and `#`"));
        }
        *url = url.trim_end_matches('/').to_owned();
    }
    if new.wire.is_some_and(|wire| !new.kind.wires().contains(&wire)) {
        let wires: Vec<&str> = new.kind.wires().iter().map(|wire| wire.as_str()).collect();
        let message = format!("must be a wire of the kind `{}`: {}", new.kind.as_str(), wires.join(", "));
        return Err(Error::field("wire", message));
    }
    if let NewKey::Set(key) = &mut new.key {
        validate::at_most("api_key", "bytes", key.len(), limits.provider_key_bytes)?;
        if Key::parse(key).is_none() {
            return Err(Error::field("api_key", "must be visible ASCII characters"));
        }
        *key = key.trim().to_owned();
    }
    Ok(new)
}

struct Put {
    inner: Arc<Inner>,
    caller: Caller,
    new: NewProvider,
}

impl Operation for Put {
    type Out = (Provider, bool);

    async fn run(self, tx: &mut Tx) -> Result<(Provider, bool)> {
        let Self { inner, caller, new } = self;
        let project = caller.project;
        if !store::projects::lock(tx, project).await? {
            return Err(unknown::project());
        }
        let present = store::providers::list(tx, project).await?;
        let most = inner.limits.providers;
        let before = present.iter().find(|provider| provider.name == new.name).cloned();
        if before.is_none() && present.len() as u64 >= most {
            return Err(Error::conflict(codes::TOO_MANY_PROVIDERS, format!("A project may have {most} providers")));
        }
        let (now, is_new) = (inner.clock.now(), before.is_none());
        let NewProvider { name, kind, base_url, wire, key } = new;
        let mut provider = Provider {
            id: before.as_ref().map_or_else(|| inner.clock.id(), |before| before.id),
            project,
            name,
            kind,
            base_url,
            wire,
            key: None,
            created_at: before.as_ref().map_or(now, |before| before.created_at),
            updated_at: now,
        };
        let (is_set, had_key) =
            (matches!(key, NewKey::Set(_)), before.as_ref().is_some_and(|before| before.key.is_some()));
        provider.key = match key {
            NewKey::Set(key) => Some(inner.sealing.seal(&inner.clock, &catalogues::place(&provider), &key)?),
            NewKey::Remove => None,
            NewKey::Stay => before
                .filter(|before| (before.kind, &before.base_url) == (provider.kind, &provider.base_url))
                .and_then(|before| before.key),
        };
        store::providers::save(tx, &provider).await?;
        if is_set || (had_key && provider.key.is_none()) {
            let action = if is_set { "set_provider_key" } else { "remove_provider_key" };
            audit::note(tx, &inner, &caller, action, &provider.name).await?;
        }
        changed(tx, &inner, &caller).await?;
        Ok((provider, is_new))
    }
}

struct Delete {
    inner: Arc<Inner>,
    caller: Caller,
    name: String,
}

impl Operation for Delete {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { inner, caller, name } = self;
        let project = caller.project;
        if !store::projects::lock(tx, project).await? {
            return Err(unknown::project());
        }
        let routes = store::routes::list(tx, project).await?;
        let named: Vec<&str> =
            routes.iter().filter(|route| route.settings.provider == name).map(|route| route.name.as_str()).collect();
        if !named.is_empty() {
            let message = format!("Routes lead to the provider: {}", named.join(", "));
            return Err(Error::conflict(codes::PROVIDER_IN_USE, message));
        }
        if !store::providers::delete(tx, project, &name).await? {
            return Err(unknown::provider());
        }
        audit::note(tx, &inner, &caller, "delete_provider", &name).await?;
        changed(tx, &inner, &caller).await
    }
}

/// Notes a change of the project's providers or routes, so that every server learns of it.
pub(super) async fn changed(tx: &mut Tx, inner: &Arc<Inner>, caller: &Caller) -> Result<()> {
    store::routes::changed(tx).await?;
    let (inner, project) = (inner.clone(), caller.project);
    tx.on_commit(move || inner.catalogues.forget(Some(project)));
    Ok(())
}
