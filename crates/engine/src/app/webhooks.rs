//! Webhooks and their signing secrets: creating, changing and removing them.

pub mod delivery_attempts;

use std::sync::Arc;

use domain::{
    Caller, Error, Limits, Result, StoredSecret, WebhookId,
    caller::Scope,
    codes,
    event::Event,
    webhook::{Disabled, Proof, Webhook},
};
use outward::{Targets, target};
use store::{Operation, Tx, op};

use crate::{
    App, Origin,
    app::access::audit,
    delivery,
    inner::Inner,
    origin::{self, Taken},
    unknown, validate,
};

/// A new webhook.
#[derive(Clone, Debug)]
pub struct NewWebhook {
    pub url: String,
    /// A fixed `Authorization` header, instead of signatures.
    pub authorization: Option<String>,
    /// The dialect that formats the events.
    pub dialect: String,
    /// The types of entries to deliver. Absent: all but notes.
    pub events: Option<Vec<String>>,
    pub description: Option<String>,
    pub enabled: bool,
}

/// The changeable part of a webhook, filled with its present values by [`App::update_webhook`].
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    pub url: String,
    /// A new fixed `Authorization`, only for a webhook that has one. Absent at first. A new URL removes the present
    /// value, because the new endpoint must not learn it.
    pub authorization: Option<String>,
    pub events: Option<Vec<String>>,
    pub description: Option<String>,
    pub enabled: bool,
}

impl App {
    /// Creates a webhook, which gets all later entries. The second of the pair is its signing secret, which is returned
    /// only here. A webhook with a fixed `Authorization` has none.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `invalid` for a field. `conflict` if the project has reached its limit, for a reused
    /// origin key, also in a replay, and for an `Authorization` without a sealing key.
    #[crate::boxed]
    pub async fn create_webhook(
        &self,
        caller: &Caller,
        new: NewWebhook,
        origin: Option<Origin>,
    ) -> Result<(Webhook, Option<String>)> {
        caller.require(Scope::Admin)?;
        if self.wording(&new.dialect).is_none() {
            return Err(Error::field("dialect", "must name a dialect that has webhooks"));
        }
        let now = self.clock.now();
        let id = WebhookId(self.clock.id());
        let mut webhook = Webhook {
            id,
            project: caller.project,
            url: new.url,
            proof: Proof::Signed { generation: 1, overlap_ends_at: None },
            dialect: new.dialect,
            events: new.events,
            description: new.description,
            disabled: (!new.enabled).then_some(Disabled::Asked),
            created_at: now,
            updated_at: now,
        };
        check(self.inner(), &webhook)?;
        if let Some(value) = &new.authorization {
            webhook.proof = Proof::Authorization(Some(seal(self.inner(), caller.project, id, value)?));
        }
        let create = Create { inner: self.inner().clone(), caller: caller.clone(), webhook, origin };
        let webhook = self.store.write(create).await?;
        let secret = self.webhook_secret(&webhook);
        Ok((webhook, secret))
    }

    /// Webhooks of the caller's project, oldest first.
    ///
    /// # Errors
    /// `forbidden` without `admin`.
    #[crate::boxed]
    pub async fn list_webhooks(&self, caller: &Caller, after: Option<WebhookId>, limit: i64) -> Result<Vec<Webhook>> {
        caller.require(Scope::Admin)?;
        let project = caller.project;
        let list = op(move |tx| Box::pin(async move { store::webhooks::list(tx, project, after, limit).await }));
        self.store.read(list).await
    }

    /// The webhook, and the number of threads with pending entries.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `not_found` for an unknown or foreign id.
    #[crate::boxed]
    pub async fn webhook(&self, caller: &Caller, id: WebhookId) -> Result<(Webhook, i64)> {
        caller.require(Scope::Admin)?;
        let project = caller.project;
        let find = op(move |tx| {
            Box::pin(async move {
                let webhook = find(tx, project, id).await?;
                let behind = match webhook.disabled {
                    None => store::webhook_backlogs::count(tx, project, id).await?,
                    Some(_) => 0,
                };
                Ok((webhook, behind))
            })
        });
        self.store.read(find).await
    }

    /// Changes the webhook by `change`, which gets the present values. Disabling removes its pending deliveries. A
    /// webhook that is enabled again gets only later entries.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `not_found`; `invalid` for a value that `change` has set; `conflict` for an
    /// `Authorization` without a sealing key; `unavailable` for enabling while pending deliveries are still being removed.
    pub async fn update_webhook(
        &self,
        caller: &Caller,
        id: WebhookId,
        change: impl FnOnce(&mut Draft) + Send + 'static,
    ) -> Result<Webhook> {
        caller.require(Scope::Admin)?;
        let (project, most) = (caller.project, self.limits.bulk_rows);
        let forget = || {
            let forget = store::webhook_backlogs::forget;
            op(move |tx| Box::pin(async move { forget(tx, project, id, most as i64).await }))
        };
        while self.store.write(forget()).await? == most {}
        self.store.write(Update { inner: self.inner().clone(), caller: caller.clone(), id, change }).await
    }

    /// Removes the webhook with its pending deliveries and its log of delivery attempts.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `not_found`.
    #[crate::boxed]
    pub async fn delete_webhook(&self, caller: &Caller, id: WebhookId) -> Result<()> {
        caller.require(Scope::Admin)?;
        let (project, inner, caller) = (caller.project, self.inner().clone(), caller.clone());
        let delete = op(move |tx| {
            Box::pin(async move {
                hold(tx, project, id).await?;
                store::webhooks::delete(tx, project, id, inner.clock.now()).await?;
                audit::note(tx, &inner, &caller, "delete_webhook", id).await?;
                tx.on_commit(move || inner.unfinished.notify_one());
                Ok(())
            })
        });
        self.store.write(delete).await
    }

    /// Gives the webhook a new signing secret, which is returned only here. The previous secret signs too for
    /// `overlap_s` seconds, so that the receiver can switch. Earlier ones no longer sign.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `not_found`; `invalid` for the overlap; `conflict` for a webhook that does not
    /// sign, or a reused origin key, also in a replay.
    #[crate::boxed]
    pub async fn rotate_webhook_secret(
        &self,
        caller: &Caller,
        id: WebhookId,
        overlap_s: i64,
        origin: Option<Origin>,
    ) -> Result<(Webhook, Option<String>)> {
        caller.require(Scope::Admin)?;
        let longest = self.limits.webhook_overlap_s;
        if u64::try_from(overlap_s).map_or(true, |s| s > longest) {
            return Err(Error::field("overlap_s", format!("must be between 0 and {longest}")));
        }
        let rotate = Rotate { inner: self.inner().clone(), caller: caller.clone(), id, overlap_s, origin };
        let webhook = self.store.write(rotate).await?;
        let secret = self.webhook_secret(&webhook);
        Ok((webhook, secret))
    }

    fn webhook_secret(&self, webhook: &Webhook) -> Option<String> {
        match webhook.proof {
            Proof::Signed { generation, .. } => Some(delivery::secret(&self.secret, webhook.id, generation)),
            Proof::Authorization(_) => None,
        }
    }
}

pub(super) async fn find(tx: &mut Tx, project: domain::ProjectId, id: WebhookId) -> Result<Webhook> {
    store::webhooks::find(tx, project, id).await?.ok_or_else(unknown::webhook)
}

/// The webhook, locked until the transaction ends.
pub(super) async fn hold(tx: &mut Tx, project: domain::ProjectId, id: WebhookId) -> Result<Webhook> {
    store::webhooks::lock(tx, project, id).await?.ok_or_else(unknown::webhook)
}

fn check(inner: &Inner, webhook: &Webhook) -> Result<()> {
    validate::chars("url", &webhook.url, inner.limits.webhook_url_chars)?;
    target("url", &webhook.url, inner.outbox.targets()).map_err(|error| match inner.outbox.targets() {
        // Only if the setting would allow the address.
        Targets::Public if target("url", &webhook.url, Targets::Any).is_ok() => {
            let said = error.fields.first().map(|field| field.message.clone()).unwrap_or_default();
            Error::field("url", format!("{said}, unless the setting `webhook_targets` is `any`"))
        }
        _ => error,
    })?;
    if let Some(events) = &webhook.events {
        if events.is_empty() {
            return Err(Error::field("events", "must name at least one type; omit it for all types"));
        }
        validate::at_most("events", "types", events.len(), Event::KINDS.len() as u64)?;
        for (i, event) in events.iter().enumerate() {
            if !Event::KINDS.contains(&event.as_str()) {
                let known = Event::KINDS.join(", ");
                return Err(Error::field(
                    format!("events.{i}"),
                    format!("is not an event type; the types are {known}"),
                ));
            }
        }
    }
    match &webhook.description {
        Some(text) => validate::chars("description", text, inner.limits.description_chars),
        None => Ok(()),
    }
}

/// Checks and seals a fixed `Authorization`.
fn seal(inner: &Inner, project: domain::ProjectId, id: WebhookId, value: &str) -> Result<StoredSecret> {
    authorization(value, &inner.limits)?;
    inner.sealing.seal(&inner.clock, &delivery::place(project, id), value)
}

/// Checks a value that becomes a header unchanged.
fn authorization(value: &str, limits: &Limits) -> Result<()> {
    let visible = value.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    if value.is_empty() || value.trim() != value || !visible {
        return Err(Error::field("authorization", "must be visible ASCII characters, with spaces only between them"));
    }
    validate::chars("authorization", value, limits.webhook_authorization_chars)
}

/// A credential is shown only once.
fn already_told(id: impl std::fmt::Display) -> Error {
    let message = format!("This request was already carried out for the webhook {id}; its secret is shown only once");
    Error::conflict(codes::WEBHOOK_SECRET_ALREADY_TOLD, message)
}

struct Create {
    inner: Arc<Inner>,
    caller: Caller,
    webhook: Webhook,
    origin: Option<Origin>,
}

impl Operation for Create {
    type Out = Webhook;

    async fn run(self, tx: &mut Tx) -> Result<Webhook> {
        let Self { inner, caller, webhook, origin } = self;
        let taken = origin::take(tx, &caller, origin.as_ref(), None, webhook.id.0, webhook.created_at).await?;
        if let Taken::Replay(id) = taken {
            return Err(already_told(id));
        }
        if !store::projects::lock(tx, caller.project).await? {
            return Err(unknown::project());
        }
        let most = inner.limits.webhooks;
        if store::webhooks::count(tx, caller.project).await? as u64 >= most {
            return Err(Error::conflict(codes::TOO_MANY_WEBHOOKS, format!("A project may have {most} webhooks")));
        }
        store::webhooks::insert(tx, &webhook).await?;
        audit::note(tx, &inner, &caller, "create_webhook", webhook.id).await?;
        Ok(webhook)
    }
}

struct Update<F> {
    inner: Arc<Inner>,
    caller: Caller,
    id: WebhookId,
    change: F,
}

impl<F: FnOnce(&mut Draft) + Send + 'static> Operation for Update<F> {
    type Out = Webhook;

    async fn run(self, tx: &mut Tx) -> Result<Webhook> {
        let Self { inner, caller, id, change } = self;
        let webhook = hold(tx, caller.project, id).await?;
        let mut draft = Draft {
            url: webhook.url.clone(),
            authorization: None,
            events: webhook.events.clone(),
            description: webhook.description.clone(),
            enabled: webhook.disabled.is_none(),
        };
        change(&mut draft);
        let had_secret = matches!(webhook.proof, Proof::Authorization(Some(_)));
        let is_set = draft.authorization.is_some();
        let proof = match (webhook.proof, draft.authorization) {
            (Proof::Authorization(_), Some(value)) => {
                Proof::Authorization(Some(seal(&inner, caller.project, id, &value)?))
            }
            (Proof::Authorization(standing), None) => {
                Proof::Authorization(standing.filter(|_| draft.url == webhook.url))
            }
            (Proof::Signed { generation, overlap_ends_at }, None) => Proof::Signed { generation, overlap_ends_at },
            (Proof::Signed { .. }, Some(_)) => {
                return Err(Error::field("authorization", "must be omitted for a webhook that signs"));
            }
        };
        let disabled = match (draft.enabled, webhook.disabled) {
            (true, _) => None,
            (false, standing) => standing.or(Some(Disabled::Asked)),
        };
        match (webhook.disabled, disabled) {
            (None, Some(_)) => delivery::forget_later(tx, &inner, caller.project, id).await?,
            // A concurrent append may have added a backlog after those of the disabling were removed.
            (Some(_), None) => {
                let most = inner.limits.bulk_rows;
                if store::webhook_backlogs::forget(tx, caller.project, id, most as i64).await? == most {
                    return Err(Error::unavailable(
                        "Pending deliveries of the webhook are still being removed, try again",
                    ));
                }
            }
            (None, None) | (Some(_), Some(_)) => {}
        }
        let changed = Webhook {
            url: draft.url,
            proof,
            events: draft.events,
            description: draft.description,
            disabled,
            updated_at: inner.clock.now(),
            ..webhook
        };
        check(&inner, &changed)?;
        store::webhooks::save(tx, &changed).await?;
        // A new address has removed the secret that belonged to the former one.
        let is_removed = had_secret && matches!(changed.proof, Proof::Authorization(None));
        if is_set || is_removed {
            let action = if is_set { "set_webhook_authorization" } else { "remove_webhook_authorization" };
            audit::note(tx, &inner, &caller, action, id).await?;
        }
        Ok(changed)
    }
}

struct Rotate {
    inner: Arc<Inner>,
    caller: Caller,
    id: WebhookId,
    overlap_s: i64,
    origin: Option<Origin>,
}

impl Operation for Rotate {
    type Out = Webhook;

    async fn run(self, tx: &mut Tx) -> Result<Webhook> {
        let Self { inner, caller, id, overlap_s, origin } = self;
        let now = inner.clock.now();
        if let Taken::Replay(id) = origin::take(tx, &caller, origin.as_ref(), None, id.0, now).await? {
            return Err(already_told(id));
        }
        let mut webhook = hold(tx, caller.project, id).await?;
        let Proof::Signed { generation, .. } = webhook.proof else {
            return Err(Error::conflict(
                codes::WEBHOOK_DOES_NOT_SIGN,
                "This webhook has a fixed Authorization and no secret",
            ));
        };
        let overlap_ends_at = (overlap_s > 0).then(|| now.plus_s(overlap_s));
        webhook.proof = Proof::Signed { generation: generation + 1, overlap_ends_at };
        webhook.updated_at = now;
        store::webhooks::save(tx, &webhook).await?;
        audit::note(tx, &inner, &caller, "rotate_webhook_secret", id).await?;
        Ok(webhook)
    }
}
