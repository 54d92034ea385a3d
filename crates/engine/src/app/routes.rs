//! Routes of a project's own: where public names lead, for it alone.

use std::sync::Arc;

use domain::{
    Caller, Error, Limits, Result,
    caller::Scope,
    codes,
    controls::{Reasoning, Speed},
    provider::{Route, RouteSettings},
};
use store::{Operation, Tx, op};

use super::own_provider::changed;
use crate::{App, catalogues::Rows, inner::Inner, unknown, validate};

impl App {
    /// Sets a route of the caller's project, which wins over the installation's for it alone. Returns whether it is new.
    ///
    /// # Errors
    /// `forbidden` without `admin`. `invalid` for a field, a provider that the project does not have, and fallbacks that
    /// lead nowhere or in a circle. `conflict` if the project has reached its limit.
    #[crate::boxed]
    pub async fn put_route(&self, caller: &Caller, name: String, settings: RouteSettings) -> Result<(Route, bool)> {
        caller.require(Scope::Admin)?;
        check(&name, &settings, &self.limits)?;
        self.store.write(Put { inner: self.inner().clone(), caller: caller.clone(), name, settings }).await
    }

    /// Routes of the caller's project, by name.
    ///
    /// # Errors
    /// `forbidden` without `admin`.
    #[crate::boxed]
    pub async fn list_routes(&self, caller: &Caller) -> Result<Vec<Route>> {
        caller.require(Scope::Admin)?;
        let project = caller.project;
        self.store.read(op(move |tx| Box::pin(async move { store::routes::list(tx, project).await }))).await
    }

    /// # Errors
    /// `forbidden` without `admin`; `not_found`.
    #[crate::boxed]
    pub async fn route(&self, caller: &Caller, name: &str) -> Result<Route> {
        let routes = self.list_routes(caller).await?;
        routes.into_iter().find(|route| route.name == name).ok_or_else(unknown::route)
    }

    /// Removes the route. The name then leads where the installation's routes lead it.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `not_found`; `conflict` if the fallback of another route would lead nowhere.
    #[crate::boxed]
    pub async fn delete_route(&self, caller: &Caller, name: &str) -> Result<()> {
        caller.require(Scope::Admin)?;
        let delete = Delete { inner: self.inner().clone(), caller: caller.clone(), name: name.to_owned() };
        self.store.write(delete).await
    }
}

fn check(name: &str, settings: &RouteSettings, limits: &Limits) -> Result<()> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if name.is_empty() || !name.chars().all(is_name) {
        return Err(Error::field("name", "must be a name of ASCII letters, digits and `.-_:`"));
    }
    validate::chars("name", name, limits.name_chars)?;
    validate::chars("provider", &settings.provider, limits.name_chars)?;
    if let Some(model) = &settings.model {
        validate::identifier("model", model, limits.route_model_chars)?;
    }
    validate::at_most("fallback", "names", settings.fallback.len(), limits.route_fallbacks)?;
    for (i, name) in settings.fallback.iter().enumerate() {
        validate::identifier(&format!("fallback.{i}"), name, limits.name_chars)?;
    }
    let overrides = &settings.overrides;
    for (path, tokens) in [("context", overrides.context), ("output", overrides.output)] {
        if tokens == Some(0) {
            return Err(Error::field(path, "must be at least 1"));
        }
    }
    let words = overrides.reasoning.as_ref().map_or(0, Vec::len);
    validate::at_most("reasoning", "words", words, Reasoning::ALL.len() as u64)?;
    validate::at_most("speeds", "words", overrides.speeds.as_ref().map_or(0, Vec::len), Speed::ALL.len() as u64)
}

struct Put {
    inner: Arc<Inner>,
    caller: Caller,
    name: String,
    settings: RouteSettings,
}

impl Operation for Put {
    type Out = (Route, bool);

    async fn run(self, tx: &mut Tx) -> Result<(Route, bool)> {
        let Self { inner, caller, name, settings } = self;
        let project = caller.project;
        if !store::projects::lock(tx, project).await? {
            return Err(unknown::project());
        }
        let mut rows = Rows::read(tx, project).await?;
        let (now, before) = (inner.clock.now(), rows.routes.iter().position(|route| route.name == name));
        let created_at = before.map_or(now, |at| rows.routes.swap_remove(at).created_at);
        let most = inner.limits.routes;
        if before.is_none() && rows.routes.len() as u64 >= most {
            return Err(Error::conflict(codes::TOO_MANY_ROUTES, format!("A project may have {most} routes")));
        }
        let route = Route { project, name, settings, created_at, updated_at: now };
        rows.routes.push(route.clone());
        let models = inner.catalogues.build(rows);
        models
            .routes()
            .check_own(&route.name)
            .map_err(|bad| Error::field(if bad.field.is_empty() { "name" } else { bad.field }, bad.wrong))?;
        store::routes::save(tx, &route).await?;
        changed(tx, &inner, &caller).await?;
        Ok((route, before.is_none()))
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
        let mut rows = Rows::read(tx, project).await?;
        let at = rows.routes.iter().position(|route| route.name == name).ok_or_else(unknown::route)?;
        rows.routes.swap_remove(at);
        let naming: Vec<String> = rows
            .routes
            .iter()
            .filter(|route| route.settings.fallback.contains(&name))
            .map(|r| r.name.clone())
            .collect();
        let models = inner.catalogues.build(rows);
        if !naming.is_empty() && !models.routes().has(&name) {
            let message = format!("Routes name the route as their fallback: {}", naming.join(", "));
            return Err(Error::conflict(codes::ROUTE_IN_USE, message));
        }
        store::routes::delete(tx, project, &name).await?;
        changed(tx, &inner, &caller).await
    }
}
