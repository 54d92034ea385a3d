//! A store for one test.

use tempfile::TempDir;

use super::Cluster;
use crate::{OpenError, Options, Store};

/// A fresh, empty, migrated store. Its folder is removed on drop, and its database with the cluster.
pub struct Scratch {
    pub store: Store,
    /// The options it was opened with, for opening it again.
    pub options: Options,
    folder: TempDir,
}

impl Scratch {
    pub async fn sqlite() -> Self {
        Self::open(|_| {}).await
    }

    /// A store in its own database. Starts the cluster of this process if needed.
    pub async fn postgres() -> Self {
        let url = Cluster::of_this_process().fresh_database().await;
        Self::open(|options| options.database = Some(url)).await
    }

    /// A new database of the same kind, with other options.
    pub async fn another(&self, change: impl FnOnce(&mut Options)) -> Self {
        let database = match self.options.database {
            Some(_) => Some(Cluster::of_this_process().fresh_database().await),
            None => None,
        };
        Self::open(|options| {
            options.database = database;
            change(options);
        })
        .await
    }

    /// Closes the store, calls `between` with its options, and opens it again.
    pub async fn reopen(self, between: impl FnOnce(&Options)) -> (Result<Store, OpenError>, TempDir) {
        self.store.close().await;
        between(&self.options);
        (Store::open(self.options).await, self.folder)
    }

    async fn open(change: impl FnOnce(&mut Options)) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut options = Options::new(folder.path().join("data"));
        change(&mut options);
        let store = Store::open(options.clone()).await.expect("a fresh store opens");
        Self { store, options, folder }
    }
}
