//! Events for callback URLs: `thread_updated` and `thread_message_updated` (docs.algoreg.com, API reference, webhooks).

use domain::{
    Result, ThreadId,
    author::Author,
    event::{Entry, Event},
    message::Message,
    thread::ClosedBy,
    webhook::DeliveryAttempt,
};
use engine::{App, Payload, PendingEntry, Wording};
use futures_util::future::BoxFuture;

use crate::{convert, wire};

pub struct Words;

impl Wording for Words {
    fn word<'a>(&'a self, app: &'a App, pending: &'a PendingEntry) -> BoxFuture<'a, Result<Option<Payload>>> {
        Box::pin(async move {
            let (thread, entry) = (pending.thread.id, &pending.entry);
            let data = match told(entry) {
                None => return Ok(None),
                Some(Told::Thread) => {
                    let overview = app.overview(&pending.caller, thread).await?;
                    wire::Data::Thread(Box::new(convert::thread::thread(&overview)))
                }
                Some(Told::Message(id)) => {
                    let page = app.email(&pending.caller, thread, id).await?;
                    // Tool calls and results are not messages here.
                    let Some(message) = convert::message::messages(&page).messages.pop() else { return Ok(None) };
                    wire::Data::Message(Box::new(wire::ThreadMessage { message, thread_id: thread.to_string() }))
                }
            };
            let body = serde_json::to_vec(&callback(thread, entry, data)).map_err(domain::Error::internal)?;
            Ok(Some(Payload { content_type: "application/json", body }))
        })
    }
}

/// The part of a thread that an entry has changed.
enum Told {
    Thread,
    Message(domain::MessageId),
}

fn told(entry: &Entry) -> Option<Told> {
    match (&entry.event, &entry.message) {
        (Event::MessageUpdated { message, .. }, _) => Some(Told::Message(*message)),
        (Event::MessageCreated {} | Event::MessageCompleted { .. }, Some(message)) => Some(Told::Message(message.id)),
        (
            Event::ThreadCreated {}
            | Event::ThreadUpdated { .. }
            | Event::ThreadClosed { .. }
            | Event::ThreadReopened {}
            | Event::ThreadReminder { .. }
            | Event::BudgetAlert { .. }
            // The ticket may have changed.
            | Event::ThreadTaken { .. }
            | Event::ThreadHandedBack { .. }
            | Event::ThreadInternal {}
            // The ticket is open again, and no message tells so.
            | Event::TurnRetried { .. },
            _,
        ) => Some(Told::Thread),
        // The ticket then waits for the customer.
        (event, _) if event.ended().is_some_and(|ended| ended.idle) => Some(Told::Thread),
        _ => None,
    }
}

fn callback(thread: ThreadId, entry: &Entry, data: wire::Data) -> wire::Callback {
    wire::Callback {
        event_id: DeliveryAttempt::name(thread, entry.seq),
        event_code: match data {
            wire::Data::Thread(_) => "thread_updated",
            wire::Data::Message(_) => "thread_message_updated",
        },
        event_date: entry.at,
        event_source: source(entry),
        data,
    }
}

/// The originator of the entry.
fn source(entry: &Entry) -> &'static str {
    let by_itself = match &entry.event {
        Event::ThreadReminder { .. } => true,
        Event::ThreadClosed { closed } => closed.by == ClosedBy::Expired,
        event => event.ended().is_some(),
    };
    match &entry.message {
        _ if by_itself => "system",
        Some(Message { author: Author::Agent { .. }, .. }) => "system",
        Some(Message { author: Author::Guest {}, .. }) => "web",
        _ => "api",
    }
}
