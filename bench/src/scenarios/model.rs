//! Turns that a provider's model answers, against a proxy that leads to the same model and stores nothing. The model
//! never pauses, so the figures are the servers' own.

use std::{
    fs,
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::Result;
use tempfile::TempDir;

use super::Bench;
use crate::{
    bare::PROXY,
    driver::{
        Client, Latencies, Measured, Reader, SEND, Window, concurrently, create_threads, events_path, messages_path,
        post_request,
    },
    model::{Model, Plays, TOKENS},
    process::resident_kb,
    report::{Line, Target, median, progress},
    server::{MODEL, Ours, Server, Which},
};

const MORE_TARGET_MS: f64 = 5.0;
const RATIO_TARGET: f64 = 1.3;
const WAITING_TARGET_KB: f64 = 40.0;
/// Turns that stream at once for the rate and the CPU time.
const STREAMING: usize = 100;
/// Connections over which turns begin that wait.
const SENDERS: usize = 50;
/// Wait after the last turn has asked the model, until the server has finished its work for it.
const SETTLE: Duration = Duration::from_secs(1);

/// The figures of a server, a value for each round.
#[derive(Default)]
struct Runs {
    first_of_1_ms: Vec<f64>,
    first_of_64_ms: Vec<f64>,
    tokens_per_s: Vec<f64>,
    cpu_ms: Vec<f64>,
    waiting_kb: Vec<f64>,
}

pub async fn run(bench: &Bench) -> Result<Vec<Line>> {
    let mut runs = [Runs::default(), Runs::default()];
    for _ in 0..bench.rounds {
        let streaming = Place::new(Plays::Tokens)?;
        for (runs, (whose, which)) in runs.iter_mut().zip(bench.pair(Some(STREAMING as u32))) {
            for (clients, firsts) in [(1, &mut runs.first_of_1_ms), (64, &mut runs.first_of_64_ms)] {
                let run = streaming.run(which, clients, bench.seconds).await?;
                progress(&format!("first token, {clients} at once"), whose, &run);
                firsts.push(run.p50_ms);
            }
            let run = streaming.run(which, STREAMING, bench.seconds).await?;
            progress(&format!("{STREAMING} streaming turns"), whose, &run);
            let tokens_per_s = run.per_s * TOKENS as f64;
            runs.tokens_per_s.push(tokens_per_s);
            runs.cpu_ms.push(run.server_cores / tokens_per_s * 1_000_000.0);
        }
        // A project whose models are silent leaves the last quarter of the workers to others.
        for (runs, (whose, which)) in runs.iter_mut().zip(bench.pair(Some(2 * bench.waiting as u32))) {
            let kb = waiting(which, bench.waiting).await?;
            println!("  memory of one of {} turns that wait: {whose} {kb:.1} KB", bench.waiting);
            runs.waiting_kb.push(kb);
        }
    }
    let line = |what: String, unit, figures: fn(&Runs) -> &[f64], target| {
        let [against, ours] = [0, 1].map(|side: usize| median(figures(&runs[side]).iter().copied()));
        Line { what, unit, ours, against, against_what: "bare proxy", target }
    };
    let waiting = format!("memory of one of {} turns that wait for the model", bench.waiting);
    let (more, ratio) = (Target::MoreAtMost(MORE_TARGET_MS), Target::RatioAtMost(RATIO_TARGET));
    Ok(vec![
        line("from POST to the first token, 1 at once, p50".into(), "ms", |runs| &runs.first_of_1_ms, more),
        line("from POST to the first token, 64 at once, p50".into(), "ms", |runs| &runs.first_of_64_ms, ratio),
        line(format!("tokens, {STREAMING} streaming turns"), "/s", |runs| &runs.tokens_per_s, Target::None),
        line("CPU for 1,000 tokens".into(), "ms", |runs| &runs.cpu_ms, Target::None),
        line(waiting, "KB", |runs| &runs.waiting_kb, Target::AtMost(WAITING_TARGET_KB)),
    ])
}

/// A model, and the settings by which both servers know it.
struct Place {
    model: Model,
    address: String,
    file: String,
    _folder: TempDir,
}

impl Place {
    fn new(plays: Plays) -> Result<Self> {
        let (model, folder) = (Model::start(plays)?, TempDir::new()?);
        let (address, file) = (model.address.to_string(), folder.path().join("threadline.toml"));
        let provider = format!("[providers.bench]\nkind = \"openai\"\nbase_url = \"http://{address}/v1\"\n");
        fs::write(&file, provider + "[models.default]\nprovider = \"bench\"\nmodel = \"one\"\n")?;
        Ok(Self { model, address, file: file.to_string_lossy().into_owned(), _folder: folder })
    }

    async fn server(&self, which: Which<'_>) -> Result<Server> {
        Server::start_with(which, &[("THREADLINE_CONFIG", &self.file), (MODEL, &self.address)]).await
    }

    /// Each client asks again when its answer is whole. The time ends with the first token, or with the whole answer where
    /// that comes first.
    async fn run(&self, which: Which<'_>, clients: usize, seconds: f64) -> Result<Measured> {
        let server = self.server(which).await?;
        let mut askers = Vec::with_capacity(clients);
        for thread in threads(which, server.address, clients).await? {
            askers.push(Asker::connect(server.address, thread.as_deref()).await?);
        }
        let window = Window::from_now(seconds);
        let asking = concurrently(askers.into_iter().map(|mut asker| async move {
            let mut latencies = Latencies::default();
            while window.is_open() {
                let start = Instant::now();
                let first = asker.ask().await?;
                latencies.push(window, start, first);
            }
            Ok(latencies)
        }));
        window.measure(server.pid(), asking).await
    }
}

/// A thread for each client of our server. The proxy has no threads.
async fn threads(which: Which<'_>, address: SocketAddr, clients: usize) -> Result<Vec<Option<String>>> {
    match which {
        Which::Bare | Which::Ours { ours: Ours::Bare, .. } => Ok(vec![None; clients]),
        Which::Ours { .. } => Ok(create_threads(address, clients).await?.into_iter().map(Some).collect()),
    }
}

/// A client that asks and reads the answer to its end.
struct Asker {
    connection: Client,
    request: Vec<u8>,
    /// Follows the thread. The proxy answers with the events themselves.
    reader: Option<Reader>,
}

impl Asker {
    async fn connect(address: SocketAddr, thread: Option<&str>) -> Result<Self> {
        let connection = Client::connect(address).await?;
        let reader = match thread {
            Some(thread) => Some(Reader::open(address, &events_path(thread)).await?),
            None => None,
        };
        Ok(Self { connection, request: request(thread), reader })
    }

    /// Asks, reads the whole answer, and returns the time of its first token.
    async fn ask(&mut self) -> Result<Instant> {
        let Some(reader) = &mut self.reader else { return self.connection.request_stream(&self.request).await };
        let posted = async {
            let answer = self.connection.request(&self.request).await?;
            anyhow::ensure!(answer.status == 201, "answered {}: {}", answer.status, answer.text());
            Ok(())
        };
        // The first token may overtake the answer to the POST.
        let read = async {
            reader.until_any(&["message.delta", "message.completed"]).await?;
            let first = Instant::now();
            reader.until("turn.completed").await?;
            Ok(first)
        };
        let ((), first) = tokio::try_join!(posted, read)?;
        Ok(first)
    }
}

fn request(thread: Option<&str>) -> Vec<u8> {
    let path = thread.map_or_else(|| PROXY.to_owned(), messages_path);
    post_request(&path, SEND)
}

/// Memory in KB of one of so many turns whose model is silent.
async fn waiting(which: Which<'_>, turns: usize) -> Result<f64> {
    let silent = Place::new(Plays::Silence)?;
    let server = silent.server(which).await?;
    let threads = threads(which, server.address, turns).await?;
    let before = resident_kb(server.pid())?;
    let _asked = match threads.first() {
        Some(None) => asked_of_proxy(server.address, turns).await?,
        _ => asked_of_ours(server.address, threads).await?,
    };
    silent.model.asked(turns).await?;
    tokio::time::sleep(SETTLE).await;
    Ok((resident_kb(server.pid())? - before) / turns as f64)
}

/// A client that waits for each answer of the proxy.
async fn asked_of_proxy(address: SocketAddr, turns: usize) -> Result<Vec<Client>> {
    let request = request(None);
    let mut clients = Vec::with_capacity(turns);
    for _ in 0..turns {
        let mut client = Client::connect(address).await?;
        client.send_part(&request).await?;
        clients.push(client);
    }
    Ok(clients)
}

/// A turn in each thread. Nobody follows them.
async fn asked_of_ours(address: SocketAddr, threads: Vec<Option<String>>) -> Result<Vec<Client>> {
    let requests: Vec<Vec<u8>> = threads.iter().map(|thread| request(thread.as_deref())).collect();
    let per_sender = requests.len().div_ceil(SENDERS);
    let senders: Vec<Vec<Vec<u8>>> = requests.chunks(per_sender).map(<[_]>::to_vec).collect();
    concurrently(senders.into_iter().map(|requests| async move {
        let mut client = Client::connect(address).await?;
        for request in requests {
            let answer = client.request(&request).await?;
            anyhow::ensure!(answer.status == 201, "answered {}: {}", answer.status, answer.text());
        }
        Ok(client)
    }))
    .await
}
