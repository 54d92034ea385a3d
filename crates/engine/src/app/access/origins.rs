//! Web origins: those whose pages may use a project with one of its keys.

use domain::{Caller, ProjectId, Result, caller::Scope};
use store::{Operation, Tx, op};
use uuid::Uuid;

use crate::{App, validate};

impl App {
    /// The origins whose pages may send requests to the caller's project, in alphabetical order. Empty by default.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn list_origins(&self, caller: &Caller) -> Result<Vec<String>> {
        caller.require(Scope::Read)?;
        let project = caller.project;
        let list = op(move |tx| Box::pin(async move { store::origins::list(tx, project, project.0).await }));
        self.store.read(list).await
    }

    /// Tells whether pages of this origin may send requests to the caller's project.
    ///
    /// # Errors
    /// Errors of the store.
    #[crate::boxed]
    pub async fn is_origin_of(&self, caller: &Caller, origin: &str) -> Result<bool> {
        let project = caller.project;
        let list = op(move |tx| Box::pin(async move { store::origins::list(tx, project, project.0).await }));
        Ok(self.store.read(list).await?.iter().any(|own| own == origin))
    }

    /// Sets the origins whose pages may send requests to the caller's project.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `invalid` for a malformed origin, or too many.
    #[crate::boxed]
    pub async fn set_origins(&self, caller: &Caller, origins: Vec<String>) -> Result<Vec<String>> {
        caller.require(Scope::Admin)?;
        validate::origins("origins", &origins, &self.limits)?;
        let project = caller.project;
        self.store.write(Set { project, owner: project.0, origins }).await
    }

    /// Tells whether any project or agent allows pages of this origin. A browser asks this before it sends a key.
    ///
    /// # Errors
    /// Errors of the store.
    #[crate::boxed]
    pub async fn knows_origin(&self, origin: &str) -> Result<bool> {
        let origin = origin.to_owned();
        self.store.read(op(move |tx| Box::pin(async move { store::origins::any(tx, &origin).await }))).await
    }
}

/// Replaces all origins of the owner, which is a project or an agent.
pub(crate) async fn replace(tx: &mut Tx, project: ProjectId, owner: Uuid, origins: &[String]) -> Result<()> {
    store::origins::clear(tx, project, owner).await?;
    for origin in origins {
        store::origins::add(tx, project, owner, origin).await?;
    }
    Ok(())
}

struct Set {
    project: ProjectId,
    owner: Uuid,
    origins: Vec<String>,
}

impl Operation for Set {
    type Out = Vec<String>;

    async fn run(self, tx: &mut Tx) -> Result<Vec<String>> {
        let Self { project, owner, origins } = self;
        replace(tx, project, owner, &origins).await?;
        store::origins::list(tx, project, owner).await
    }
}
