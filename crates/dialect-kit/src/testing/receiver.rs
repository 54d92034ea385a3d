//! A real HTTP server as the endpoint of webhooks.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::to_bytes,
    extract::{Request, State},
    response::Response,
};
use http::{HeaderMap, StatusCode};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinHandle,
};

/// Longer than any step of a test. A test that waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// An endpoint that keeps its requests, and answers as configured: 204 by default.
pub struct Receiver {
    /// `http://127.0.0.1:<port>/hook`
    pub url: String,
    received: tokio::sync::Mutex<mpsc::UnboundedReceiver<Received>>,
    endpoint: Endpoint,
    serving: JoinHandle<()>,
}

/// A request to the endpoint.
#[derive(Clone, Debug)]
pub struct Received {
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

type Answer = Arc<dyn Fn(&Received) -> Response + Send + Sync>;

#[derive(Clone)]
struct Endpoint {
    tell: mpsc::UnboundedSender<Received>,
    answer: Arc<Mutex<Answer>>,
    /// True while answers are held back.
    held: watch::Sender<bool>,
}

impl Received {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("visible ASCII"))
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }
}

impl Receiver {
    pub async fn start() -> Self {
        let (tell, received) = mpsc::unbounded_channel();
        let answer: Answer = Arc::new(|_| status(204));
        let endpoint = Endpoint { tell, answer: Arc::new(Mutex::new(answer)), held: watch::channel(false).0 };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/hook", listener.local_addr().expect("a bound address"));
        let app = Router::new().fallback(receive).with_state(endpoint.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.expect("a server that goes on") });
        Self { url, received: tokio::sync::Mutex::new(received), endpoint, serving }
    }

    /// The next request.
    pub async fn next(&self) -> Received {
        let mut received = self.received.lock().await;
        let next = tokio::time::timeout(PATIENCE, received.recv()).await;
        next.expect("a request comes").expect("the endpoint goes on")
    }

    /// Sets the answer of later requests.
    pub fn answer(&self, answer: impl Fn(&Received) -> Response + Send + Sync + 'static) {
        *self.endpoint.answer.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(answer);
    }

    /// Holds back later answers until [`Receiver::release`].
    pub fn hold(&self) {
        self.endpoint.held.send_replace(true);
    }

    pub fn release(&self) {
        self.endpoint.held.send_replace(false);
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// An empty answer.
pub fn status(status: u16) -> Response {
    let mut response = Response::default();
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response
}

async fn receive(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a whole body").to_vec();
    let received = Received { headers: head.headers, body };
    // The test may have ended its wait.
    let _ = endpoint.tell.send(received.clone());
    let mut held = endpoint.held.subscribe();
    let _ = held.wait_for(|held| !held).await;
    let answer = endpoint.answer.lock().unwrap_or_else(PoisonError::into_inner).clone();
    answer(&received)
}
