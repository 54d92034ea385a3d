//! An event of each type, for the documentation.

use domain::{
    AgentId, Kept, KeyId, Map, MemberId, MessageId, NoteId, ThreadId, Timestamp, TurnId,
    agent::ToolKind,
    author::Author,
    budget::{Owner, Per, Unit},
    controls::Reasoning,
    event::{Delta, DeltaKind, Ended, Entry, Event, Item},
    handling::{Note, Person},
    message::{Body, Message, Part, Role, ToolCall, ToolResult},
    spent::Spent,
    step::{Record, Stop},
    thread::{Closed, ClosedBy, Ticket},
    usage::{Usage, Usd},
};
use uuid::Uuid;

use crate::{convert, stream, wire};

/// A type of events.
pub struct Example {
    pub kind: &'static str,
    /// When there is one, and what it says.
    pub meaning: &'static str,
    pub event: wire::Event,
}

/// Every type that a reader can meet.
pub fn events() -> Vec<Example> {
    let items = entries().into_iter().zip(1..).map(|((event, message), seq)| Item::Entry(entry(seq, event, message)));
    let example = |item: Item| Example {
        kind: stream::name(&item),
        meaning: match &item {
            Item::Entry(entry) => meaning(&entry.event),
            Item::Delta(_) => DELTA,
        },
        event: convert::event::item(item),
    };
    items.chain([Item::Delta(delta())]).map(example).collect()
}

const DELTA: &str = "A piece of a message that the model is still saying. Streams alone have it, and it is in no list. `offset` says \
where the piece begins in the text, in Unicode scalar values. `kind` is `text` or `thinking`. `id:` of the stream is `seq.n`.";

fn meaning(event: &Event) -> &'static str {
    match event {
        Event::ThreadCreated {} => "The thread was made. It is the first entry of every log.",
        Event::ThreadUpdated { .. } => {
            "The thread was changed. `changed` has the new value of each field that changed: title, metadata, agent, ticket, tags, \
             customers, reminder, variables. A comment of the project stands here too, as `comment`."
        }
        Event::ThreadClosed { .. } => {
            "The thread takes no more messages. `by` is `person` when somebody closed it, and `lapsed` when nobody wrote for as long \
             as its window."
        }
        Event::ThreadReopened {} => "The thread takes messages again.",
        Event::ThreadReminder { .. } => {
            "The thread's reminder has fired. `number_left` says how often it fires again; `ticket` is the status that it set."
        }
        Event::BudgetAlert { .. } => {
            "Model calls have used 80 % of a budget. It is told once for each budget and period, in the thread whose call it was, to \
             keys of the project. `owner` and `owner_id` say whose budget it is; `most` and `used` are in `unit`."
        }
        Event::ThreadInternal {} => {
            "An entry that is the project's alone. Callers below the project see this in its place, with the same position. A key of \
             the project sees the entry itself."
        }
        Event::MessageCreated {} => {
            "Somebody said something: a program, a member, a customer, a guest. `turn` is the turn that answers; it is absent when \
             nobody will."
        }
        Event::MessageUpdated { .. } => {
            "A message was changed. `changed` has the new value of each field that changed: `text`, `subject`, \
             `delivery_requested`, `priority`, `read`."
        }
        Event::TurnRetried { .. } => {
            "A new turn was opened over the messages of one that failed or was cancelled. `retries` is the old turn."
        }
        Event::TurnStarted { .. } => "A worker has begun the turn. `input` is the message that the turn answers.",
        Event::StepStarted { .. } => {
            "The model is asked. It reads the log as far as `reads`; its answer will be the message `message`."
        }
        Event::MessageCompleted { .. } => {
            "The agent said something. It has the whole text, and replaces all deltas of this message. `interrupted` is true when \
             the turn ended first. `record` says what the model call was and cost; only keys of the project get it."
        }
        Event::ModelMissing { .. } => {
            "No model is connected, so `echo` has answered in the place of `model`. It stands beside the first answer of a thread. \
             Only keys of the project get it."
        }
        Event::ToolCalled { .. } => {
            "The agent asks for a tool. With the kind `client` the turn waits for `POST …/tool-results`."
        }
        Event::ToolCompleted { .. } => {
            "A tool has ended. `message` has its result; `last_open` says whether no other call of the step waits."
        }
        Event::TurnAttempt { .. } => {
            "Another worker goes on with the turn. Deltas of earlier attempts are void: `dropped_chars` characters were shown in vain."
        }
        Event::TurnCompleted(_) => {
            "The turn has ended well. `message` is the agent's last one; `idle` says whether no turn is open."
        }
        Event::TurnFailed(_) => "The turn has failed. `code` is stable, `reason` is for people.",
        Event::TurnCancelled(_) => "The turn was cancelled. `reason` says why.",
        about_people => meaning_for_people(about_people),
    }
}

fn meaning_for_people(event: &Event) -> &'static str {
    match event {
        Event::ThreadTaken { .. } => {
            "A member holds the thread now, and the agent is silent. `turns` are the open turns that ended by it; `from` is the member \
             who held the thread before."
        }
        Event::ThreadHandedBack { .. } => {
            "The agent speaks again. `turn` answers the messages that nobody has answered. `brief` has the member's words to the agent."
        }
        Event::ThreadWanted { .. } => {
            "Somebody asked for a person. With `silent`, the agent is silent until a person comes, or `until`."
        }
        Event::ThreadWantedExpired {} => {
            "Nobody came in time, and the agent speaks again. `turn` answers the messages that nobody has answered."
        }
        Event::ThreadWantedWithdrawn { .. } => {
            "The request for a person was withdrawn. `turn` answers the messages that nobody has answered."
        }
        Event::ThreadAssigned { .. } => "The thread was assigned to a member, or, without `member`, to nobody.",
        Event::ThreadNoted { .. } => {
            "The project noted something for itself. Only keys of the project see it, and webhooks that name this type."
        }
        other => unreachable!("{} has a meaning above", other.kind()),
    }
}

/// An id, always the same for the same number.
fn id(n: u128) -> Uuid {
    Uuid::from_u128(0x0193_3b5a_0000_7000_8000_0000_0000_0000 + n)
}

const THREAD: u128 = 1;
const TURN: u128 = 2;
const EARLIER_TURN: u128 = 3;
const QUESTION: u128 = 4;
const ANSWER: u128 = 5;
const RESULT: u128 = 6;
const AGENT: u128 = 7;
const KEY: u128 = 8;
const MEMBER: u128 = 9;
const NOTE: u128 = 10;
const CALL: &str = "call_1";
const AT: Timestamp = Timestamp(1_790_000_000_000_000);

/// An event, and the message that it is.
type Sample = (Event, Option<(u128, Role, Part)>);

fn entry(seq: i64, event: Event, said: Option<(u128, Role, Part)>) -> Entry {
    let is_of_a_turn = !event.kind().starts_with("thread.")
        && !matches!(event, Event::MessageUpdated { .. } | Event::BudgetAlert { .. });
    let turn = is_of_a_turn.then(|| TurnId(id(TURN)));
    let message = said.map(|(message, role, part)| {
        let author = match role {
            Role::User => Author::Key { key: KeyId(id(KEY)) },
            Role::Agent | Role::Tool => Author::Agent { agent: AgentId(id(AGENT)) },
        };
        let door = (role == Role::User).then(|| convert::send::DOOR.into());
        let model = (role == Role::Agent).then(|| "gpt-5.5".into());
        let body = Body { content: vec![part], door, model, ..Body::default() };
        Message { id: MessageId(id(message)), thread: ThreadId(id(THREAD)), seq, turn, role, author, at: AT, body }
    });
    Entry { thread: ThreadId(id(THREAD)), seq, at: AT, turn, event, message }
}

/// The entries, in the order of the documentation.
fn entries() -> Vec<Sample> {
    let text = |text: &str| Part::Text { text: text.into() };
    let bare = |event| (event, None);
    let mut all = vec![
        bare(Event::ThreadCreated {}),
        (Event::MessageCreated {}, Some((QUESTION, Role::User, text("Where is my order 4711?")))),
        bare(Event::TurnStarted { attempt: 1, input: Some(MessageId(id(QUESTION))) }),
        bare(Event::StepStarted {
            attempt: 1,
            step: 1,
            reads: 3,
            message: MessageId(id(ANSWER)),
            thinks: false,
            model: Some("gpt-5.5".into()),
        }),
        bare(Event::ToolCalled { call: call(), kind: ToolKind::Client }),
        (completed(), Some((RESULT, Role::Tool, result()))),
        (
            Event::MessageCompleted { record: Some(Box::new(record())) },
            Some((ANSWER, Role::Agent, text("It is on its way."))),
        ),
    ];
    all.push(bare(Event::ModelMissing { model: "gpt-5.5".into() }));
    all.extend(endings().map(bare));
    all.extend(changes().map(bare));
    all
}

fn endings() -> impl Iterator<Item = Event> {
    let ended = Ended { steps: 2, tool_calls: 1, duration_ms: 1_840, idle: true, ..Ended::default() };
    let failed = Ended {
        reason: Some("The model's provider refused the request".into()),
        code: Some("provider_refused".into()),
        ..ended.clone()
    };
    let cost = Usd(4_788_000_000);
    let spent = Spent { calls: 2, failed: 1, unpriced: 1, reported: 0, usage: record().usage, cost };
    let (first_text_ms, message) = (Some(310), Some(MessageId(id(ANSWER))));
    let well = Ended { first_text_ms, message, spent: Some(spent), ..ended.clone() };
    let cancelled = Ended { reason: Some("interrupted by a newer message".into()), ..ended };
    let (old, messages) = (TurnId(id(EARLIER_TURN)), vec![MessageId(id(QUESTION))]);
    [
        Event::TurnCompleted(well),
        Event::TurnFailed(failed),
        Event::TurnCancelled(cancelled),
        Event::TurnAttempt { attempt: 2, dropped_chars: 12, paused: false },
        Event::TurnRetried { retries: old, messages },
    ]
    .into_iter()
}

fn changes() -> impl Iterator<Item = Event> {
    let changed = |field: &str, value: &str| [(field.to_owned(), value.into())].into_iter().collect::<Map>();
    let closed = Closed { by: ClosedBy::Person, reason: Some("solved".into()), at: AT };
    [
        Event::MessageUpdated { message: MessageId(id(QUESTION)), changed: changed("text", "Where is my order 4712?") },
        Event::ThreadUpdated { changed: changed("title", "Order 4712") },
        Event::ThreadReminder { number_left: 1, ticket: Ticket::Reminder },
        Event::BudgetAlert {
            owner: Owner::Agent,
            owner_id: id(AGENT),
            per: Per::Day,
            unit: Unit::Usd,
            most: 5 * Usd::ONE.0,
            used: 4_200_000_000_000,
        },
        Event::ThreadClosed { closed },
        Event::ThreadReopened {},
        Event::ThreadTaken { member: ann(), from: None, turns: vec![TurnId(id(TURN))] },
        Event::ThreadHandedBack { member: Some(ann()), brief: Some("Offer a voucher.".into()) },
        wanted(),
        Event::ThreadWantedExpired {},
        Event::ThreadWantedWithdrawn { by: ann() },
        Event::ThreadAssigned { member: Some(ann()) },
        noted(),
        Event::ThreadInternal {},
    ]
    .into_iter()
}

fn ann() -> Person {
    Person { id: MemberId(id(MEMBER)), email: "ann@example.com".into(), name: Some("Ann".into()) }
}

fn wanted() -> Event {
    let by = Some(Author::Guest {});
    Event::ThreadWanted { by, reason: "a refund".into(), until: Some(AT.plus_s(900)), turns: Vec::new() }
}

fn noted() -> Event {
    let text = "The second parcel is on its way.".into();
    let note = Note {
        id: NoteId(id(NOTE)),
        author: ann(),
        text,
        mentions: Vec::new(),
        attachments: Vec::new(),
        for_agent: false,
    };
    Event::ThreadNoted { note: Box::new(note) }
}

fn call() -> ToolCall {
    let arguments = Kept::of(&[("order", 4711)].into_iter().collect::<std::collections::BTreeMap<_, _>>());
    ToolCall { id: CALL.into(), name: "find_order".into(), arguments: arguments.unwrap_or_default() }
}

fn result() -> Part {
    let found = Kept::of("shipped").unwrap_or_default();
    Part::ToolResult(ToolResult { tool_call_id: CALL.into(), result: Some(found), error: None })
}

fn record() -> Record {
    let usage = Usage { input: 420, cache_read: 1_536, output: 64, reasoning: 20, ..Usage::default() };
    Record {
        provider: Some("openai".into()),
        model: "gpt-5.5".into(),
        usage,
        stop: Stop::End,
        cost: Usd::parse("0.004788"),
        failed_tries: 0,
        reasoning: Some(Reasoning::Low),
        speed: None,
        request_id: Some("req_7f3a".into()),
        warnings: Vec::new(),
        reported: false,
    }
}

fn completed() -> Event {
    Event::ToolCompleted {
        tool_call_id: CALL.into(),
        name: "find_order".into(),
        success: true,
        duration_ms: Some(420),
        last_open: Some(true),
    }
}

fn delta() -> Delta {
    Delta {
        thread: ThreadId(id(THREAD)),
        seq: 6,
        n: 1,
        turn: TurnId(id(TURN)),
        attempt: 1,
        message: MessageId(id(ANSWER)),
        kind: DeltaKind::Text,
        offset: 0,
        text: "It is on".into(),
        at: AT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_one_example() {
        let mut told: Vec<&str> = events().iter().map(|example| example.kind).collect();
        told.sort_unstable();
        let mut all: Vec<&str> = Event::KINDS.iter().copied().chain([stream::DELTA, Event::INTERNAL]).collect();
        all.sort_unstable();
        assert_eq!(told, all);
    }
}
