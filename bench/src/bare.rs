//! The bare server: the least that does the same work. One axum handler and hand-written SQL, with the native API's
//! paths and shapes. It has no authentication, limits, log, turns or recovery. Its proxy leads to a model, and stores
//! nothing.

mod proxy;
mod store;

use std::{
    collections::HashMap,
    convert::Infallible,
    net::SocketAddr,
    path::Path as FilePath,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use axum::{
    Json, Router,
    extract::{Path, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::{get, post},
    serve::ListenerExt,
};
use futures_util::stream;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;
use uuid::Uuid;

pub use self::store::{Accept, Stored, Writer};
use self::{proxy::Model, store::Pages};

/// Events that a reader may lag behind before it is disconnected.
const FOLLOWED_EVENTS: usize = 32;

/// The path of the proxy.
pub const PROXY: &str = "/proxy";

#[derive(Clone)]
struct Bare {
    writer: Writer,
    pages: Arc<Pages>,
    followed: Arc<Mutex<HashMap<Uuid, broadcast::Sender<Arc<str>>>>>,
    model: Option<Arc<Model>>,
}

/// Serves until the process is killed.
pub fn serve(listen: SocketAddr, data: &FilePath, model: Option<SocketAddr>) -> Result<()> {
    let (writer, pages) = (Writer::open(data)?, Arc::new(Pages::open(data)?));
    let model = model.map(|address| Arc::new(Model::new(address)));
    let bare = Bare { writer, pages, followed: Arc::default(), model };
    let routes = Router::new()
        .route("/readyz", get(async || "ready"))
        .route("/threadline/v1/threads", post(create_thread))
        .route("/threadline/v1/threads/{id}/messages", post(send).get(page))
        .route("/threadline/v1/threads/{id}/events", get(follow))
        .route(PROXY, post(ask))
        .with_state(bare);
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = tokio::net::TcpListener::bind(listen).await?;
        // As our server does. Otherwise the end of a stream waits for the client's acknowledgement. A socket that refuses is slow.
        let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
        Ok(axum::serve(listener, routes).await?)
    })
}

async fn create_thread() -> impl IntoResponse {
    (StatusCode::CREATED, Json(Created { id: Uuid::now_v7(), state: "idle" }))
}

async fn send(State(bare): State<Bare>, Path(thread): Path<Uuid>, Json(body): Json<Send>) -> Response {
    let accept = Accept { thread, message: Uuid::now_v7(), turn: Uuid::now_v7(), text: body.text };
    let Ok(stored) = bare.writer.accept(accept).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let turn = Turn { id: stored.turn, state: "queued" };
    let sent = Sent { message: stored.into(), turn };
    bare.tell(thread, &sent.message);
    (StatusCode::CREATED, Json(sent)).into_response()
}

/// Asks the model, and answers with its events as they come.
async fn ask(State(bare): State<Bare>, Json(body): Json<Send>) -> Response {
    let Some(model) = bare.model else { return StatusCode::NOT_FOUND.into_response() };
    match model.ask(&body.text).await {
        Ok(events) => ([(CONTENT_TYPE, "text/event-stream")], events).into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

/// The last 50 messages, newest first.
async fn page(State(bare): State<Bare>, Path(thread): Path<Uuid>) -> Response {
    match bare.pages.last(thread, 50) {
        Ok(rows) => Json(Page { data: rows.into_iter().map(Message::from).collect(), next: None }).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Streams the messages that are sent from now on.
async fn follow(State(bare): State<Bare>, Path(thread): Path<Uuid>) -> impl IntoResponse {
    let live = {
        let mut followed = bare.followed.lock().unwrap_or_else(PoisonError::into_inner);
        followed.entry(thread).or_insert_with(|| broadcast::channel(FOLLOWED_EVENTS).0).subscribe()
    };
    let events = stream::unfold(live, async |mut live| {
        let data = live.recv().await.ok()?;
        Some((Ok::<_, Infallible>(Event::default().event("message.created").data(&*data)), live))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

impl Bare {
    fn tell(&self, thread: Uuid, message: &Message) {
        let followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(readers) = followed.get(&thread)
            && let Ok(data) = serde_json::to_string(message)
        {
            // A send without readers is no failure.
            let _ = readers.send(data.into());
        }
    }
}

#[derive(Deserialize)]
struct Send {
    text: String,
}

#[derive(Serialize)]
struct Created {
    id: Uuid,
    state: &'static str,
}

#[derive(Serialize)]
struct Sent {
    message: Message,
    turn: Turn,
}

#[derive(Serialize)]
struct Turn {
    id: Uuid,
    state: &'static str,
}

#[derive(Serialize)]
struct Page {
    data: Vec<Message>,
    next: Option<String>,
}

#[derive(Serialize)]
struct Message {
    id: Uuid,
    seq: i64,
    thread: Uuid,
    turn: Uuid,
    role: &'static str,
    content: [Part; 1],
    at: i64,
}

#[derive(Serialize)]
struct Part {
    r#type: &'static str,
    text: String,
}

impl From<Stored> for Message {
    fn from(row: Stored) -> Self {
        let content = [Part { r#type: "text", text: row.text }];
        Self { id: row.id, seq: row.seq, thread: row.thread, turn: row.turn, role: "user", content, at: row.at }
    }
}
