//! Time and randomness: the only place where they enter the engine.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Instant,
};

use domain::Timestamp;
use uuid::Uuid;

/// The system's clock, or one that a test controls.
///
/// It tells the time of day, which may be set, and the elapsed time, which cannot.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    #[default]
    System,
    /// Microseconds since 1970, moved by the test.
    Manual(Arc<AtomicI64>),
    /// Microseconds since 1970, and elapsed microseconds. A test that changes only the first sets the clock.
    Set { time: Arc<AtomicI64>, passed: Arc<AtomicI64> },
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for the time")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => {
                let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
            }
            Self::Manual(us) | Self::Set { time: us, .. } => Timestamp(us.load(Ordering::SeqCst)),
        }
    }

    /// Elapsed microseconds since some instant of this process. They may exclude the time in which the machine slept.
    pub fn passed_us(&self) -> i64 {
        static BEGUN: OnceLock<Instant> = OnceLock::new();
        match self {
            Self::System => {
                let since = BEGUN.get_or_init(Instant::now).elapsed();
                i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
            }
            Self::Manual(us) | Self::Set { passed: us, .. } => us.load(Ordering::SeqCst),
        }
    }

    /// A new id: a UUIDv7.
    #[expect(clippy::disallowed_methods, reason = "the one place that makes ids")]
    pub fn id(&self) -> Uuid {
        Uuid::now_v7()
    }

    /// Random bytes for secrets.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).expect("the system has no source of randomness, nothing secret can be made");
        bytes
    }
}
