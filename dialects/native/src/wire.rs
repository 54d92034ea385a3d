//! The shapes of the native API: what is read from requests and written into answers, and their schemas.
//!
//! Times are RFC 3339 in UTC with six fraction digits, ids are hyphenated UUIDs. What has no value is left out of an
//! answer; only `next` of a list and `turn` of a send stand there as null. Unknown fields of a request are refused.

mod agent;
mod attachment;
pub mod budget;
mod controls;
mod customer;
mod delivery;
mod envelope;
mod event;
mod external;
mod guests;
pub mod handling;
mod installation;
mod message;
mod model;
mod overrides;
mod part;
mod people;
mod problem;
mod provider;
mod saved_reply;
pub mod schema;
mod script;
mod search_index;
mod send;
mod snapshot;
mod tag;
mod thread;
mod ticket;
mod token;
mod turn;
mod usage;
mod webhook;

pub use agent::{Agent, AgentPatch, NewAgent, Push, PushSecret};
pub use attachment::{Attachment, FileForm};
pub use budget::{Budget, Dollars};
pub use controls::Controls;
pub use customer::{Customer, CustomerPatch, NewCustomer, Writes};
pub use delivery::{Delivery, Receipt, Reminder};
pub use envelope::Envelope;
pub use event::{
    BudgetAlert, Data, Delta, Event, MessageCompleted, MessageSaid, MessageUpdated, ModelMissing, NoData, Reminded,
    StepStarted, ToolCalled, ToolCompleted, TurnAttempt, TurnEnded, TurnRetried, TurnStarted, Updated,
};
pub use external::{
    BudgetLeft, Claim, Claimed, ClaimedSnapshot, Claims, Completion, Deltas, Failed, Format, Heartbeat, Held,
    OwnResults, Piece, Pushed, Release, ReportedFields, ReportedKind, ReportedMessage, ReportedPart, ReportedTokens,
    Reports, Signal,
};
pub use guests::{GuestAsking, GuestContact, GuestFiles, Guests, Hours, Span};
pub use handling::{
    Asked, Assigned, Assignment, HandBack, HandedBack, NewAsk, NewHandBack, NewNote, NewPresence, NewReply, NewSeen,
    NewTake, NoteMade, NoteWritten, Person, Presence, PresentMember, Seen, Taken, Wanted, Withdrawn,
};
pub use installation::{AuditRecord, Limit, NewProject, Origins, Project, ProjectPatch};
pub use message::{Author, ExternalActor, Message, MessageHit, Place, Thinking};
pub use model::{Model, ModelPlace, ModelPrice, ModelRoute};
pub use overrides::{Extras, Fork, Overrides};
pub use part::{ImageType, NewPart, Part, PartFields, PartKind, ToolCall, ToolResult};
pub use people::{Key, KeyMade, KeyPatch, Member, MemberPatch, NewKey, NewMember, SignInLink};
pub use problem::{Problem, ProblemField};
pub use provider::{
    Checked, ConfiguredRoute, Price, PriceFields, Provider, ProviderFields, Route, RouteFields, RouteSwitch,
};
pub use saved_reply::{NewSavedReply, SavedReply, SavedReplyPatch};
pub use schema::{Bytes, Id};
pub use script::{Reply, ScriptedCall, Tool};
pub use search_index::SearchIndex;
pub use send::{MessagePatch, NewMessage, Sent, Speaker, TurnOutcome};
pub use snapshot::{NewSnapshot, Snapshot, SnapshotPatch};
pub use tag::{Tag, TagStyle};
pub use thread::{
    Changes, Close, Closed, HeadMoved, LastWords, NewFork, NewThread, Participant, Run, Thread, ThreadMade,
    ThreadPatch, ThreadSort, ThreadState, Window,
};
pub use ticket::{NewReminder, TicketPatch};
pub use token::{EndUserToken, Guest, GuestSecret, GuestTokensRevoked, LeftContact, NewRead, StreamTicket, Token};
pub use turn::{Accepted, NewResults, Turn, TurnRef};
pub use usage::{ScriptedTokens, StepRecord, Tokens, Usage, UsageGroup, UsagePage};
pub use webhook::{DeliveryAttempt, NewReplay, NewWebhook, Replayed, Rotate, Told, Webhook, WebhookMade, WebhookPatch};
