//! Threads.

use domain::{Error, reminder::Reminder};
use engine::{
    Origin,
    app::{
        people::customers::CustomerRef,
        threads::NewThread,
        tickets::{
            TicketPatch,
            overview::{Found, Overview, Search},
        },
    },
};

use super::{customer, email, message};
use crate::wire;

/// A new thread, without the fields of its ticket.
pub fn new(input: &wire::ThreadInput, origin: Option<Origin>) -> NewThread {
    NewThread { title: input.subject.clone(), origin, ..NewThread::default() }
}

pub fn patch(input: wire::ThreadInput) -> TicketPatch {
    let customers = match (input.customer_ids, input.customer_external_ids) {
        (None, None) => None,
        (ids, externals) => {
            let ids = ids.unwrap_or_default();
            let ids = ids.iter().map(|id| CustomerRef::by_id(id));
            Some(ids.chain(externals.unwrap_or_default().into_iter().map(CustomerRef::External)).collect())
        }
    };
    TicketPatch {
        title: input.subject,
        ticket: input.status.map(|status| status.0),
        customers,
        tags: input.tag_codes,
        reminder: email::reminder(input.reminder),
        comment: input.comment,
    }
}

/// Renames the fields of an error about a ticket. The first `by_id` customers were given by id.
pub fn refusal(error: Error, by_id: usize) -> Error {
    let at = error.fields.first().and_then(|field| field.path.strip_prefix("customers.")?.parse::<usize>().ok());
    match at {
        Some(at) if at < by_id => error.renamed(&[("customers", "customer_ids")]),
        Some(at) => {
            let (engine, ours) = (format!("customers.{at}"), format!("customer_external_ids.{}", at - by_id));
            error.renamed(&[(&engine, &ours)])
        }
        None => error.renamed(&[
            ("customers", "customer_ids"),
            ("title", "subject"),
            ("tags", "tag_codes"),
            ("reminder.delay_s", "reminder.delay"),
        ]),
    }
}

pub fn search(asked: &wire::ThreadSearch) -> Search {
    let by_id = asked.customer_id.as_deref().map(CustomerRef::by_id);
    let by_name = asked.customer_external_id.clone().map(CustomerRef::External);
    Search {
        ticket: asked.status.map(|status| status.0),
        customers: by_id.into_iter().chain(by_name).collect(),
        address: asked.email.clone(),
        external_id: asked.external_message_id.clone(),
        tag: asked.tag_code.clone(),
        title: asked.subject.clone(),
    }
}

pub fn threads(found: &Found) -> wire::Threads {
    wire::Threads { threads: found.threads.iter().map(thread).collect(), total: found.total }
}

pub fn thread(overview: &Overview) -> wire::Thread {
    let Overview { last, customers, external_ids, reminder: timer, files, .. } = overview;
    let thread = &last.thread;
    wire::Thread {
        agent_id: last.agent_numbers.get(&thread.agent).copied(),
        attachments: files.iter().map(message::file).collect(),
        client_id: thread.project.to_string(),
        contacts: customers.iter().flat_map(|one| &one.contacts).map(customer::contact).collect(),
        created_at: thread.created_at,
        customers: customers.iter().map(customer::customer).collect(),
        external_message_ids: external_ids.clone(),
        id: thread.id.to_string(),
        last_message: last.messages.last().map(|said| message::message(last, said)),
        message_count: last.total,
        reminder: timer.as_ref().map(reminder),
        status: wire::Status(thread.ticket),
        subject: thread.title.clone(),
        tag_codes: thread.tags.iter().map(|tag| tag.name.clone()).collect(),
        updated_at: thread.last_at,
    }
}

fn reminder(timer: &Reminder) -> wire::ThreadReminder {
    wire::ThreadReminder { delay: timer.delay_s, due_at: timer.due_at, number_left: timer.number_left }
}
