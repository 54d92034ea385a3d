//! The handlers: decode, convert, call, encode.

pub mod agents;
pub mod catalogue;
pub mod channels;
pub mod events;
pub mod exports;
pub mod images;
pub mod messages;
mod page;
pub mod sessions;
pub mod sse;

use dialect_kit::Params;
use domain::{Result, ThreadId};

use crate::{error, ids};

/// The session of the path.
fn session_of(params: &Params) -> Result<ThreadId> {
    params.parse("session_id", ids::parse_session, || error::invalid_id("session_"))
}
