//! A proxy between a program and its server. It can hold the program's calls, so that a test knows where the program is.

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::State,
    http::{Request, StatusCode, header},
    response::{IntoResponse, Response},
};
use tokio::{
    net::TcpListener,
    sync::{mpsc, watch},
    task::JoinHandle,
    time::timeout,
};

use crate::process::{PATIENCE, client};

/// The proxy. Dropping it ends it.
pub struct Gate {
    pub url: String,
    inner: Arc<Inner>,
    /// Paths of calls that are held.
    held: mpsc::UnboundedReceiver<String>,
    /// Paths and statuses of calls that were answered.
    answered: mpsc::UnboundedReceiver<(String, u16)>,
    task: JoinHandle<()>,
}

struct Inner {
    target: Mutex<String>,
    /// The end of the paths that are held.
    holds: watch::Sender<Option<&'static str>>,
    held: mpsc::UnboundedSender<String>,
    answered: mpsc::UnboundedSender<(String, u16)>,
}

impl Gate {
    pub async fn start(target: &str) -> Self {
        let (tell_held, held) = mpsc::unbounded_channel();
        let (tell_answered, answered) = mpsc::unbounded_channel();
        let (target, holds) = (Mutex::new(target.to_owned()), watch::Sender::new(None));
        let inner = Arc::new(Inner { target, holds, held: tell_held, answered: tell_answered });
        let router = Router::new().fallback(pass).with_state(inner.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.expect("it serves") });
        Self { url, inner, held, answered, task }
    }

    /// Holds calls whose path ends so.
    pub fn hold(&self, end: &'static str) {
        self.inner.holds.send_replace(Some(end));
    }

    /// Lets all calls pass.
    pub fn release(&self) {
        self.inner.holds.send_replace(None);
    }

    /// Waits until a call is held.
    pub async fn held(&mut self) -> String {
        timeout(PATIENCE, self.held.recv()).await.expect("the program calls").expect("the proxy runs")
    }

    /// The status of the next answer to a call whose path ends so.
    pub async fn answered(&mut self, end: &str) -> u16 {
        loop {
            let next = timeout(PATIENCE, self.answered.recv()).await.expect("the program calls");
            let (path, status) = next.expect("the proxy runs");
            if path.ends_with(end) {
                return status;
            }
        }
    }

    /// Forgets the answers so far.
    pub fn forget(&mut self) {
        while self.answered.try_recv().is_ok() {}
    }

    /// Sends calls to this server from now on, those that are held too.
    pub fn aim(&self, target: &str) {
        target.clone_into(&mut self.inner.target.lock().expect("no panic"));
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers 502 while the server is away, as proxies do. A call whose program dies is dropped here.
async fn pass(State(inner): State<Arc<Inner>>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("the program sends it");
    let mut holds = inner.holds.subscribe();
    if holds.borrow().is_some_and(|end| path.ends_with(end)) {
        inner.held.send(path.clone()).expect("the test waits");
        holds.wait_for(Option::is_none).await.expect("the proxy runs");
    }
    let target = inner.target.lock().expect("no panic").clone();
    let (status, body) = forwarded(&format!("{target}{path}"), parts.headers.get(header::AUTHORIZATION), body).await;
    let _ = inner.answered.send((path, status.as_u16()));
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn forwarded(url: &str, key: Option<&axum::http::HeaderValue>, body: Bytes) -> (StatusCode, Bytes) {
    let request = client().post(url).header(header::CONTENT_TYPE, "application/json").body(body);
    let request = key.into_iter().fold(request, |request, key| request.header(header::AUTHORIZATION, key));
    let Ok(answer) = request.send().await else { return (StatusCode::BAD_GATEWAY, Bytes::new()) };
    let status = answer.status();
    match answer.bytes().await {
        Ok(body) => (status, body),
        Err(_) => (StatusCode::BAD_GATEWAY, Bytes::new()),
    }
}
