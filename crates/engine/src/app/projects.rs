//! Projects, and the creation of the first one.

use std::sync::Arc;

use domain::{
    Caller, Error, KeyId, Kind, ProjectId, Result,
    agent::Agent,
    budget::Budget,
    caller::{Key, Scope, Scopes, Subject},
    codes,
    project::Project,
};
use store::{Operation, Tx, op};
use uuid::Uuid;

use super::agents::first_agent;
use crate::{
    App, Origin,
    inner::Inner,
    origin::{self, Taken},
    quotas::Quota,
    secret::sha256,
    unknown, validate,
};

/// The first project. Its keys with the scope `admin` also administer the installation: all projects and their keys.
pub const DEFAULT: &str = "default";

/// The things that [`App::bootstrap`] created. Things that existed are absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bootstrap {
    pub project: Option<Project>,
    pub agent: Option<Agent>,
    pub key: Option<Key>,
}

impl App {
    /// Creates the project `default` with its agent `default` in an empty store. If `key` is given and the installation
    /// has no key, `key` becomes a key of this project with all scopes. Called at every start; a later call finds
    /// nothing to do.
    ///
    /// # Errors
    /// `invalid` if `key` is not 20 to 256 visible ASCII characters.
    #[crate::boxed]
    pub async fn bootstrap(&self, key: Option<&str>) -> Result<Bootstrap> {
        let well_formed = |key: &str| (20..=256).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        if key.is_some_and(|key| !well_formed(key)) {
            return Err(Error::invalid(
                codes::INVALID_BOOTSTRAP_KEY,
                "The bootstrap key must be 20 to 256 visible ASCII characters, without spaces",
            ));
        }
        let hash = key.map(|key| sha256(key.as_bytes()));
        let inner = self.inner().clone();
        self.store.read(store::op(move |tx| Box::pin(async move { inner.indexing.load(tx).await }))).await?;
        // A later start only reads, so that it works on a full disk.
        if self.store.read(IsMade { with_key: hash.is_some() }).await? {
            return Ok(Bootstrap::default());
        }
        self.store.write(MakeFirst { inner: self.inner().clone(), hash }).await
    }

    /// Creates a project with its agent `default`.
    ///
    /// # Errors
    /// `forbidden` unless the caller administers the installation; `invalid` for the name; `conflict` if it is taken.
    #[crate::boxed]
    pub async fn create_project(&self, caller: &Caller, name: &str, origin: Option<Origin>) -> Result<Project> {
        caller.require(Scope::Admin)?;
        validate::slug("name", name, &self.limits)?;
        let project = self.new_project(name);
        let agent = first_agent(&self.clock, &project);
        self.store.write(Create { caller: caller.clone(), project, agent, origin }).await
    }

    /// Every project, oldest first, for callers who administer the installation. Others get only their own.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn list_projects(&self, caller: &Caller, after: Option<ProjectId>, limit: i64) -> Result<Vec<Project>> {
        caller.require(Scope::Read)?;
        let caller = caller.clone();
        let list = op(move |tx| {
            Box::pin(async move {
                if administers_installation(tx, &caller).await? {
                    return store::projects::list(tx, after, limit).await;
                }
                let own = store::projects::find(tx, caller.project).await?;
                Ok(own.into_iter().filter(|p| limit > 0 && after.is_none_or(|after| p.id > after)).collect())
            })
        });
        self.store.read(list).await
    }

    /// Replaces the budgets of the caller's project.
    ///
    /// # Errors
    /// `forbidden` without `admin`; `invalid` for a budget; `not_found` for any other project.
    #[crate::boxed]
    pub async fn set_project_budgets(&self, caller: &Caller, id: ProjectId, budgets: Vec<Budget>) -> Result<Project> {
        caller.require(Scope::Admin)?;
        validate::budgets("budgets", &budgets, &self.limits)?;
        if id != caller.project {
            return Err(unknown::project());
        }
        let set = op(move |tx| {
            Box::pin(async move {
                store::budgets::set_of_project(tx, id, &budgets).await?;
                store::projects::find(tx, id).await?.ok_or_else(unknown::project)
            })
        });
        self.store.write(set).await
    }

    /// The caller's own project.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn project(&self, caller: &Caller) -> Result<Project> {
        caller.require(Scope::Read)?;
        let id = caller.project;
        let found = self.store.read(op(move |tx| Box::pin(async move { store::projects::find(tx, id).await }))).await?;
        found.ok_or_else(|| Error::internal(format!("a key names an unknown project: {id}")))
    }

    /// # Errors
    /// `forbidden` unless the caller administers the installation.
    #[crate::boxed]
    pub async fn require_installation(&self, caller: &Caller) -> Result<()> {
        let caller = caller.clone();
        let ask = op(move |tx| Box::pin(async move { administers_installation(tx, &caller).await }));
        if self.store.read(ask).await? { Ok(()) } else { Err(not_administering()) }
    }

    /// Whether the installation has a key. Without one, every request with a key is refused.
    #[crate::boxed]
    pub async fn has_keys(&self) -> Result<bool> {
        self.store.read(op(|tx| Box::pin(async move { store::keys::any(tx).await }))).await
    }

    /// A caller for the project `default`, with all scopes and no key. The owner of the data folder may do everything. For
    /// programs of this machine alone.
    ///
    /// # Errors
    /// `not_found` in an installation without that project.
    #[crate::boxed]
    pub async fn holder_of_the_data(&self) -> Result<Caller> {
        let find = op(|tx| Box::pin(async move { store::projects::find_by_name(tx, DEFAULT).await }));
        let project = self.store.read(find).await?.ok_or_else(no_default)?;
        let (nobodys, subject) = (KeyId(Uuid::nil()), Subject::Project);
        Ok(Caller {
            project: project.id,
            key: nobodys,
            scopes: Scopes::ALL,
            subject,
            line: nobodys,
            until: None,
            sign_in: None,
            generation: 0,
        })
    }

    fn new_project(&self, name: &str) -> Project {
        Project { id: ProjectId(self.clock.id()), name: name.into(), created_at: self.clock.now(), budgets: Vec::new() }
    }

    /// The stored amounts of the project, and their limits. The caller must already have the project.
    pub fn quota(&self, project: ProjectId) -> Quota {
        self.quotas.of(project)
    }

    /// The limits that the project is close to, as text: `stored_bytes=820/1000, threads=9/10`.
    pub fn quota_notice(&self, project: ProjectId) -> Option<String> {
        self.quotas.notice(project)
    }
}

/// Tells whether the caller may do things that belong to no single project.
pub(crate) async fn administers_installation(tx: &mut Tx, caller: &Caller) -> Result<bool> {
    if !caller.scopes.has(Scope::Admin) {
        return Ok(false);
    }
    Ok(store::projects::find(tx, caller.project).await?.is_some_and(|p| p.name == DEFAULT))
}

/// # Errors
/// `forbidden` unless the caller administers the installation.
pub(crate) async fn require_installation(tx: &mut Tx, caller: &Caller) -> Result<()> {
    if administers_installation(tx, caller).await? { Ok(()) } else { Err(not_administering()) }
}

fn not_administering() -> Error {
    Error::forbidden("Only keys with the scope `admin` of the project `default` may do this")
}

fn no_default() -> Error {
    let message = format!("there is no project `{DEFAULT}` in this installation");
    Error::new(Kind::NotFound, codes::PROJECT_NOT_FOUND, message)
}

/// Tells whether everything that [`App::bootstrap`] would create exists.
struct IsMade {
    with_key: bool,
}

impl Operation for IsMade {
    type Out = bool;

    async fn run(self, tx: &mut Tx) -> Result<bool> {
        let has_project = !store::projects::list(tx, None, 1).await?.is_empty();
        Ok(has_project && (!self.with_key || store::keys::any(tx).await?))
    }
}

struct MakeFirst {
    inner: Arc<Inner>,
    /// The hash of the bootstrap key.
    hash: Option<[u8; 32]>,
}

impl Operation for MakeFirst {
    type Out = Bootstrap;

    async fn run(self, tx: &mut Tx) -> Result<Bootstrap> {
        let Self { inner, hash } = self;
        let mut made = Bootstrap::default();
        if store::projects::list(tx, None, 1).await?.is_empty() {
            let (id, now) = (ProjectId(inner.clock.id()), inner.clock.now());
            let project = Project { id, name: DEFAULT.into(), created_at: now, budgets: Vec::new() };
            // Another node of the same database was faster, so nothing is left to do.
            if !store::projects::insert(tx, &project).await? {
                return Ok(made);
            }
            let agent = first_agent(&inner.clock, &project);
            store::agents::insert(tx, &agent).await?;
            (made.project, made.agent) = (Some(project), Some(agent));
        }
        if let Some(hash) = hash {
            made.key = first_key(tx, &inner, &hash).await?;
        }
        Ok(made)
    }
}

/// Stores the bootstrap key, if the installation has no key.
async fn first_key(tx: &mut Tx, inner: &Inner, hash: &[u8; 32]) -> Result<Option<Key>> {
    let Some(project) = store::projects::find_by_name(tx, DEFAULT).await? else { return Ok(None) };
    store::projects::lock(tx, project.id).await?;
    if store::keys::any(tx).await? {
        return Ok(None);
    }
    let id = KeyId(inner.clock.id());
    let key = Key {
        id,
        project: project.id,
        name: "bootstrap".into(),
        scopes: Scopes::ALL,
        prefix: String::new(),
        created_at: inner.clock.now(),
        expires_at: None,
        revoked_at: None,
        agent: None,
        agents: Vec::new(),
        budgets: Vec::new(),
        replaces: None,
        line: id,
    };
    store::keys::insert(tx, &key, hash).await?;
    Ok(Some(key))
}

struct Create {
    caller: Caller,
    project: Project,
    agent: Agent,
    origin: Option<Origin>,
}

impl Operation for Create {
    type Out = Project;

    async fn run(self, tx: &mut Tx) -> Result<Project> {
        let Self { caller, project, agent, origin } = self;
        if !administers_installation(tx, &caller).await? {
            return Err(not_administering());
        }
        if let Taken::Replay(id) =
            origin::take(tx, &caller, origin.as_ref(), None, project.id.0, project.created_at).await?
        {
            return store::projects::find(tx, ProjectId(id)).await?.ok_or_else(unknown::project);
        }
        if !store::projects::insert(tx, &project).await? {
            return Err(Error::conflict(codes::PROJECT_NAME_TAKEN, "Another project has this name"));
        }
        store::agents::insert(tx, &agent).await?;
        Ok(project)
    }
}
