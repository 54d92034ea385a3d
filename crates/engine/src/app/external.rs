//! The calls of programs that are agents: claims of turns, and reports about claimed ones. [`crate::turns::external`]
//! has the transactions.

mod check;
mod claim;
mod control;
mod push;
mod report;
mod secret;
mod unread;

pub(crate) use self::push::Push;
pub(super) use self::secret::{check, kept};
pub use self::{
    claim::{Claimed, Wanted},
    control::{Control, Signal},
    report::Report,
};
pub use crate::turns::external::{Act, Piece, Replied, Reported, Tokens};
