//! The server's address and the login.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep, timeout};
use tokio_postgres::{
    Client, Config, NoTls,
    config::{Host, SslMode},
    error::SqlState,
};

use super::{absence::Absence, failure::words};
use crate::OpenError;

/// Time limit of connecting, login included.
const CONNECT: Duration = Duration::from_secs(10);

/// Suppresses notices, which report success.
const QUIET: &str = "SET client_min_messages = 'warning'";

/// Longest wait for a server that starts up, and the pause between two tries.
const STARTING: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(250);

/// The server ends a session that is silent this long in an open transaction. Its host is dead or frozen, and its
/// locked threads block others. Our transactions never wait between statements.
const SILENCE: &str = "SET idle_in_transaction_session_timeout = '10s'";

/// A parsed `postgres://…`. Its printed form contains no password.
#[derive(Clone)]
pub(super) struct Address {
    config: Config,
    /// The first statement of each session.
    setup: String,
    /// `host:port`.
    pub(super) server: String,
    user: String,
    name: String,
    /// Shared by all connections to the server.
    pub(super) absence: Arc<Absence>,
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, OpenError> {
        let mut config: Config =
            url.parse().map_err(|e: tokio_postgres::Error| OpenError::Address { detail: words(&e) })?;
        if config.get_ssl_mode() == SslMode::Require {
            let detail = "this program does not speak TLS to PostgreSQL; use a local server, or a tunnel".to_owned();
            return Err(OpenError::Address { detail });
        }
        let Some(user) = config.get_user().map(str::to_owned) else {
            return Err(OpenError::Address { detail: "it names no user".to_owned() });
        };
        if config.get_hosts().is_empty() {
            return Err(OpenError::Address { detail: "it names no host".to_owned() });
        }
        let name = config.get_dbname().unwrap_or(&user).to_owned();
        if config.get_application_name().is_none() {
            config.application_name("threadline");
        }
        config.keepalives_idle(Duration::from_secs(30)).tcp_user_timeout(Duration::from_secs(30));
        let (server, setup) = (server(&config), format!("{QUIET}; {SILENCE}"));
        Ok(Self { server, user, name, config, setup, absence: Arc::default() })
    }

    /// The same server, for sessions that also start with `sql`.
    pub(super) fn with_setup(&self, sql: &str) -> Self {
        Self { setup: format!("{}; {sql}", self.setup), ..self.clone() }
    }

    /// A new session. Its driver runs until the client is dropped or the server is gone.
    pub(super) async fn connect(&self) -> Result<Client, OpenError> {
        match timeout(CONNECT, self.session()).await {
            Err(_) => Err(self.unreachable(format!("no answer within {} s", CONNECT.as_secs()))),
            Ok(done) => done.map_err(|error| self.explain(&error)),
        }
    }

    /// Like [`Self::connect`], but waits for a server that reports that it starts up, because it may have to recover
    /// first.
    pub(super) async fn connect_at_start(&self) -> Result<Client, OpenError> {
        let (until, mut said) = (Instant::now() + STARTING, false);
        loop {
            let Ok(done) = timeout(CONNECT, self.session()).await else { return self.connect().await };
            let error = match done {
                Ok(client) => return Ok(client),
                Err(error) => error,
            };
            if error.code() != Some(&SqlState::CANNOT_CONNECT_NOW) || Instant::now() >= until {
                return Err(self.explain(&error));
            }
            if !said {
                tracing::info!("waiting for PostgreSQL at {}: {}", self.server, words(&error));
                said = true;
            }
            sleep(PAUSE).await;
        }
    }

    async fn session(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, driver) = self.config.connect(NoTls).await?;
        tokio::spawn(async move {
            if let Err(error) = driver.await {
                tracing::warn!("a connection to PostgreSQL was lost: {}", words(&error));
            }
        });
        // Not as options of the login, because poolers refuse unknown options.
        client.batch_execute(&self.setup).await?;
        Ok(client)
    }

    fn unreachable(&self, detail: String) -> OpenError {
        OpenError::Unreachable { server: self.server.clone(), detail }
    }

    /// The reason why a connection, or its first statements, failed.
    pub(super) fn explain(&self, error: &tokio_postgres::Error) -> OpenError {
        let (server, detail) = (self.server.clone(), words(error));
        match error.code() {
            Some(&SqlState::INVALID_PASSWORD | &SqlState::INVALID_AUTHORIZATION_SPECIFICATION) => {
                OpenError::Refused { server, user: self.user.clone(), detail }
            }
            Some(&SqlState::INVALID_CATALOG_NAME) => OpenError::DatabaseMissing { server, name: self.name.clone() },
            Some(_) => OpenError::Postgres { server, detail },
            // The server asked for a password, and the address has none.
            None if detail.contains("password") => OpenError::Refused { server, user: self.user.clone(), detail },
            None => self.unreachable(detail),
        }
    }
}

/// `host:port` of the first host.
fn server(config: &Config) -> String {
    let port = config.get_ports().first().copied().unwrap_or(5432);
    match config.get_hosts().first() {
        // A password with an `@` spills into the host.
        Some(Host::Tcp(host)) => format!("{}:{port}", host.rsplit('@').next().unwrap_or_default()),
        Some(Host::Unix(folder)) => format!("{}:{port}", folder.display()),
        None => format!("port {port}"),
    }
}
