//! Readers that follow a thread from its start and come back after each death with their last id.

use std::{sync::Arc, time::Duration};

use reqwest::RequestBuilder;
use tokio::time::sleep;
use uuid::Uuid;

use super::world::World;
use crate::{
    checker::Wrong,
    doors::{self, Api, native},
    history::{ReaderKind, Reading, Seen},
    rng::Rng,
    sse::{Event, Stream},
};

/// What a reader waits whose stream has ended.
const AGAIN: Duration = Duration::from_millis(20);
/// In this time a reader has seen all that there is, or never will.
const END_WITHIN: Duration = Duration::from_secs(20);

/// Reads to the thread's last entry.
pub async fn run(world: Arc<World>, thread: Uuid, by: ReaderKind, rng: Rng) {
    let reading = Reading { thread, by, seen: Vec::new(), resumed: 0 };
    let mut reader = Reader { world: &world, rng, reading, seq: 0, sse_id: None, event_id: None };
    let too_late = async {
        world.end_of(thread).await;
        sleep(END_WITHIN).await;
    };
    tokio::select! {
        () = reader.read_to_end() => {}
        // The checker says what it has missed.
        () = too_late => {}
    }
    let reading = reader.reading;
    world.history().readings.push(reading);
}

struct Reader<'a> {
    world: &'a World,
    rng: Rng,
    reading: Reading,
    /// The last entry that was seen.
    seq: i64,
    /// The last `id:` of the stream.
    sse_id: Option<String>,
    /// The id within the last event, which Everruns gives to all of them.
    event_id: Option<String>,
}

impl Reader<'_> {
    async fn read_to_end(&mut self) {
        while let Some(mut stream) = self.open().await {
            if self.read(&mut stream).await {
                return;
            }
            self.reading.resumed += 1;
            sleep(AGAIN).await;
        }
    }

    /// A stream behind what was seen, as soon as there is one; `None` when the server refuses it.
    async fn open(&mut self) -> Option<Stream> {
        loop {
            let (life, api) = self.world.server().await;
            match self.request(&api).send().await {
                Ok(response) if response.status() == 200 => return Some(Stream::new(response)),
                Ok(response) if matches!(response.status().as_u16(), 429 | 503) => sleep(AGAIN).await,
                Ok(response) => {
                    let (status, body) = (response.status(), response.text().await.unwrap_or_default());
                    let what = format!("the reader {:?} behind {}: {status} {body}", self.reading.by, self.seq);
                    self.world.fault(Wrong::Refused, self.reading.thread, what);
                    return None;
                }
                Err(_) => self.world.outlive(life, self.reading.thread, "the opening of a stream").await,
            }
        }
    }

    fn request(&mut self, api: &Api) -> RequestBuilder {
        let thread = self.reading.thread;
        match self.reading.by {
            ReaderKind::Native => native::follow(api, thread, self.sse_id.as_deref(), self.rng.one_in(2)),
            ReaderKind::EverrunsSince => doors::follow(api, thread, self.event_id.as_deref(), None),
            ReaderKind::EverrunsHeader => doors::follow(api, thread, None, self.sse_id.as_deref()),
        }
    }

    /// Whether the thread's last entry was seen before the stream broke off.
    async fn read(&mut self, stream: &mut Stream) -> bool {
        let (world, thread) = (self.world, self.reading.thread);
        let end_of = world.end_of(thread);
        tokio::pin!(end_of);
        let mut end = None;
        while end.is_none_or(|end| self.seq < end) {
            tokio::select! {
                event = stream.next() => match event {
                    Some(event) => self.take(event),
                    None => return false,
                },
                last = &mut end_of, if end.is_none() => end = Some(last),
            }
        }
        true
    }

    fn take(&mut self, event: Event) {
        let seen = match self.reading.by {
            ReaderKind::Native => native::seen(&event),
            _ => match doors::event(&event) {
                Some(shown) => Some(Seen::Event(Box::new(shown))),
                // It only manages the connection.
                None if matches!(event.kind.as_str(), "connected" | "disconnecting") => return,
                None => None,
            },
        };
        let Some(seen) = seen else {
            return self.world.fault(Wrong::Broken, self.reading.thread, format!("no client can read {event:?}"));
        };
        match &seen {
            Seen::Entry(entry) => self.seq = entry.seq,
            Seen::Event(event) => self.seq = event.sequence.unwrap_or(self.seq),
            Seen::Delta(_) => {}
        }
        if let Seen::Event(event) = &seen {
            self.event_id = Some(event.id.clone());
        }
        self.sse_id = event.id.or(self.sse_id.take());
        self.tell(&seen);
        self.reading.seen.push(seen);
    }

    /// The native readers are the load's eyes.
    fn tell(&self, seen: &Seen) {
        self.world.view(self.reading.thread).take(seen);
        match seen {
            Seen::Delta(_) => self.world.moments.streaming.notify_waiters(),
            Seen::Entry(entry) if entry.kind == "tool.called" => self.world.moments.calling.notify_waiters(),
            _ => {}
        }
    }
}
