//! The parts of an engine, and the handle to it.

mod wording;

use std::{
    ops::Deref,
    sync::{Arc, OnceLock},
};

use domain::{Caller, Limits, Result, caller::Key};
use outward::{Client, Targets};
use providers::Models;
use store::{Blobs, Store, sign_ins::Found};

use crate::{
    Clock, Memory, ages::Ages, breakers::Breakers, budgets::Budgets, catalogues::Catalogues, feeds::Feeds, hub::Hub,
    indexing::Indexing, known::Known, offers::Offers, outbox::Outbox, pools::Pools, presence::Presence, quotas::Quotas,
    recent::Recent, reported::Reported, sealing::Sealing, secret::Secret, takeover::Takeover, telemetry::Telemetry,
    tries::Tries, validate, watches::Watches, workers::Workers,
};

pub use self::wording::{Payload, PendingEntry, PushWording, Wording, Wordings};

/// The engine. Cheap to clone, shared by everything that runs.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// The options of an engine.
pub struct Options {
    pub store: Store,
    pub models: Models,
    pub clock: Clock,
    /// The keys for secrets in the database.
    pub sealing: Sealing,
    pub limits: Limits,
    /// Turns that run at once on this node. 0: none; messages are only accepted.
    pub turns: usize,
    /// Memory budget of the process, in bytes.
    pub memory_bytes: u64,
    /// Allowed targets of webhooks and of external agents' endpoints.
    pub webhook_targets: Targets,
    /// Allowed targets of links and pictures in messages.
    pub link_targets: Targets,
    /// Allowed targets of projects' own providers.
    pub provider_targets: Targets,
    /// Allowed targets of HTTP tools.
    pub tool_targets: Targets,
    /// True if a former model name stands for the agent's own model.
    pub former_models: bool,
    /// Base URL of a collector of OpenTelemetry that gets spans. Absent: none are made.
    pub otlp_endpoint: Option<String>,
    /// The address by which browsers reach the server, without a slash at its end.
    pub public_url: Option<String>,
}

/// The parts of the engine. Public only so that the modules of this crate can share it.
pub struct Inner {
    pub(crate) store: Store,
    pub(crate) blobs: Blobs,
    pub(crate) catalogues: Catalogues,
    pub(crate) breakers: Arc<Breakers>,
    /// Checks of own providers and routes, by project.
    pub(crate) checks: Tries,
    pub(crate) pools: Pools,
    pub(crate) reported: Reported,
    pub(crate) clock: Clock,
    pub(crate) limits: Limits,
    pub(crate) secret: Secret,
    pub(crate) sealing: Sealing,
    pub(crate) memory: Memory,
    pub(crate) hub: Hub,
    pub(crate) recent: Recent,
    pub(crate) presence: Presence,
    pub(crate) feeds: Feeds,
    pub(crate) indexing: Indexing,
    pub(crate) workers: Arc<Workers>,
    pub(crate) takeover: Takeover,
    pub(crate) telemetry: Telemetry,
    pub(crate) ages: Ages,
    pub(crate) known_keys: Known<Key>,
    pub(crate) known_sign_ins: Known<Found>,
    /// Whether a thread's agent lets guests in, and the generation of their tokens. Absent: the thread is gone.
    pub(crate) known_guests: Known<Option<(bool, u64)>>,
    pub(crate) watches: Watches,
    pub(crate) quotas: Arc<Quotas>,
    pub(crate) budgets: Budgets,
    pub(crate) reminders: tokio::sync::Notify,
    pub(crate) offers: Arc<Offers>,
    /// Notified when the server may have to act about a turn of an external agent.
    pub(crate) external: tokio::sync::Notify,
    pub(crate) windows: tokio::sync::Notify,
    /// Notified when a silence may end, or a member was removed.
    pub(crate) silences: tokio::sync::Notify,
    /// Notified when a model call was charged.
    pub(crate) spending: tokio::sync::Notify,
    /// Notified when a deletion has remaining rows, or a fork was given up.
    pub(crate) unfinished: tokio::sync::Notify,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) wordings: OnceLock<Wordings>,
    /// Pushes of external agents' turns.
    pub(crate) pushes: Arc<Outbox>,
    pub(crate) push_wording: OnceLock<Arc<dyn PushWording>>,
    pub(crate) link_targets: Targets,
    /// For HTTP tools. One for all, because the certificates of the system take memory.
    pub(crate) tool_client: Client,
    former_models: bool,
    public_url: Option<String>,
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl App {
    /// Must be called within a tokio runtime, on which turns are spawned.
    pub fn new(options: Options) -> Self {
        let Options { store, models, clock, limits, turns, memory_bytes, .. } = options;
        let Options { sealing, webhook_targets, link_targets, provider_targets, tool_targets, .. } = options;
        let Options { former_models, otlp_endpoint, public_url, .. } = options;
        let blobs = store.blobs().clone();
        let secret = Secret::new(store.secret());
        let workers = Arc::new(Workers::new(&clock, turns));
        let memory = Memory::new(memory_bytes);
        let hub = Hub::new(limits.tail_items as usize, memory.tails().clone());
        let presence = Presence::new(limits.presences as usize, limits.thread_presences as usize);
        let pushes = Arc::new(Outbox::new(limits.pushes, webhook_targets));
        let outbox = Arc::new(Outbox::new(limits.webhook_posts, webhook_targets));
        let ages = Ages::new(&clock);
        let quotas = Arc::new(Quotas::new(&limits));
        let indexing = Indexing::new(&limits);
        let (breakers, pools) = (Arc::new(Breakers::new(&limits)), Pools::new(models.routes()));
        let catalogues = Catalogues::new(store.clone(), sealing.clone(), models, provider_targets, &limits);
        let telemetry = Telemetry::to(otlp_endpoint.as_deref(), limits.telemetry_spans);
        Self(Arc::new(Inner {
            store,
            blobs,
            catalogues,
            breakers,
            checks: Tries::default(),
            pools,
            reported: Reported::default(),
            clock,
            limits,
            secret,
            sealing,
            memory,
            hub,
            recent: Recent::new(memory_bytes),
            presence,
            feeds: Feeds::default(),
            indexing,
            workers,
            takeover: Takeover::default(),
            telemetry,
            ages,
            known_keys: Known::default(),
            known_sign_ins: Known::default(),
            known_guests: Known::default(),
            watches: Watches::default(),
            quotas,
            budgets: Budgets::default(),
            reminders: tokio::sync::Notify::new(),
            offers: Arc::default(),
            external: tokio::sync::Notify::new(),
            windows: tokio::sync::Notify::new(),
            silences: tokio::sync::Notify::new(),
            spending: tokio::sync::Notify::new(),
            unfinished: tokio::sync::Notify::new(),
            outbox,
            wordings: OnceLock::new(),
            pushes,
            push_wording: OnceLock::new(),
            link_targets,
            tool_client: tool_targets.into(),
            former_models,
            public_url,
        }))
    }

    pub(crate) fn of(inner: Arc<Inner>) -> Self {
        Self(inner)
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.0
    }

    pub fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// The installation's models.
    pub fn models(&self) -> &Models {
        self.0.catalogues.base()
    }

    /// The models of the caller's project.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn models_of(&self, caller: &Caller) -> Result<Models> {
        self.0.catalogues.of(caller.project).await
    }

    /// The model for a former model name: none, so that the agent's own answers.
    ///
    /// # Errors
    /// `invalid` at `path`, as for an unknown model, unless the operator allows former names.
    pub fn former_model(&self, path: &str) -> Result<Option<String>> {
        match self.0.former_models {
            true => Ok(None),
            false => Err(validate::unknown_model(path)),
        }
    }

    /// The address by which browsers reach the server, without a slash at its end. Absent: it was not configured.
    pub fn public_url(&self) -> Option<&str> {
        self.0.public_url.as_deref()
    }

    /// The memory budget of the process.
    pub fn memory(&self) -> &Memory {
        &self.0.memory
    }

    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// A key for one purpose, derived from the installation secret.
    pub fn derive(&self, label: &str) -> [u8; 32] {
        self.0.secret.derive(label)
    }

    /// Checks that the store answers from its disk, past the page cache.
    ///
    /// # Errors
    /// Errors of the store.
    #[crate::boxed]
    pub async fn ready(&self) -> Result<()> {
        self.0.store.ready().await
    }
}
