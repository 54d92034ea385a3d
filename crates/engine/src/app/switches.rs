//! Switches of the configuration's routes, for who administers the installation.

use std::{collections::BTreeSet, sync::Arc};

use domain::{Caller, Result, provider::RouteSettings};
use store::{Operation, Tx, op};

use crate::{App, app::projects::require_installation, inner::Inner, unknown};

/// A route of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct ConfiguredRoute {
    /// The name, or the pattern that ends in `*`.
    pub name: String,
    pub settings: RouteSettings,
    /// True if the route is switched off.
    pub disabled: bool,
    /// The number of projects whose turns do not call it for a while, because it failed again and again on this server.
    pub broken_for: u64,
}

impl App {
    /// The routes of the configuration, by name.
    ///
    /// # Errors
    /// `forbidden` unless the caller administers the installation.
    #[crate::boxed]
    pub async fn list_configured_routes(&self, caller: &Caller) -> Result<Vec<ConfiguredRoute>> {
        let caller = caller.clone();
        let read = op(move |tx| {
            Box::pin(async move {
                require_installation(tx, &caller).await?;
                store::routes::switched_off(tx).await
            })
        });
        let off: BTreeSet<String> = self.store.read(read).await?.into_iter().collect();
        Ok(configured(self, &off))
    }

    /// Switches a route of the configuration off or on, for all projects and on every server within a second. Running calls
    /// of a route that is switched off are stopped.
    ///
    /// # Errors
    /// `forbidden` unless the caller administers the installation; `not_found` for a name without a route.
    #[crate::boxed]
    pub async fn switch_route(&self, caller: &Caller, name: &str, disabled: bool) -> Result<ConfiguredRoute> {
        let inner = self.inner().clone();
        self.store.write(Switch { inner, caller: caller.clone(), name: name.to_owned(), disabled }).await
    }
}

fn configured(inner: &Inner, off: &BTreeSet<String>) -> Vec<ConfiguredRoute> {
    let route = |(name, settings): (&str, &RouteSettings)| ConfiguredRoute {
        name: name.into(),
        settings: settings.clone(),
        disabled: off.contains(name),
        broken_for: inner.breakers.open(name, inner.clock.now()),
    };
    inner.catalogues.base().routes().entries().map(route).collect()
}

struct Switch {
    inner: Arc<Inner>,
    caller: Caller,
    name: String,
    disabled: bool,
}

impl Operation for Switch {
    type Out = ConfiguredRoute;

    async fn run(self, tx: &mut Tx) -> Result<ConfiguredRoute> {
        let Self { inner, caller, name, disabled } = self;
        require_installation(tx, &caller).await?;
        let off = if disabled { BTreeSet::from([name.clone()]) } else { BTreeSet::new() };
        let found = configured(&inner, &off).into_iter().find(|route| route.name == name);
        let route = found.ok_or_else(unknown::route)?;
        match disabled {
            true => store::routes::switch_off(tx, &name, inner.clock.now()).await?,
            false => store::routes::switch_on(tx, &name).await?,
        }
        store::routes::changed(tx).await?;
        tx.on_commit(move || inner.catalogues.forget(None));
        Ok(route)
    }
}
