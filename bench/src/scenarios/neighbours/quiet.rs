//! The requests of the quiet project, with their latencies.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};

use super::world::Project;
use crate::driver::{
    Client, Latencies, SEND, SEND_UNANSWERED, Window, concurrently, get_request_by, messages_path, request_by,
};

/// The measured kinds, in the order of the results.
pub const WHAT: [&str; 3] = ["sends", "reads", "whole turns"];

/// Clients of each kind, and their pause after each answer. The project stays well below its share.
const CLIENTS: usize = 2;
const PAUSE: Duration = Duration::from_millis(5);

pub struct Quiet<'a> {
    pub address: SocketAddr,
    pub project: &'a Project,
    pub window: Window,
}

impl Quiet<'_> {
    /// The latencies of each kind. A refusal fails the run, because a project below its share must never be refused.
    pub async fn measure(&self) -> Result<Vec<Latencies>> {
        let key = &self.project.key;
        let last_page = format!("{}?limit=50", messages_path(&self.project.long));
        let mut clients = Vec::new();
        for threads in self.project.threads.chunks(2).take(CLIENTS) {
            let (sends, turns) = (messages_path(&threads[0]), messages_path(&threads[1]));
            let requests = [
                (request_by(key, "POST", &sends, SEND_UNANSWERED), 201),
                (get_request_by(key, &last_page), 200),
                (request_by(key, "POST", &format!("{turns}?wait=30"), SEND), 201),
            ];
            let (address, window) = (self.address, self.window);
            clients.extend(requests.into_iter().enumerate().map(|(what, (request, status))| async move {
                Ok((what, repeat(address, &request, status, window).await?))
            }));
        }
        let mut all = WHAT.map(|_| Vec::new());
        for (what, latencies) in concurrently(clients.into_iter()).await? {
            all[what].push(latencies);
        }
        let merged: Vec<Latencies> = all.into_iter().map(Latencies::merged).collect();
        ensure!(merged.iter().all(|run| run.count() > 0), "the quiet project did nothing in the run");
        Ok(merged)
    }
}

async fn repeat(address: SocketAddr, request: &[u8], status: u16, window: Window) -> Result<Latencies> {
    let mut connection = Client::connect(address).await?;
    let mut latencies = Latencies::default();
    while window.is_open() {
        let start = Instant::now();
        let answer = connection.request(request).await?;
        // Includes requests that end after the window, because they have waited longest.
        if window.has_opened() {
            latencies.push_duration(start.elapsed());
        }
        ensure!(answer.status == status, "the quiet project was answered {}: {}", answer.status, answer.text());
        tokio::time::sleep(PAUSE).await;
    }
    Ok(latencies)
}
