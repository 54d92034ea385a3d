//! A strict peer: a server on a loopback port that speaks all wires and refuses what the vendors refuse.
//!
//! It answers by the last line of the newest user text:
//!
//! | line | answer |
//! |---|---|
//! | `think` | thinking, then text |
//! | `call NAME {…}` | thinking, text and a call; text after its result |
//! | `calls NAME` | two calls, with thinking before each; thinking and text after their results |
//! | `steps N NAME` | N calls, one after the other, each with thinking |
//! | `broken NAME` | a call whose arguments are no JSON |
//! | `reuse NAME` | a call whose id is always the same |
//! | `pause` | a pause where the wire has one, then the rest |
//! | `refuse` | a refusal without text |
//! | `overloaded` | text, then an error within the stream |
//! | `cut` | text, then the end of the connection |
//! | `slow` | text in 20 pieces, one every 50 ms |
//! | `use NAME,NAME …: …` | thinking, the line itself word for word, and a call of each; after their results the same without calls |
//! | `fault NAME FAULT PLACE TIMES …` | as `call NAME`; so many requests have the [`Fault`] at the [`Place`] |
//! | within a text: `Person: fault … summary …` | text, with the fault: the text is a record to be summarized |
//! | any other | text |
//!
//! It refuses, in the words of the vendor and with status 400:
//!
//! - calls without results directly behind them, results without calls, ids that repeat;
//! - pictures that are cut, too large, or of another type than they say; more than a vendor takes at their size;
//! - empty text, two messages of a role in a row, an agent that speaks first;
//! - names of tools outside of the vendor's alphabet, arguments that are no object;
//! - signatures and encrypted items that another model made, or that are missing where the vendor demands them;
//! - answers of its own, by the same wire and model, that do not come back block for block.

mod anthropic;
mod chat;
mod fault;
mod gemini;
mod memory;
mod pictures;
mod plan;
pub mod played;
mod responses;
mod rules;
mod stream;

use std::{
    collections::HashMap,
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use http::{Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpListener, sync::watch, task::AbortHandle, time::timeout};

use self::{
    fault::Planned,
    memory::Memory,
    plan::{Outcome, Plan},
    rules::{Asked, Complaint, Vendor},
    stream::{event_stream, events, whole},
};

pub use fault::{Fault, Place};

/// A running peer. Dropping it stops the server.
#[derive(Debug)]
pub struct StrictPeer {
    state: Arc<Mutex<State>>,
    server: AbortHandle,
}

/// A request that the peer got.
#[derive(Clone, Debug, PartialEq)]
pub struct Got {
    /// `chat`, `responses`, `anthropic` or `gemini`.
    pub wire: &'static str,
    pub body: Value,
}

#[derive(Debug, Default)]
struct State {
    requests: Vec<Got>,
    complaints: Vec<String>,
    memory: Memory,
    /// Faults so far, by the text that asked for them.
    faults: HashMap<String, usize>,
    /// The pause before each event of every answer.
    pause: Duration,
    /// Number of answers that have fallen silent.
    held: watch::Sender<usize>,
}

/// Longer than anything takes in a test, on a busy machine too.
const PATIENCE: Duration = Duration::from_secs(60);

type Body = UnsyncBoxBody<bytes::Bytes, io::Error>;

impl StrictPeer {
    /// Starts a peer on a free port of loopback. The URL has no path: every base path leads to the same peer.
    ///
    /// # Panics
    /// If loopback has no free port.
    pub async fn start() -> (String, Self) {
        Self::start_slowly(Duration::ZERO).await
    }

    /// Like [`Self::start`], with this pause before each event of every answer.
    ///
    /// # Panics
    /// If loopback has no free port.
    pub async fn start_slowly(pause: Duration) -> (String, Self) {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = Arc::new(Mutex::new(State { pause, ..State::default() }));
        let server = tokio::spawn(serve(listener, Arc::clone(&state))).abort_handle();
        (format!("http://{address}"), Self { state, server })
    }

    /// The requests so far, the refused ones among them.
    pub fn requests(&self) -> Vec<Got> {
        lock(&self.state).requests.clone()
    }

    /// Waits until so many answers have fallen silent since the start.
    ///
    /// # Panics
    /// If that takes longer than anything in a test does.
    pub async fn until_held(&self, answers: usize) {
        let mut held = lock(&self.state).held.subscribe();
        let waited = timeout(PATIENCE, held.wait_for(|held| *held >= answers)).await;
        let asked = || self.requests().len();
        assert!(waited.is_ok(), "not {answers} answers have fallen silent; {} requests came", asked());
    }

    /// The reasons of all refusals so far.
    pub fn complaints(&self) -> Vec<String> {
        lock(&self.state).complaints.clone()
    }
}

impl Drop for StrictPeer {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    while let Ok((connection, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &state));
            // A client that goes away is no failure of the peer.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(connection), service).await;
        });
    }
}

async fn answer(request: Request<Incoming>, state: &Mutex<State>) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path().to_owned();
    let bytes = match request.into_body().collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Ok(refused(StatusCode::BAD_REQUEST, &Value::Null)),
    };
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let Some(vendor) = vendor(&path) else { return Ok(refused(StatusCode::NOT_FOUND, &Value::Null)) };
    Ok(lock(state).answer(vendor, &path, body))
}

fn vendor(path: &str) -> Option<&'static dyn Vendor> {
    match path {
        path if path.ends_with("/chat/completions") => Some(&chat::Chat),
        path if path.ends_with("/responses") => Some(&responses::Responses),
        path if path.ends_with("/messages") => Some(&anthropic::Anthropic),
        path if path.ends_with(":streamGenerateContent") => Some(&gemini::Gemini),
        _ => None,
    }
}

impl State {
    fn answer(&mut self, vendor: &dyn Vendor, path: &str, body: Value) -> Response<Body> {
        let asked = vendor.read(path, &body, &self.memory);
        self.requests.push(Got { wire: vendor.wire(), body });
        match asked {
            Ok(asked) => self.play(vendor, &asked),
            Err(complaint) => {
                self.complaints.push(format!("{}: {}", vendor.wire(), complaint.words));
                refused(StatusCode::BAD_REQUEST, &vendor.refusal(&complaint))
            }
        }
    }

    fn play(&mut self, vendor: &dyn Vendor, asked: &Asked) -> Response<Body> {
        let number = Memory::number();
        let mut plan = Plan::of(asked, number, vendor.pauses());
        let by = format!("{} {}", vendor.wire(), asked.model);
        let fault = self.fault(asked);
        if fault.is_some() {
            plan.outcome = Outcome::Cut;
        }
        let told = vendor.tell(asked, &plan, &mut |kind| self.memory.sign(&by, kind));
        if let Some(Planned { fault, place, .. }) = fault {
            return fault.answer(vendor, place, place.before(&plan, told.events), &self.held);
        }
        if plan.comes_back() {
            self.memory.keep(&by, plan.mark(), told.blocks);
        }
        event_stream(events(told.events, plan.pause().max(self.pause)))
    }

    /// The fault that this request has.
    fn fault(&mut self, asked: &Asked) -> Option<Planned> {
        let (planned, line) = Planned::of(asked)?;
        let played = self.faults.entry(line.to_owned()).or_default();
        *played += 1;
        (*played <= planned.times).then_some(planned)
    }
}

fn refused(status: StatusCode, error: &Value) -> Response<Body> {
    let response = Response::builder().status(status).header(CONTENT_TYPE, "application/json");
    response.body(whole(error.to_string())).expect("a header that is a constant")
}

impl From<String> for Complaint {
    fn from(words: String) -> Self {
        Self { code: "invalid_request_error", words }
    }
}
