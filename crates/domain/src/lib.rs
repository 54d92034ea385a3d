//! The words of Threadline as types: threads, messages, turns, positions, errors, and the rule for a turn's next step.
//!
//! The crate reads no clock, no random number and no file, and waits for nothing: the same input gives the same output.
//!
//! # Glossary
//!
//! `docs/glossary.md` is the whole list. These words differ from the usual ones:
//!
//! | our word | usual word | type |
//! |---|---|---|
//! | thread | conversation, session, chat | [`thread::Thread`] |
//! | entry | log record, event | [`event::Entry`] |
//! | position | sequence number, offset; a cursor is an opaque text made of one | [`Position`] |
//! | turn | run, job: answers one or more messages | [`turn::Turn`] |
//! | step | model call, with the tool calls that follow from it | [`turn`] |
//! | attempt | fencing token: rises when a worker takes a turn | [`turn::Turn::attempt`] |
//! | origin key | idempotency key | |
//! | dialect | API, protocol adapter | |
//! | spelling | a dialect's format of an id | [`id`] |
//! | delivery | outbox row: pending, sent or failed | [`reminder::Delivery`] |
//! | mailbox | sender identity, inbox | [`envelope::Envelope`] |
//! | envelope | e-mail headers of a message | [`envelope::Envelope`] |
//! | project | tenant, organization | [`project`] |
//! | member | user, teammate | [`author`] |
//! | take, hand back | takeover, hand-off, escalation | [`handling`] |
//! | guest | anonymous visitor, bound to one thread | [`caller`] |
//! | window | inactivity time-out | [`thread`] |
//! | share, place | fair share of a bounded pool; one permit of it | [`shares`] |
//! | kept | JSON that is stored and returned verbatim | [`Kept`] |
//! | extras | settings that are stored, returned and not acted on | [`agent`] |
//! | receipt | delivery and read status of a message | [`receipt`] |

pub mod agent;
pub mod attachment;
pub mod author;
pub mod block;
pub mod budget;
pub mod built_in;
pub mod caller;
pub mod codes;
pub mod controls;
pub mod customer;
pub mod day;
pub mod envelope;
pub mod error;
pub mod event;
pub mod external;
pub mod fault;
pub mod fit;
pub mod fold;
pub mod guests;
pub mod handling;
pub mod id;
pub mod kept;
pub mod last_words;
pub mod limits;
pub mod message;
pub mod model;
pub mod overrides;
pub mod participant;
pub mod position;
pub mod project;
pub mod provider;
pub mod receipt;
pub mod reminder;
pub mod script;
pub mod shares;
pub mod sign_in;
pub mod snapshot;
pub mod spent;
pub mod step;
mod stored_secret;
pub mod tag;
pub mod thread;
pub mod ticket;
pub mod time;
pub mod tool;
pub mod trigrams;
pub mod turn;
pub mod usage;
pub mod variables;
pub mod webhook;

pub use caller::Caller;
pub use codes::Code;
pub use error::{Error, Kind, Result};
pub use id::*;
pub use kept::{Kept, Map};
pub use limits::Limits;
pub use position::Position;
pub use stored_secret::StoredSecret;
pub use time::Timestamp;
