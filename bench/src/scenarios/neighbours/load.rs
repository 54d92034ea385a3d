//! The load on each pool: a number of hands. Each hand repeats one act for its project.

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;
use clap::ValueEnum;

use super::world::{Project, World};
use crate::driver::{
    Client, Reader, SEND, SEND_UNANSWERED, Window, concurrently, events_path, get_request_by, messages_path, request_by,
};

/// A pool, named by its load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Load {
    /// 200 clients send, each after its last answer.
    WriteQueue,
    /// 24 clients search, export and fork.
    LongReads,
    /// 200 clients send every half second. The greedy project's model stays silent.
    Workers,
    /// The same without answers. The greedy project has 20 webhooks without an answering endpoint, and each of the 50
    /// has one that answers.
    Senders,
    /// 400 streams are opened, and opened again when refused. A hand with a stream reads its thread as often.
    Streams,
    /// 400 requests with an unfinished body, for a second each.
    Requests,
    /// The same, with half a megabyte of body.
    Memory,
}

/// The requests of all hands.
#[derive(Default)]
pub struct Sent {
    pub requests: usize,
    pub refused: usize,
}

/// Pause of a hand after a refusal or a lost connection.
const REFUSED: Duration = Duration::from_millis(50);
/// The same for a stream: 400 hands then send 2,000 requests a second, each on a connection of its own.
const REFUSED_STREAM: Duration = Duration::from_millis(200);
/// Time for which a hand holds its stream or request.
const HOLD: Duration = Duration::from_secs(1);

impl Load {
    pub fn name(self) -> &'static str {
        match self {
            Self::WriteQueue => "writer's queue",
            Self::LongReads => "long reads",
            Self::Workers => "turn workers",
            Self::Senders => "webhook senders",
            Self::Streams => "streams",
            Self::Requests => "requests under way",
            Self::Memory => "bytes in flight",
        }
    }

    /// Pools small enough for this machine's clients to fill.
    pub fn settings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::WriteQueue => &[("THREADLINE_LIMITS_WRITE_QUEUE", "256")],
            Self::LongReads | Self::Workers => &[],
            Self::Senders => &[("THREADLINE_WEBHOOK_TARGETS", "any")],
            Self::Streams => &[("THREADLINE_LIMITS_STREAM_READERS", "320")],
            Self::Requests => &[("THREADLINE_LIMITS_REQUESTS_UNDER_WAY", "320")],
            Self::Memory => &[("THREADLINE_MEMORY_BYTES", "805306368")],
        }
    }

    pub fn hands(self) -> usize {
        match self {
            Self::LongReads => 24,
            Self::WriteQueue | Self::Workers | Self::Senders => 200,
            Self::Streams | Self::Requests | Self::Memory => 400,
        }
    }

    /// Runs all hands until the window closes, each for one of the projects.
    pub async fn run(self, world: &World, payers: &[Project], window: Window) -> Result<Sent> {
        let address = world.server.address;
        let hands = (0..self.hands()).map(|i| {
            let project = &payers[i % payers.len()];
            let thread = project.threads[i / payers.len()].clone();
            let hand =
                Hand { load: self, kind: i, address, key: project.key.clone(), thread, long: project.long.clone() };
            async move { Ok(hand.work(window).await) }
        });
        let mut sum = Sent::default();
        for sent in concurrently(hands).await? {
            sum.requests += sent.requests;
            sum.refused += sent.refused;
        }
        Ok(sum)
    }
}

struct Hand {
    load: Load,
    kind: usize,
    address: SocketAddr,
    key: String,
    thread: String,
    long: String,
}

impl Hand {
    /// Continues after every answer. A lost connection is opened again.
    async fn work(self, window: Window) -> Sent {
        let mut sent = Sent::default();
        while window.is_open() {
            if self.connected(window, &mut sent).await.is_err() {
                sent.refused += 1;
            }
            tokio::time::sleep(REFUSED).await;
        }
        sent
    }

    async fn connected(&self, window: Window, sent: &mut Sent) -> Result<()> {
        match self.load {
            Load::WriteQueue => self.repeat(&self.send(SEND_UNANSWERED), Duration::ZERO, window, sent).await,
            Load::LongReads => self.repeat(&self.long_read(), Duration::ZERO, window, sent).await,
            Load::Workers => self.repeat(&self.send(SEND), Duration::from_millis(500), window, sent).await,
            Load::Senders => self.repeat(&self.send(SEND_UNANSWERED), Duration::from_millis(500), window, sent).await,
            Load::Streams => {
                sent.requests += 1;
                let reader = Reader::open_by(&self.key, self.address, &events_path(&self.thread)).await;
                // A hand with a stream sends as many requests as one that is refused: both sides are the same load.
                while reader.is_ok() && window.is_open() {
                    tokio::time::sleep(REFUSED_STREAM).await;
                    sent.requests += 1;
                    let read = get_request_by(&self.key, &format!("/threadline/v1/threads/{}", self.thread));
                    Client::connect(self.address).await?.request(&read).await?;
                }
                if reader.is_err() {
                    tokio::time::sleep(REFUSED_STREAM - REFUSED).await;
                }
                reader.map(drop)
            }
            Load::Requests => self.half(100, sent).await,
            Load::Memory => self.half(512 * 1024, sent).await,
        }
    }

    async fn repeat(&self, request: &[u8], pause: Duration, window: Window, sent: &mut Sent) -> Result<()> {
        let mut connection = Client::connect(self.address).await?;
        // Spreads the start of the hands.
        tokio::time::sleep(pause * (self.kind % 64) as u32 / 64).await;
        while window.is_open() {
            sent.requests += 1;
            let answer = connection.request(request).await?;
            if answer.status >= 400 {
                sent.refused += 1;
                tokio::time::sleep(REFUSED).await;
            }
            tokio::time::sleep(pause).await;
        }
        Ok(())
    }

    fn send(&self, body: &str) -> Vec<u8> {
        request_by(&self.key, "POST", &messages_path(&self.thread), body)
    }

    /// One of three hands searches, one exports, and one forks.
    fn long_read(&self) -> Vec<u8> {
        let session = format!("/v1/sessions/session_{}", self.long.replace('-', ""));
        match self.kind % 3 {
            0 => get_request_by(&self.key, "/threadline/v1/search/messages?q=nowhere"),
            1 => get_request_by(&self.key, &format!("{session}/export")),
            _ => request_by(&self.key, "POST", &format!("{session}/fork"), "{}"),
        }
    }

    /// Sends all of a request except its last byte, and holds it.
    async fn half(&self, bytes: usize, sent: &mut Sent) -> Result<()> {
        let mut connection = Client::connect(self.address).await?;
        sent.requests += 1;
        let whole = self.send(&format!("{{\"text\":\"{}\"}}", "x".repeat(bytes)));
        connection.send_part(&whole[..whole.len() - 1]).await?;
        // A refusal comes at once.
        match tokio::time::timeout(HOLD, connection.answered()).await {
            Err(_) => Ok(()),
            Ok(refused) => {
                refused?;
                anyhow::bail!("refused")
            }
        }
    }
}
