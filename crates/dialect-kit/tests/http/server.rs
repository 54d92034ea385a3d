//! A server of the two dialects on a free port.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, routing::get};
use dialect_kit::{Doors, Proxies, Shutdown, Trigger, serve};
use domain::Limits;
use engine::testing::{Choices, TestApp};
use reqwest::{Client, Method, RequestBuilder};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    dialects::{Alpha, Beta, Signals},
    logs,
    panel::Panel,
};

/// The key of [`TestApp`], with all scopes.
pub const KEY: &str = "tl_test_bootstrap_key_of_all_scopes";

pub struct Server {
    pub address: SocketAddr,
    pub client: Client,
    pub signals: Arc<Signals>,
    pub trigger: Trigger,
    pub task: JoinHandle<()>,
    pub test: TestApp,
}

pub fn limits(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = Limits::default();
    change(&mut limits);
    limits
}

impl Server {
    pub async fn start() -> Self {
        Self::with(Limits::default()).await
    }

    pub async fn with(limits: Limits) -> Self {
        logs::init();
        // Fails from the second test of the process on, because a provider is already installed.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let test = TestApp::with(Choices { limits, turns: 0, ..Choices::default() }).await;
        assert_eq!(test.key, KEY);
        let (trigger, shutdown) = Shutdown::new();
        let signals = Arc::<Signals>::default();
        let dialects: Vec<Arc<dyn dialect_kit::Contract>> = vec![Arc::new(Alpha(signals.clone())), Arc::new(Beta)];
        let plain = Router::new().route("/healthz", get(async || "ok")).route("/health", get(async || "ok"));
        let doors = Doors::new(test.app.clone(), dialects, vec![Arc::new(Panel)], plain, shutdown).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = tokio::spawn(serve(listener, doors, Proxies::default(), Duration::from_secs(20)));
        Self { address, client: Client::new(), signals, trigger, task, test }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("http://{}{path}", self.address))
    }

    /// With the key of alpha.
    pub fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path).bearer_auth(KEY)
    }

    /// With the key of alpha.
    pub fn post(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path).bearer_auth(KEY)
    }

    /// Tells whether the server still answers the next request, as it must after every refusal.
    pub async fn answers(&self) -> bool {
        self.get("/alpha/things/x").send().await.is_ok_and(|reply| reply.status() == 200)
    }
}
