//! The handlers: decode, convert, call, encode.

pub mod images;
pub mod messages;
pub mod sse;

use dialect_kit::Params;
use domain::{Result, ThreadId};

use crate::{error, ids};

/// The session of the path.
fn session_of(params: &Params) -> Result<ThreadId> {
    params.parse("session_id", ids::parse_session, || error::invalid_id("session_"))
}
