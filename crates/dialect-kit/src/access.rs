//! Who may use an operation: declared beside its route, enforced by the doors, told in the documents.

use domain::{
    Caller, Result,
    caller::{Scope, SubjectKind},
};
use engine::App;
use http::Method;

use crate::Surface;

/// Who may use an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    pub to: To,
    /// Parts of a request that need more, each in words. Only the operation sees them, so it asks.
    pub also: &'static [(&'static str, Needs)],
}

/// What a part of a request needs beside what every request to the operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    Scope(Scope),
    /// To administer the installation.
    Installation,
}

/// Whom an operation is open to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// Everybody. `shown`: what the request itself must carry, in words. The operation looks at it.
    Everybody { shown: Option<&'static str> },
    /// Keys and tokens with all of these scopes: those of the project, and those bound to one of `bound`.
    Callers { scopes: &'static [Scope], bound: &'static [SubjectKind] },
    /// Who administers the installation.
    Installation,
}

/// Nothing is asked for.
pub const OPEN: Access = Access::to(To::Everybody { shown: None });
/// Every key of the project, with any scopes.
pub const ANY_KEY: Access = Access::keys(&[]);
pub const READ: Access = Access::keys(&[Scope::Read]);
pub const WRITE: Access = Access::keys(&[Scope::Write]);
pub const ADMIN: Access = Access::keys(&[Scope::Admin]);
/// Who administers the installation alone.
pub const INSTALLATION: Access = Access::to(To::Installation);

impl Access {
    const fn to(to: To) -> Self {
        Self { to, also: &[] }
    }

    /// Keys of the project with all of these scopes.
    pub const fn keys(scopes: &'static [Scope]) -> Self {
        Self::to(To::Callers { scopes, bound: &[] })
    }

    /// Everybody who shows this, in words: `a ticket in the query`.
    pub const fn shown(what: &'static str) -> Self {
        Self::to(To::Everybody { shown: Some(what) })
    }

    /// Keys and tokens that are bound to these as well, with the same scopes. What the operation answers must have been written
    /// with such readers in mind.
    ///
    /// # Panics
    /// For an operation that is not for callers.
    pub const fn and(self, bound: &'static [SubjectKind]) -> Self {
        match self.to {
            To::Callers { scopes, .. } => Self { to: To::Callers { scopes, bound }, also: self.also },
            To::Everybody { .. } | To::Installation => panic!("only callers are bound to something"),
        }
    }

    /// More for these parts of a request.
    pub const fn also(self, also: &'static [(&'static str, Needs)]) -> Self {
        Self { to: self.to, also }
    }

    /// Whether no key or token is asked for.
    pub fn is_open(&self) -> bool {
        matches!(self.to, To::Everybody { .. })
    }

    /// Whether the operation is for callers of this kind. Scopes are not looked at. The others are refused as if they had no key.
    pub fn admits(&self, kind: SubjectKind) -> bool {
        match self.to {
            To::Everybody { .. } => true,
            To::Callers { bound, .. } => kind == SubjectKind::Project || bound.contains(&kind),
            To::Installation => kind == SubjectKind::Project,
        }
    }

    /// The scopes that a key or token needs in any case.
    pub fn scopes(&self) -> &'static [Scope] {
        match self.to {
            To::Everybody { .. } => &[],
            To::Callers { scopes, .. } => scopes,
            To::Installation => &[Scope::Admin],
        }
    }

    /// # Errors
    /// `forbidden` for a caller without the scopes, or who does not administer the installation where that is needed.
    pub(crate) async fn require(&self, app: &App, caller: &Caller) -> Result<()> {
        self.scopes().iter().try_for_each(|scope| caller.require_bound(*scope))?;
        match self.to {
            To::Installation => app.require_installation(caller).await,
            To::Everybody { .. } | To::Callers { .. } => Ok(()),
        }
    }
}

/// An operation and who may use it.
#[derive(Clone, Debug)]
pub struct Line {
    pub method: Method,
    /// As documented: `/v1/sessions/{id}`.
    pub template: String,
    pub access: Access,
}

/// Who may what on a surface: all operations, in the order of its routes.
pub fn table(surface: &dyn Surface) -> Vec<Line> {
    surface.routes().lines()
}
