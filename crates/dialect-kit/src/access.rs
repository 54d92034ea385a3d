//! Access rules of operations: declared beside the route, enforced by `Doors`, and shown in the documents.

use domain::{
    Caller, Result,
    caller::{Scope, SubjectKind},
};
use engine::App;
use http::Method;

use crate::Surface;

/// The access rule of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    pub to: To,
    /// Parts of a request that need more rights, each as text. The operation checks them, because only it sees them.
    pub also: &'static [(&'static str, Needs)],
}

/// Further rights that a part of a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Scope(Scope),
    /// Administration of the installation.
    Installation,
}

/// The callers of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Everybody. `shown` is the text of a proof in the request, which the operation checks.
    Everybody { shown: Option<&'static str> },
    /// Keys and tokens with all of these scopes: those of the project, and those bound to a subject in `bound`.
    Callers { scopes: &'static [Scope], bound: &'static [SubjectKind] },
    /// Administrators of the installation.
    Installation,
}

/// Open to everybody, without a credential.
pub const OPEN: Access = Access::to(To::Everybody { shown: None });
/// Every key of the project, with any scopes.
pub const ANY_KEY: Access = Access::keys(&[]);
pub const READ: Access = Access::keys(&[Scope::Read]);
pub const WRITE: Access = Access::keys(&[Scope::Write]);
pub const ADMIN: Access = Access::keys(&[Scope::Admin]);
/// Only administrators of the installation.
pub const INSTALLATION: Access = Access::to(To::Installation);

impl Access {
    const fn to(to: To) -> Self {
        Self { to, also: &[] }
    }

    /// Keys of the project with all of these scopes.
    pub const fn keys(scopes: &'static [Scope]) -> Self {
        Self::to(To::Callers { scopes, bound: &[] })
    }

    /// Everybody with this proof, as text: `a ticket in the query`.
    pub const fn shown(what: &'static str) -> Self {
        Self::to(To::Everybody { shown: Some(what) })
    }

    /// Also admits keys and tokens that are bound to these subjects, with the same scopes. The operation's answer must
    /// be safe for such readers.
    ///
    /// # Panics
    /// For an operation that is not for callers.
    pub const fn and(self, bound: &'static [SubjectKind]) -> Self {
        match self.to {
            To::Callers { scopes, .. } => Self { to: To::Callers { scopes, bound }, also: self.also },
            To::Everybody { .. } | To::Installation => panic!("only callers are bound to something"),
        }
    }

    /// Adds rights for these parts of a request.
    pub const fn also(self, also: &'static [(&'static str, Needs)]) -> Self {
        Self { to: self.to, also }
    }

    /// Tells whether the operation needs no key or token.
    pub fn is_open(&self) -> bool {
        matches!(self.to, To::Everybody { .. })
    }

    /// Tells whether the operation admits this kind of caller, whatever its scopes. Other callers are refused like
    /// those without a key.
    pub fn admits(&self, kind: SubjectKind) -> bool {
        match self.to {
            To::Everybody { .. } => true,
            To::Callers { bound, .. } => kind == SubjectKind::Project || bound.contains(&kind),
            To::Installation => kind == SubjectKind::Project,
        }
    }

    /// The scopes that every request needs.
    pub fn scopes(&self) -> &'static [Scope] {
        match self.to {
            To::Everybody { .. } => &[],
            To::Callers { scopes, .. } => scopes,
            To::Installation => &[Scope::Admin],
        }
    }

    /// # Errors
    /// `forbidden` for a caller without the scopes, or without the administration of the installation if the operation
    /// needs it.
    pub(crate) async fn require(&self, app: &App, caller: &Caller) -> Result<()> {
        self.scopes().iter().try_for_each(|scope| caller.require_bound(*scope))?;
        match self.to {
            To::Installation => app.require_installation(caller).await,
            To::Everybody { .. } | To::Callers { .. } => Ok(()),
        }
    }
}

/// An operation with its access rule.
#[derive(Clone, Debug)]
pub struct Line {
    pub method: Method,
    /// The documented path: `/v1/sessions/{id}`.
    pub template: String,
    pub access: Access,
}

/// The access rules of a surface's operations, in the order of its routes.
pub fn table(surface: &dyn Surface) -> Vec<Line> {
    surface.routes().lines()
}
