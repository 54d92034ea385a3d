//! Turns of external agents: offered to the user's program, held by its claim, and moved on by its calls.
//!
//! Such a turn takes no worker's place and has no due time among the workers' turns. Its row in `external_turns` says
//! when a program may claim it and when the server acts by itself. The attempt fences the program as it fences a
//! worker, and the number of each call makes a repeated call the same call.

mod alarm;
mod budget;
mod call;
mod deltas;
mod finish;
mod offer;
mod results;
mod say;
mod step;
mod take;
mod transcript;
mod undelivered;

pub(crate) use self::{
    alarm::Alarm,
    call::{Call, Outcome, is_for},
    offer::{LONGEST_PAUSE_MS, for_turn, offer},
    take::{By, Take, Taken},
    transcript::transcript,
    undelivered::Undelivered,
};

pub use self::call::Replied;

pub use domain::external::{Act, Piece, Reported, Tokens};
