//! A thread's own settings: overrides and extras.

use domain::{
    Caller, Map, Result, ThreadId,
    budget::{self, Budget},
    caller::Scope,
    overrides::Overrides,
    thread::Thread,
};
use store::Tx;

use crate::{App, extras, inner::Inner, unknown, validate};

/// All settings of one thread.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Own {
    pub overrides: Overrides,
    pub extras: Map,
}

impl App {
    /// The thread's own settings.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign id.
    #[crate::boxed]
    pub async fn thread_overrides(&self, caller: &Caller, id: ThreadId) -> Result<Own> {
        caller.require(Scope::Read)?;
        let (inner, project) = (self.inner().clone(), caller.project);
        self.store
            .read(store::op(move |tx| {
                Box::pin(async move {
                    let thread = store::threads::find(tx, project, id).await?.ok_or_else(unknown::thread)?;
                    of(tx, &inner, &thread).await
                })
            }))
            .await
    }
}

pub(crate) async fn of(tx: &mut Tx, inner: &Inner, thread: &Thread) -> Result<Own> {
    let overrides = store::overrides::find(tx, thread.project, thread.id).await?.unwrap_or_default();
    let extras = extras::find(tx, inner, thread.project, thread.id.0).await?;
    Ok(Own { overrides, extras })
}

/// The settings for a list of threads.
pub(crate) async fn listed(tx: &mut Tx, inner: &Inner, thread: &Thread) -> Result<Own> {
    let overrides = store::overrides::find(tx, thread.project, thread.id).await?.unwrap_or_default();
    let extras = extras::listed(tx, inner, thread.project, thread.id.0).await?;
    Ok(Own { overrides, extras })
}

/// Stores the own settings of a new thread, if it has any.
pub(crate) async fn own(
    tx: &mut Tx,
    inner: &Inner,
    thread: &Thread,
    overrides: &Overrides,
    extras: &Map,
) -> Result<()> {
    if !overrides.is_empty() {
        store::overrides::save(tx, thread.project, thread.id, overrides).await?;
    }
    if !extras.is_empty() {
        crate::extras::save(tx, inner, thread.project, thread.id.0, extras).await?;
    }
    Ok(())
}

pub(crate) async fn set_locale(
    tx: &mut Tx,
    inner: &Inner,
    thread: &Thread,
    locale: Option<String>,
    changed: &mut Map,
) -> Result<()> {
    let mut overrides = store::overrides::find(tx, thread.project, thread.id).await?.unwrap_or_default();
    if overrides.controls.locale != locale {
        changed.insert("locale".into(), locale.clone().into());
        overrides.controls.locale = locale;
        validate::overrides(&overrides, &inner.limits, &inner.catalogues.within(tx, thread.project).await?)?;
        store::overrides::save(tx, thread.project, thread.id, &overrides).await?;
    }
    Ok(())
}

pub(crate) async fn set_budgets(tx: &mut Tx, thread: &Thread, budgets: Vec<Budget>, changed: &mut Map) -> Result<()> {
    let mut overrides = store::overrides::find(tx, thread.project, thread.id).await?.unwrap_or_default();
    if overrides.budgets != budgets {
        changed.insert("budgets".into(), budget::shown(&budgets)?);
        overrides.budgets = budgets;
        store::overrides::save(tx, thread.project, thread.id, &overrides).await?;
    }
    Ok(())
}

pub(crate) async fn set_extras(tx: &mut Tx, inner: &Inner, thread: &Thread, set: Map) -> Result<()> {
    let mut all = extras::find(tx, inner, thread.project, thread.id.0).await?;
    all.extend(set);
    validate::extras(&all, &inner.limits)?;
    extras::save(tx, inner, thread.project, thread.id.0, &all).await
}
