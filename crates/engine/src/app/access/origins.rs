//! Origins of the web: whose pages may speak to a project with a key of it, and which are known at all.

use domain::{Caller, Error, Limits, ProjectId, Result, caller::Scope};
use store::{Operation, Tx, op};
use url::Url;
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
        check("origins", &origins, &self.limits)?;
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

/// # Errors
/// `invalid` for what is no origin, in the spelling in which browsers send it, or too many.
pub(crate) fn check(path: &str, origins: &[String], limits: &Limits) -> Result<()> {
    validate::at_most(path, "origins", origins.len(), limits.origins)?;
    let wrong = origins.iter().position(|origin| !is_origin(origin));
    wrong.map_or(Ok(()), |i| {
        Err(Error::field(format!("{path}.{i}"), "must be an origin as browsers send it: `https://shop.example.com`"))
    })
}

fn is_origin(text: &str) -> bool {
    // A star would be a host's name like any other, and no page has it.
    let web = |url: &Url| matches!(url.scheme(), "http" | "https") && !text.contains('*');
    Url::parse(text).ok().filter(web).is_some_and(|url| url.origin().ascii_serialization() == text)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_a_scheme_a_host_and_maybe_a_port() {
        for good in
            ["https://shop.example.com", "http://localhost:5173", "https://xn--bcher-kva.example", "http://[::1]:80"]
        {
            assert_eq!(is_origin(good), good != "http://[::1]:80", "{good}");
        }
        for bad in [
            "",
            "null",
            "*",
            "https://*.example.com",
            "shop.example.com",
            "https://shop.example.com/",
            "https://shop.example.com:443",
            "https://Shop.example.com",
            "https://bücher.example",
            "ftp://example.com",
            "https://a@example.com",
            "file:///",
            "chrome-extension://abc",
            "https://a.example https://b.example",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }
}
