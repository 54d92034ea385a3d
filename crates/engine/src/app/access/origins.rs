//! Origins of the web: whose pages may speak to a project with a key of it, and which are known at all.

use domain::{Caller, ProjectId, Result, caller::Scope};
use store::{Operation, Tx, op};
use uuid::Uuid;

use crate::{App, validate};

impl App {
    /// The origins whose pages may speak to the caller's project, in the order of their letters. None at first.
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

    /// Whether pages of this origin may speak to the caller's project.
    ///
    /// # Errors
    /// Whatever the store says.
    #[crate::boxed]
    pub async fn is_origin_of(&self, caller: &Caller, origin: &str) -> Result<bool> {
        let project = caller.project;
        let list = op(move |tx| Box::pin(async move { store::origins::list(tx, project, project.0).await }));
        Ok(self.store.read(list).await?.iter().any(|own| own == origin))
    }

    /// Sets the origins whose pages may speak to the caller's project.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `invalid` for what is no origin, or too many.
    #[crate::boxed]
    pub async fn set_origins(&self, caller: &Caller, origins: Vec<String>) -> Result<Vec<String>> {
        caller.require(Scope::Admin)?;
        validate::origins("origins", &origins, &self.limits)?;
        let project = caller.project;
        self.store.write(Set { project, owner: project.0, origins }).await
    }

    /// Whether pages of this origin may speak to anybody here: what a browser asks before it sends a key.
    ///
    /// # Errors
    /// Whatever the store says.
    #[crate::boxed]
    pub async fn knows_origin(&self, origin: &str) -> Result<bool> {
        let origin = origin.to_owned();
        self.store.read(op(move |tx| Box::pin(async move { store::origins::any(tx, &origin).await }))).await
    }
}

/// Puts these in place of all that the owner, a project or an agent, has had.
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
