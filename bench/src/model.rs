//! A model server that speaks Chat Completions on a thread of the bench, and never pauses.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    time::{Instant, sleep},
};

/// The path of the requests.
pub const PATH: &str = "/v1/chat/completions";
/// Tokens of an answer.
pub const TOKENS: usize = 100;

/// The longest wait for requests.
const PATIENCE: Duration = Duration::from_secs(30);

/// The server. It ends when it is dropped.
pub struct Model {
    pub address: SocketAddr,
    asked: Arc<AtomicUsize>,
    _stop: oneshot::Sender<()>,
}

/// The server's answer to every request.
#[derive(Clone, Copy, PartialEq)]
pub enum Plays {
    /// [`TOKENS`] tokens, each as an event that is written by itself.
    Tokens,
    /// Nothing.
    Silence,
}

impl Model {
    pub fn start(plays: Plays) -> Result<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let asked = Arc::<AtomicUsize>::default();
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let counted = Arc::clone(&asked);
        thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    // Fails only if the system has no connection left, which the measured server then reports.
                    _ = serve(listener, plays, counted) => {}
                    _ = stopped => {}
                }
            });
        });
        Ok(Self { address, asked, _stop: stop })
    }

    /// Waits until so many requests have come.
    pub async fn asked(&self, requests: usize) -> Result<()> {
        let since = Instant::now();
        while self.asked.load(Ordering::Relaxed) < requests {
            ensure!(since.elapsed() < PATIENCE, "not {requests} requests came to the model");
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }
}

async fn serve(listener: std::net::TcpListener, plays: Plays, asked: Arc<AtomicUsize>) -> Result<()> {
    let listener = TcpListener::from_std(listener)?;
    let answer: Arc<[Vec<u8>]> = answer().into();
    loop {
        let (connection, _) = listener.accept().await?;
        connection.set_nodelay(true)?;
        // A client that goes away is no failure of the model.
        tokio::spawn(talk(connection, plays, Arc::clone(&answer), Arc::clone(&asked)));
    }
}

/// Answers the requests of a connection, one after the other.
async fn talk(mut connection: TcpStream, plays: Plays, answer: Arc<[Vec<u8>]>, asked: Arc<AtomicUsize>) -> Result<()> {
    let mut input = Vec::new();
    loop {
        let whole = loop {
            if let Some(whole) = length(&input)?.filter(|whole| input.len() >= *whole) {
                break whole;
            }
            ensure!(connection.read_buf(&mut input).await? > 0, "the client has gone");
        };
        input.drain(..whole);
        asked.fetch_add(1, Ordering::Relaxed);
        if plays == Plays::Tokens {
            for piece in &*answer {
                connection.write_all(piece).await?;
            }
        }
    }
}

/// Bytes of the request at the beginning of the input. `None` if its head is not whole.
fn length(input: &[u8]) -> Result<Option<usize>> {
    let Some(head) = input.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&input[..head])?.to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: usize = length.context("a request without a length")?.trim().parse()?;
    Ok(Some(head + 4 + length))
}

/// The head of the answer with its first event, and each further event as a chunk.
fn answer() -> Vec<Vec<u8>> {
    let chunk = |event: String| format!("{:x}\r\n{event}\r\n", event.len());
    let event =
        |rest: &str| chunk(format!("data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",{rest}}}\n\n"));
    let delta = |delta: &str, reason: &str| {
        event(&format!("\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{reason}}}]"))
    };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    let mut pieces: Vec<String> = (0..TOKENS).map(|_| delta("{\"content\":\"word \"}", "null")).collect();
    pieces[0].insert_str(0, &head);
    let usage = format!("\"choices\":[],\"usage\":{{\"prompt_tokens\":30,\"completion_tokens\":{TOKENS}}}");
    pieces.push(delta("{}", "\"stop\"") + &event(&usage) + &chunk("data: [DONE]\n\n".into()) + "0\r\n\r\n");
    pieces.into_iter().map(String::into_bytes).collect()
}
