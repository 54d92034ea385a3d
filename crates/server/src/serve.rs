//! `threadline serve`: from settings to a running server, and to its end.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use console::{Console, Setting, Widget};
use dialect_kit::{Doors, Proxies, Shutdown};
use domain::Kind;
use engine::{App, Clock, Options, app::projects::Bootstrap};
use providers::{Models, Routes};
use store::{OpenError, Store};
use tokio::{net::TcpListener, sync::watch, task::spawn_blocking, time::timeout};
use tracing::{info, warn};

use crate::{
    dialects,
    failure::{Exit, Failure, Result},
    health,
    room::{self, Files},
    secrets,
    settings::{self, without_password},
    signals::Signals,
};

/// Time for connections to receive their last answer after the turns have ended.
const LAST_ANSWERS: Duration = Duration::from_secs(3);
/// Time after the turns' end: the last answers, and closing the store.
const AFTER_TURNS_S: u64 = 5;
/// An operator who gives a bootstrap key expects to use it, and should learn why it fails.
const USELESS_KEY: &str = "the bootstrap key is not a key of this store, and the store already has keys. \
     Requests with the bootstrap key are refused. \
     Use a key of this store, or give this server a data folder of its own with --data";

/// Two servers lose nothing on one database, and do not work together.
const SHARED: &str = "another server has this database open: readers here get what it writes up to 15 s late, and the other way \
     round; files that it stores cannot be read here (503); rates and workers count for each server alone";

/// The system reserves ports below 1024.
const FORBIDDEN_PORT: &str = "choose a port from 1024 on with --listen, or let the program have the others: \
     setcap cap_net_bind_service=+ep on its file, AmbientCapabilities=CAP_NET_BIND_SERVICE in a unit of systemd";

/// A server that has opened its store and its port, and does not answer yet.
pub struct Server {
    app: App,
    store: Store,
    listener: TcpListener,
    address: SocketAddr,
    /// Longest time from the signal to the exit.
    stop_within: Duration,
    turns: usize,
    /// True if the given bootstrap key is not a key of a store that already has keys.
    bootstrap_key_refused: bool,
    proxies: Proxies,
    widget: Widget,
    database: String,
    /// The settings, for the console.
    shown: Vec<Setting>,
}

/// Runs the server until a signal ends it.
pub async fn serve(settings: settings::Server) -> Result<()> {
    let signals = Signals::listen()?;
    let server = Server::open(settings).await?;
    if !server.app.has_keys().await.map_err(failed)? {
        warn!("there is no key, so every request will be refused; set THREADLINE_BOOTSTRAP_KEY and start again");
    }
    server.run(signals).await
}

/// Opens the store, with an engine on it. No service of the engine runs yet.
pub async fn engine(settings: &settings::Server) -> Result<(Store, App)> {
    let sealing = secrets::sealing(settings)?;
    let mut limits = settings.limits.clone();
    let count = |limit| usize::try_from(limit).unwrap_or(usize::MAX);
    let public_url = settings.public_url.clone();
    let options = store::Options {
        database: settings.database.clone(),
        write_queue: count(limits.write_queue),
        long_reads: count(limits.long_reads),
        long_read: Duration::from_secs(limits.long_read_s),
        ..store::Options::new(&settings.data)
    };
    let store = Store::open(options).await.map_err(not_opened)?;
    room::fit(&mut limits, settings.memory_bytes, Files::raise());
    let app = App::new(Options {
        store: store.clone(),
        models: Models::new(settings.routes.clone()),
        clock: Clock::System,
        sealing,
        limits,
        turns: settings.turns,
        memory_bytes: settings.memory_bytes,
        webhook_targets: settings.webhook_targets,
        link_targets: settings.link_targets,
        provider_targets: settings.provider_targets,
        tool_targets: settings.tool_targets,
        former_models: settings.former_models,
        otlp_endpoint: settings.otlp_endpoint.clone(),
        public_url,
    });
    Ok((store, app))
}

impl Server {
    /// Opens the store, fills an empty one, takes over from a dead process, and binds the port.
    pub async fn open(settings: settings::Server) -> Result<Self> {
        let (store, app) = engine(&settings).await?;
        let settings::Server {
            listen,
            data,
            database,
            turns,
            bootstrap_key,
            trusted_proxies,
            widget_url,
            limits,
            shown: settings_shown,
            ..
        } = settings;
        let stop_within = Duration::from_secs(limits.drain_s + AFTER_TURNS_S);
        let made = app.bootstrap(bootstrap_key.as_deref()).await.map_err(failed)?;
        say_what_was_made(&made);
        let bootstrap_key_refused = match &bootstrap_key {
            Some(key) => app.authenticate(key).await.is_err_and(|refused| refused.kind == Kind::Unauthenticated),
            None => false,
        };
        if !store.is_postgres() {
            app.take_over_folder().await.map_err(failed)?;
        }
        let listener = bind(&listen).await?;
        let address =
            listener.local_addr().map_err(|why| Failure::failed(format!("the listener has no address: {why}")))?;
        let (proxies, database) = (trusted_proxies, shown(database.as_deref(), &data));
        let widget = Widget::new(widget_url.as_deref());
        Ok(Self {
            app,
            store,
            listener,
            address,
            stop_within,
            turns,
            bootstrap_key_refused,
            proxies,
            widget,
            database,
            shown: settings_shown,
        })
    }

    pub fn app(&self) -> &App {
        &self.app
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until the first signal, then drains: starts no more turns, gives running ones time to end, flushes and
    /// closes the streams, and closes the store. A second signal ends the process at once.
    pub async fn run(self, mut signals: Signals) -> Result<()> {
        let Self {
            app,
            store,
            listener,
            address,
            stop_within,
            turns,
            bootstrap_key_refused,
            proxies,
            widget,
            database,
            shown,
        } = self;
        let (trigger, shutdown) = Shutdown::new();
        let (drain, draining) = watch::channel(false);
        let plain = health::routes(app.clone(), draining.clone());
        // On a thread that ends when it is idle, so that the memory for making the documents is returned.
        let (own, console) = (app.clone(), Console::new(app.public_url()).with_settings(shown));
        let build =
            move || Doors::new(own, dialects::all(), vec![Arc::new(console), Arc::new(widget)], plain, shutdown);
        let doors = spawn_blocking(build).await;
        let doors = doors.map_err(|why| Failure::failed(why.to_string()))?.map_err(failed)?;
        #[cfg(feature = "planted-bugs")]
        crate::misfits::watch(&doors);
        let models = app.models().clone();
        let mut services = tokio::spawn(async move { app.run(draining).await });
        let mut front = tokio::spawn(dialect_kit::serve(listener, doors, proxies, LAST_ANSWERS));
        info!(version = env!("CARGO_PKG_VERSION"), %address, database, turns, "threadline is listening on http://{address}");
        say_who_answers(models.routes());
        if bootstrap_key_refused {
            warn!("{USELESS_KEY}");
        }
        if store.is_shared() {
            warn!("{SHARED}");
        }
        let signal = tokio::select! {
            signal = signals.next() => signal,
            _ = &mut front => return Err(Failure::failed("the listener ended unexpectedly")),
            _ = &mut services => return Err(Failure::failed("the services ended unexpectedly")),
        };
        drain.send_replace(true);
        info!(signal, "stopping: running turns get time to end");
        let stop = async {
            let _ = services.await;
            trigger.fire();
            let _ = front.await;
            store.close().await;
        };
        tokio::select! {
            stopped = timeout(stop_within, stop) => match stopped {
                Ok(()) => info!("stopped"),
                Err(_) => warn!("some work did not end in time; no accepted message is lost"),
            },
            signal = again(&mut signals) => {
                return Err(Failure::failed(format!("stopped at once by {signal}; no accepted message is lost")));
            }
        }
        Ok(())
    }
}

/// The second deliberate signal.
async fn again(signals: &mut Signals) -> &'static str {
    signals.settle().await;
    info!("the next signal stops at once");
    signals.next().await
}

/// Without a provider, an answer may look like a model's to a newcomer.
fn say_who_answers(routes: &Routes) {
    if routes.is_empty() {
        info!("no model provider is configured: the model `echo` answers for every agent without a script");
        return;
    }
    for provider in routes.providers() {
        info!(
            provider = provider.name,
            kind = provider.kind.as_str(),
            base_url = provider.base_url,
            "a model provider"
        );
    }
}

fn say_what_was_made(made: &Bootstrap) {
    if made.project.is_some() {
        info!("the store was empty; created the project `default` and its agent `default`");
    }
    if made.key.is_some() {
        info!("the bootstrap key is now a key of the project `default`, with all scopes");
    }
}

/// The database for the log, without its password.
fn shown(database: Option<&str>, data: &Path) -> String {
    database.map_or_else(|| format!("SQLite in {}", data.display()), without_password)
}

async fn bind(listen: &str) -> Result<TcpListener> {
    TcpListener::bind(listen).await.map_err(|why| {
        Failure::failed(format!("cannot listen on {listen}: {why}")).hint(match why.kind() {
            io::ErrorKind::PermissionDenied => FORBIDDEN_PORT,
            io::ErrorKind::AddrInUse => "stop what is using the port, or choose another with --listen",
            _ => "choose an address of this machine and a free port with --listen",
        })
    })
}

/// The error already contains the remedy.
fn not_opened(why: OpenError) -> Failure {
    Failure::new(Exit::Store, why.to_string())
}

/// An error of the engine, with its source, which clients do not see.
pub fn failed(error: domain::Error) -> Failure {
    let source = error.source.as_ref().map(|source| format!(": {source}")).unwrap_or_default();
    Failure::failed(format!("{error}{source}"))
}
