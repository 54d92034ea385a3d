//! The models of each project: those of the installation, with the project's own providers and routes.
//!
//! A project's models are read once and kept until a change of them. A change on this node is known with its COMMIT, and
//! one of another node by the next round of [`crate::services::Catalogues`].

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::{
    Limits, ProjectId, Result,
    provider::{Provider, Route},
};
use outward::{Client, Targets};
use providers::{Key, Models, ProviderSettings, Times};
use store::{Store, Tx, op, secrets::Column};
use tokio::sync::watch;

use crate::sealing::{Place, Sealing};

/// Most projects whose models are kept. Beyond it, all are dropped and read again.
const KNOWN_MAX: usize = 10_000;

/// The models of all projects.
pub(crate) struct Catalogues {
    store: Store,
    sealing: Sealing,
    base: Models,
    /// For the providers of projects. One for all, because the certificates of the system take memory.
    client: Client,
    times: Times,
    known: Mutex<Known>,
    /// Rises with each change that this node has learned of.
    learned: watch::Sender<u64>,
}

#[derive(Default)]
struct Known {
    models: HashMap<ProjectId, Models>,
    /// Number of times that models were dropped.
    dropped: u64,
    /// The number of changes that the store told last.
    changes: Option<i64>,
}

/// The rows of a project's catalogue.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    pub(crate) providers: Vec<Provider>,
    pub(crate) routes: Vec<Route>,
    /// The routes of the configuration that are switched off.
    pub(crate) off: BTreeSet<String>,
}

impl Rows {
    /// Three statements.
    pub(crate) async fn read(tx: &mut Tx, project: ProjectId) -> Result<Self> {
        Ok(Self {
            providers: store::providers::list(tx, project).await?,
            routes: store::routes::list(tx, project).await?,
            off: store::routes::switched_off(tx).await?.into_iter().collect(),
        })
    }
}

impl Catalogues {
    pub(crate) fn new(store: Store, sealing: Sealing, base: Models, targets: Targets, limits: &Limits) -> Self {
        Self {
            store,
            sealing,
            base,
            client: targets.into(),
            times: times(limits),
            known: Mutex::default(),
            learned: watch::Sender::new(0),
        }
    }

    /// The installation's models.
    pub(crate) fn base(&self) -> &Models {
        &self.base
    }

    /// The allowed targets of projects' providers.
    pub(crate) fn targets(&self) -> Targets {
        self.client.targets()
    }

    /// The project's models. Reads the store once, outside of a transaction.
    pub(crate) async fn of(&self, project: ProjectId) -> Result<Models> {
        let dropped = match self.get(project) {
            Ok(models) => return Ok(models),
            Err(dropped) => dropped,
        };
        let read = op(move |tx| Box::pin(async move { Rows::read(tx, project).await }));
        let rows = self.store.read(read).await?;
        Ok(self.put(project, self.build(rows), dropped))
    }

    /// As [`Self::of`], within a transaction that changes no catalogue.
    pub(crate) async fn within(&self, tx: &mut Tx, project: ProjectId) -> Result<Models> {
        let dropped = match self.get(project) {
            Ok(models) => return Ok(models),
            Err(dropped) => dropped,
        };
        let rows = Rows::read(tx, project).await?;
        Ok(self.put(project, self.build(rows), dropped))
    }

    /// The project's models if they are known, else the installation's.
    pub(crate) fn guess(&self, project: ProjectId) -> Models {
        self.get(project).unwrap_or_else(|_| self.base.clone())
    }

    /// The models that the rows describe.
    pub(crate) fn build(&self, rows: Rows) -> Models {
        let Rows { providers, routes, off } = rows;
        if providers.is_empty() && routes.is_empty() && off.is_empty() {
            return self.base.clone();
        }
        let providers = providers.into_iter().map(|provider| self.provider(provider)).collect();
        let entries: BTreeMap<_, _> = routes.into_iter().map(|route| (route.name, route.settings)).collect();
        Models::new(self.base.routes().with_own(providers, entries, off))
    }

    fn provider(&self, row: Provider) -> providers::Provider {
        let place = place(&row);
        let Provider { name, kind, base_url, wire, key, .. } = row;
        let configured = ProviderSettings { name, kind, base_url, wire, key: None, ca_file: None, times: self.times };
        let Some(stored) = key else { return providers::Provider::by(self.client.clone(), configured) };
        match self.sealing.open(&place, &stored).map(|key| Key::parse(&key)) {
            Ok(key @ Some(_)) => providers::Provider::by(self.client.clone(), ProviderSettings { key, ..configured }),
            opened => {
                let error = opened.err();
                tracing::error!(?error, provider = configured.name, "the key of a project's provider cannot be read");
                providers::Provider::by(self.client.clone(), configured).without_its_key()
            }
        }
    }

    /// Drops what is known of the project, or of all. Called after the COMMIT of a change.
    pub(crate) fn forget(&self, project: Option<ProjectId>) {
        let mut known = self.lock();
        match project {
            Some(project) => drop(known.models.remove(&project)),
            None => known.models.clear(),
        }
        known.dropped += 1;
        drop(known);
        self.tell();
    }

    /// Tells running turns that their route or agent may have changed.
    pub(crate) fn tell(&self) {
        self.learned.send_modify(|learned| *learned += 1);
    }

    /// The number of changes that this node has learned of.
    pub(crate) fn count(&self) -> u64 {
        *self.learned.borrow()
    }

    /// Asks the store whether anything has changed, and drops everything if so.
    pub(crate) async fn look(&self) -> Result<()> {
        let changes = self.store.read(op(|tx| Box::pin(async move { store::routes::changes(tx).await }))).await?;
        let before = self.lock().changes.replace(changes);
        // What was read before the first look may be older than the number.
        if before != Some(changes) {
            self.forget(None);
        }
        Ok(())
    }

    /// Notified of each change that this node learns of.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.learned.subscribe()
    }

    fn get(&self, project: ProjectId) -> Result<Models, u64> {
        let known = self.lock();
        known.models.get(&project).cloned().ok_or(known.dropped)
    }

    /// Keeps the models, unless something has changed since they were read.
    fn put(&self, project: ProjectId, models: Models, dropped: u64) -> Models {
        let mut known = self.lock();
        if known.dropped == dropped {
            if known.models.len() >= KNOWN_MAX {
                known.models.clear();
            }
            known.models.insert(project, models.clone());
        }
        models
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The place of a provider's key.
pub(crate) fn place(provider: &Provider) -> Place {
    Place { project: provider.project, column: Column::ProviderKey, row: provider.id }
}

fn times(limits: &Limits) -> Times {
    let [connect, first_byte, first_token, between, whole] = [
        limits.model_connect_s,
        limits.model_first_byte_s,
        limits.model_first_token_s,
        limits.model_silence_s,
        limits.model_call_s,
    ]
    .map(Duration::from_secs);
    Times { connect, first_byte, first_token, between, whole }
}
