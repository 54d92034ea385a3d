//! When the server is killed, and what it was doing then.

use std::{fmt, time::Duration};

use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use super::world::World;
use crate::rng::Rng;

/// What has just happened to a client, as signals.
#[derive(Default)]
pub struct Moments {
    /// A send goes out.
    pub sending: Notify,
    /// A send was answered.
    pub answered: Notify,
    /// A piece of unfinished text was shown.
    pub streaming: Notify,
    /// A tool was called.
    pub calling: Notify,
}

/// What a kill is aimed at.
#[derive(Clone, Copy, Debug)]
pub enum Aim {
    /// A server that has just begun to work.
    Early,
    Anytime,
    Sending,
    Answered,
    Streaming,
    Calling,
}

/// Aims wait for something to happen, but not forever.
const SIGNAL_WITHIN: Duration = Duration::from_secs(2);

impl Aim {
    pub fn any(rng: &mut Rng) -> Self {
        *rng.pick(&[Self::Early, Self::Anytime, Self::Sending, Self::Answered, Self::Streaming, Self::Calling])
    }

    /// Returns when it is time to kill.
    pub async fn wait(self, moments: &Moments, rng: &mut Rng) {
        let (before, signal, after) = match self {
            Self::Early => (20..150, None, 0..1),
            Self::Anytime => (150..2_500, None, 0..1),
            Self::Sending => (200..1_300, Some(&moments.sending), 0..4),
            Self::Answered => (200..1_300, Some(&moments.answered), 0..25),
            Self::Streaming => (200..1_300, Some(&moments.streaming), 0..60),
            Self::Calling => (200..1_300, Some(&moments.calling), 0..120),
        };
        sleep(rng.millis(before)).await;
        if let Some(signal) = signal {
            // Without it the kill is one at any time.
            let _ = timeout(SIGNAL_WITHIN, signal.notified()).await;
        }
        sleep(rng.millis(after)).await;
    }
}

/// How many kills fell on work, as far as clients could see.
#[derive(Debug, Default)]
pub struct Hits {
    pub posts: usize,
    pub streaming: usize,
    pub calling: usize,
}

impl Hits {
    /// Looks at what goes on just before a kill.
    pub fn count(&mut self, world: &World) {
        let any = |is: fn(&super::view::View) -> bool| world.threads.iter().any(|thread| is(&world.view(*thread)));
        self.streaming += usize::from(any(|view| view.streaming));
        self.calling += usize::from(any(|view| !view.calls.is_empty()));
    }

    /// A kill of an idle server proves nothing: at least one kill in ten fell on each kind of work.
    ///
    /// # Panics
    /// When too few did.
    pub fn require(&self, kills: u32) {
        let least = (kills as usize / 10).max(1);
        for (count, what) in [
            (self.posts, "an unanswered POST"),
            (self.streaming, "a streaming turn"),
            (self.calling, "an open tool call"),
        ] {
            assert!(count >= least, "{count} of {kills} kills fell on {what}, {least} must: {self}");
        }
    }
}

impl fmt::Display for Hits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { posts, streaming, calling } = self;
        write!(f, "{posts} on an unanswered POST, {streaming} on a streaming turn, {calling} on an open tool call")
    }
}
