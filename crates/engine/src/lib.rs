//! The rules of Threadline, once for all dialects: operations on the store ([`App`]) and the services that run beside
//! them.
//!
//! The engine knows no wire format, no status code and no dialect.

mod ages;
pub mod app;
mod breakers;
mod budgets;
mod catalogues;
pub mod clock;
mod delivery;
mod extras;
mod feeds;
mod hub;
mod indexing;
mod inner;
mod journal;
mod known;
mod memory;
mod narrowing;
mod offers;
pub mod origin;
mod outbox;
mod persist;
mod pools;
mod presence;
pub mod quotas;
mod recent;
mod reported;
mod reschedule;
mod sealing;
pub mod secret;
pub mod services;
mod signing;
mod takeover;
mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
pub mod tool_secrets;
mod tries;
mod turns;
mod unknown;
mod validate;
pub mod watches;
mod workers;

/// Boxes the future of an async method. Otherwise each crate that awaits the method compiles its body, down to the
/// statements. Behind a box, it is compiled once, here. The attribute is named after another use of the same box.
pub(crate) use async_recursion::async_recursion as boxed;

pub use clock::Clock;
pub use domain::caller::Caller;
pub use inner::{App, Options, Payload, PendingEntry, PushWording, Wording, Wordings};
pub use memory::Memory;
pub use origin::{Fingerprint, Kind as OriginKind, Origin, Replayed};
pub use outward::Targets;
pub use presence::{Seen, Team, Typist};
pub use sealing::{Keys, Sealing};
pub use store::{
    Fitted, Scale, at_once_on_behalf_of, at_once_weighed_by, holder, keep_private, on_behalf_of, weighed_by,
};
pub use tries::Tries;
pub use validate::{breaks_line, parse_address};
