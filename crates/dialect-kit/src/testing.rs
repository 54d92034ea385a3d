//! Tools for tests of the dialects: a real server over a whole engine on a free loopback port, and a client. Further a
//! thread to ask about, recorded exchanges, the comparison with vendors' documents, and the Python and Node of
//! published clients.

mod client;
mod contract;
mod door;
mod exchanges;
mod node;
mod pattern;
mod python;
mod receiver;
mod transcript;
mod wire;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::Router;
use engine::testing::{Choices, TestApp};
use tokio::{net::TcpListener, task::JoinHandle};

use crate::{Contract, Doors, Proxies, Shutdown, Surface, Trigger, serve};

pub use crate::conformance::misfits;
pub use client::{Client, Events, Reply, keys};
pub use contract::differences;
pub use door::Door;
pub use exchanges::check;
pub use node::node;
pub use python::{generators, python};
pub use receiver::{Received, Receiver, status};
pub use transcript::Transcript;
pub use wire::{UNKNOWN, Wire, unshown};

/// A server that answers with the given dialects, and the engine behind it.
pub struct Server {
    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub url: String,
    pub test: TestApp,
    trigger: Trigger,
    serving: JoinHandle<()>,
    _misfits: Misfits,
}

/// Parts of the server's answers that its documents do not describe. There must be none when the server is gone.
#[derive(Default)]
struct Misfits(Arc<Mutex<Vec<String>>>);

impl Drop for Misfits {
    fn drop(&mut self) {
        let found = std::mem::take(&mut *self.0.lock().expect("nobody panics with it"));
        assert!(found.is_empty() || std::thread::panicking(), "answers that their documents do not say: {found:#?}");
    }
}

/// Time for connections to end when a test stops its server.
const DRAIN: Duration = Duration::from_secs(5);

impl Server {
    pub async fn start(dialects: Vec<Arc<dyn Contract>>) -> Self {
        Self::with(Choices::default(), dialects).await
    }

    pub async fn with(choices: Choices, dialects: Vec<Arc<dyn Contract>>) -> Self {
        Self::behind(Proxies::default(), choices, dialects).await
    }

    /// A server behind these proxies.
    pub async fn behind(proxies: Proxies, choices: Choices, dialects: Vec<Arc<dyn Contract>>) -> Self {
        Self::of_surfaces(proxies, choices, dialects, Vec::new()).await
    }

    /// A server with surfaces beside the dialects.
    pub async fn of_surfaces(
        proxies: Proxies,
        choices: Choices,
        dialects: Vec<Arc<dyn Contract>>,
        others: Vec<Arc<dyn Surface>>,
    ) -> Self {
        let test = TestApp::with(choices).await;
        let (trigger, shutdown) = Shutdown::new();
        let doors = Doors::new(test.app.clone(), dialects, others, Router::new(), shutdown)
            .expect("dialects that can be built");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("a bound address"));
        let misfits = Misfits::default();
        let found = Arc::clone(&misfits.0);
        doors.hold_answers(move |misfit| found.lock().expect("nobody panics with it").push(misfit.into()));
        let serving = tokio::spawn(serve(listener, doors, proxies, DRAIN));
        Self { url, test, trigger, serving, _misfits: misfits }
    }

    /// A client of this server.
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// Accepts no more connections, and waits until open ones have ended.
    pub async fn stop(self) -> TestApp {
        drop(self.trigger);
        self.serving.await.expect("the accept loop does not panic");
        self.test
    }
}
