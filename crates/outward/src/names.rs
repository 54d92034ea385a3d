//! Resolves names, and drops the addresses that are not allowed.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::target::Rules;

/// The source of the addresses of names. The rules of [`crate::Targets`] hold for either.
#[derive(Clone, Debug, Default)]
pub enum Names {
    /// The resolver of the system.
    #[default]
    System,
    /// A fixed table, as in a hosts file. The names are in lower case. Any other name is unknown.
    Table(Arc<HashMap<String, Vec<IpAddr>>>),
}

impl Names {
    /// The addresses of the name; none if the name is unknown.
    async fn addresses(&self, name: &str) -> Vec<IpAddr> {
        match self {
            Self::System => match tokio::net::lookup_host((name, 0)).await {
                Ok(found) => found.map(|at| at.ip()).collect(),
                Err(error) => {
                    tracing::info!(name, ?error, "the name of an outward request could not be resolved");
                    Vec::new()
                }
            },
            Self::Table(table) => table.get(name).cloned().unwrap_or_default(),
        }
    }
}

/// The resolver of the HTTP client. The client connects to the returned addresses and resolves nothing else.
#[derive(Clone)]
pub(crate) struct Guarded {
    pub(crate) names: Names,
    pub(crate) rules: Arc<Rules>,
}

/// The same error for an unknown name and an internal one, so that internal names cannot be probed.
#[derive(Debug, thiserror::Error)]
#[error("the name resolves to no address that is allowed")]
pub(crate) struct NoAddress;

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let Self { names, rules } = self.clone();
        Box::pin(async move {
            let mut found = names.addresses(name.as_str()).await;
            found.retain(|address| rules.allow(*address));
            if found.is_empty() {
                return Err(NoAddress.into());
            }
            // The client replaces port 0 by the port of the URL.
            let addresses: Addrs = Box::new(found.into_iter().map(|address| SocketAddr::new(address, 0)));
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Targets;

    /// This machine knows the name, and a URL with it is refused before it is resolved.
    #[tokio::test]
    async fn a_local_address_of_the_system_s_resolver_is_dropped() {
        let resolve = async |targets: Targets| {
            let guarded = Guarded { names: Names::System, rules: Arc::new(Rules::from(targets)) };
            let found = guarded.resolve("localhost".parse().expect("a name")).await;
            found.map(|found| found.count() > 0).map_err(|error| error.is::<NoAddress>())
        };
        assert_eq!(resolve(Targets::Public).await, Err(true));
        assert_eq!(resolve(Targets::Any).await, Ok(true));
    }
}
