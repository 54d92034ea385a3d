//! Opens a database of a server. All errors of configuration appear here, on the first connection.

use std::sync::Arc;

use tokio_postgres::{Client, Error};

use super::{address::Address, failure::words, migrate::migrate, readers::Readers, sessions, writers::Writers};
use crate::{
    OpenError, Options,
    migrations::{self, Migration},
    queue::Queue,
};

/// An error of opening; [`explain`] adds the place.
pub(super) enum Opening {
    Postgres(Error),
    Migration(&'static Migration, Error),
    Random(getrandom::Error),
    Damaged(String),
    Newer(i64),
}

impl From<Error> for Opening {
    fn from(error: Error) -> Self {
        Self::Postgres(error)
    }
}

/// Findings of the start.
pub(crate) struct Found {
    /// The installation secret.
    pub(crate) secret: [u8; 32],
    /// True if other processes have the database open.
    pub(crate) has_others: bool,
}

/// Opens the database and starts its writers.
pub(crate) async fn open(url: &str, options: &Options, queue: Queue) -> Result<(Readers, Writers, Found), OpenError> {
    let address = Arc::new(Address::parse(url)?);
    let mut client = address.connect_at_start().await?;
    let has_others = sessions::has_others(&client).await.map_err(|error| address.explain(&error))?;
    sessions::are_our_own(&address, &client).await?;
    let secret = prepare(&mut client).await.map_err(|error| explain(&address, error))?;
    let readers = Readers::new(&address, options);
    let writers = Writers::start(&address, options.connections, queue);
    Ok((readers, writers, Found { secret, has_others }))
}

async fn prepare(client: &mut Client) -> Result<[u8; 32], Opening> {
    let encoding: String = client.query_one("SHOW server_encoding", &[]).await?.try_get(0)?;
    if encoding != "UTF8" {
        return Err(Opening::Damaged(format!("the database's encoding is {encoding}, it must be UTF8")));
    }
    migrate(client).await
}

fn explain(address: &Address, error: Opening) -> OpenError {
    let (server, place) = (address.server.clone(), format!("the database at {}", address.server));
    match error {
        Opening::Postgres(error) => address.explain(&error),
        Opening::Newer(found) => OpenError::Newer { place, found, known: migrations::newest() },
        Opening::Damaged(detail) => OpenError::Postgres { server, detail },
        Opening::Random(error) => OpenError::Random(error.to_string()),
        Opening::Migration(migration, error) => {
            OpenError::Migration { place, version: migration.version, name: migration.name, detail: words(&error) }
        }
    }
}
