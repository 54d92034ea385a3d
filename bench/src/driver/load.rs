//! Load: a number of clients that each send the next request after the last answer.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use tokio::task::JoinSet;

use super::Client;
use crate::process;

const WARM_UP: Duration = Duration::from_millis(500);

/// The time in which a run counts. Requests that end within it are measured.
#[derive(Clone, Copy)]
pub struct Window {
    opens: Instant,
    closes: Instant,
}

impl Window {
    pub fn from_now(seconds: f64) -> Self {
        let opens = Instant::now() + WARM_UP;
        Self { opens, closes: opens + Duration::from_secs_f64(seconds) }
    }

    pub fn is_open(&self) -> bool {
        Instant::now() < self.closes
    }

    /// Tells whether the warm-up is over.
    pub fn has_opened(&self) -> bool {
        Instant::now() >= self.opens
    }

    fn counts(&self, end: Instant) -> bool {
        (self.opens..=self.closes).contains(&end)
    }

    /// Counts the requests of `clients` in the window, with the CPU time of the driver and the server.
    pub async fn measure(self, server: u32, clients: impl Future<Output = Result<Vec<Latencies>>>) -> Result<Measured> {
        let cpu = async {
            tokio::time::sleep_until(self.opens.into()).await;
            let before = (process::cpu(std::process::id())?, process::cpu(server)?);
            tokio::time::sleep_until(self.closes.into()).await;
            let after = (process::cpu(std::process::id())?, process::cpu(server)?);
            Ok((after.0 - before.0, after.1 - before.1))
        };
        let (latencies, (driver, server)) = tokio::try_join!(clients, cpu)?;
        let seconds = (self.closes - self.opens).as_secs_f64();
        let latencies = Latencies::merged(latencies);
        ensure!(!latencies.micros.is_empty(), "nothing was answered within the run");
        Ok(Measured {
            per_s: latencies.micros.len() as f64 / seconds,
            p50_ms: latencies.percentile_ms(50.0),
            p99_ms: latencies.percentile_ms(99.0),
            driver_cores: driver.as_secs_f64() / seconds,
            server_cores: server.as_secs_f64() / seconds,
        })
    }
}

/// The results of a run.
#[derive(Clone, Copy, Debug)]
pub struct Measured {
    pub per_s: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// CPU time divided by wall time: 1.0 is one full core. The driver has one thread.
    pub driver_cores: f64,
    pub server_cores: f64,
}

/// The latencies of a run.
#[derive(Default)]
pub struct Latencies {
    micros: Vec<u32>,
}

impl Latencies {
    pub fn merged(all: Vec<Self>) -> Self {
        let mut micros: Vec<u32> = all.into_iter().flat_map(|one| one.micros).collect();
        micros.sort_unstable();
        Self { micros }
    }

    pub fn push(&mut self, window: Window, start: Instant, end: Instant) {
        if window.counts(end) {
            self.push_duration(end - start);
        }
    }

    pub fn push_duration(&mut self, duration: Duration) {
        self.micros.push(u32::try_from(duration.as_micros()).unwrap_or(u32::MAX));
    }

    pub fn count(&self) -> usize {
        self.micros.len()
    }

    /// The value that this percentage of latencies does not exceed. Needs the sorted, non-empty result of
    /// [`Self::merged`].
    pub fn percentile_ms(&self, percent: f64) -> f64 {
        let rank = (self.micros.len() as f64 * percent / 100.0).ceil() as usize;
        f64::from(self.micros[rank.saturating_sub(1)]) / 1000.0
    }
}

/// Each client sends the requests one after the other, from its own place in the list, until the window closes. An
/// answer with another status fails the run.
pub async fn closed_loop(
    (address, server): (SocketAddr, u32),
    requests: Vec<Vec<u8>>,
    status: u16,
    clients: usize,
    seconds: f64,
) -> Result<Measured> {
    let requests = Arc::new(requests);
    let window = Window::from_now(seconds);
    let clients = concurrently((0..clients).map(|client| {
        let requests = Arc::clone(&requests);
        async move {
            let mut connection = Client::connect(address).await?;
            let mut latencies = Latencies::default();
            let first = client * requests.len() / clients;
            for request in requests.iter().cycle().skip(first).take_while(|_| window.is_open()) {
                let start = Instant::now();
                let answer = connection.request(request).await?;
                latencies.push(window, start, Instant::now());
                ensure!(answer.status == status, "answered {}: {}", answer.status, answer.text());
            }
            Ok(latencies)
        }
    }));
    window.measure(server, clients).await
}

/// Runs all at once. The first failure ends the others. Results are in no particular order.
pub async fn concurrently<T: Send + 'static>(
    tasks: impl Iterator<Item = impl Future<Output = Result<T>> + Send + 'static>,
) -> Result<Vec<T>> {
    let mut running: JoinSet<Result<T>> = tasks.collect();
    let mut done = Vec::with_capacity(running.len());
    while let Some(task) = running.join_next().await {
        done.push(task??);
    }
    Ok(done)
}
