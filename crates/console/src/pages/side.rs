//! What stands beside a conversation: the customer, tags, ticket, reminder and the thread's ids.

use askama::Template;
use dialect_kit::Spellings;
use domain::{
    Caller, MemberId, Result, Timestamp,
    customer::Customer,
    reminder::{Delivery, DeliveryState},
    thread::{Thread, Ticket},
};
use engine::{App, app::threads::Filter};

use super::{
    acting::{self, Acting, Choice},
    band, said,
    state::{self, Word},
    thread::Head,
};
use crate::{
    texts as t,
    times::{self, Time},
};

/// Threads of a customer that are shown.
const THREADS: i64 = 6;
/// Customers of a thread that are shown.
const CUSTOMERS: usize = 5;
/// The newest deliveries that are shown.
const DELIVERIES: usize = 10;

/// A customer who takes part.
struct Person {
    name: String,
    addresses: Vec<String>,
    external_id: Option<String>,
    /// The customer's other threads.
    threads: Vec<Other>,
}

struct Other {
    href: String,
    title: String,
    state: Word,
    at: Time,
}

#[derive(Template)]
#[template(path = "parts/side.html")]
pub struct Side<'h> {
    head: &'h Head,
    acting: &'h Acting,
    people: Vec<Person>,
    /// What a guest says about themselves.
    left: Vec<String>,
    tags: Vec<String>,
    ticket: &'static str,
    reminder: Option<(Time, String)>,
    /// The name and the id of each dialect.
    ids: Vec<(&'static str, String)>,
    assignee: Option<(MemberId, String)>,
    members: Vec<Choice>,
    deliveries: Vec<Sending>,
}

/// A message's way to the outside.
struct Sending {
    kind: &'static str,
    state: Word,
    at: Time,
    /// The message's element.
    href: String,
}

impl<'h> Side<'h> {
    pub async fn of(
        (app, caller): (&App, &Caller),
        spellings: &Spellings,
        thread: &Thread,
        head: &'h Head,
        acting: &'h Acting,
        deliveries: &[Delivery],
    ) -> Result<Self> {
        let now = app.clock().now();
        let mut people = Vec::new();
        for customer in app.thread_customers(caller, thread.id).await?.into_iter().take(CUSTOMERS) {
            people.push(Person::of((app, caller), customer, thread, now).await?);
        }
        let contact = app.contact(caller, thread.id).await?;
        let reminder = app.reminder(caller, thread.id).await?;
        let reminder = reminder.map(|one| (Time::of(one.due_at, now), times::length(one.delay_s * 1_000_000)));
        let assignee = match thread.people.assignee {
            Some(id) => Some((id, band::member(app, caller, id).await?)),
            None => None,
        };
        let members = match acting.may() {
            true if acting.choices.is_empty() => acting::members(app, caller).await?,
            _ => acting.choices.clone(),
        };
        Ok(Self {
            head,
            acting,
            people,
            left: contact.name.into_iter().chain(contact.email).collect(),
            tags: thread.tags.iter().map(|tag| tag.name.clone()).collect(),
            ticket: ticket(thread.ticket),
            reminder,
            ids: spellings.of(thread.id).into_iter().collect(),
            assignee,
            members,
            deliveries: deliveries.iter().rev().take(DELIVERIES).map(|one| Sending::of(one, now)).collect(),
        })
    }

    fn is_assignee(&self, choice: &Choice) -> bool {
        self.assignee.as_ref().is_some_and(|(id, _)| id.to_string() == choice.id)
    }
}

impl Sending {
    fn of(delivery: &Delivery, now: Timestamp) -> Self {
        let (text, class) = match delivery.state {
            DeliveryState::Pending => (t::DELIVERY_WAITS, "is-wait"),
            DeliveryState::Sent => (t::DELIVERED, "is-quiet"),
            DeliveryState::Failed => (t::FAILED, "is-bad"),
        };
        Self {
            kind: delivery.kind.as_str(),
            state: Word { text, class },
            at: Time::of(delivery.created_at, now),
            href: format!("#{}", said::element(delivery.message)),
        }
    }
}

impl Person {
    async fn of((app, caller): (&App, &Caller), customer: Customer, thread: &Thread, now: Timestamp) -> Result<Self> {
        let filter = Filter { customer: Some(customer.id), ..Filter::default() };
        let found = app.list_threads(caller, filter, None, THREADS).await?.threads;
        let others = found.iter().filter(|other| other.id != thread.id).map(|other| Other {
            href: format!("/console/threads/{}", other.id),
            title: state::title(other),
            state: state::of_thread(other, now),
            at: Time::of(other.last_at, now),
        });
        let addresses: Vec<String> = customer.contacts.into_iter().map(|contact| contact.address).collect();
        let name = customer.name.or_else(|| addresses.first().cloned());
        Ok(Self {
            name: name.unwrap_or_else(|| t::CUSTOMER.into()),
            addresses,
            external_id: customer.external_id,
            threads: others.collect(),
        })
    }
}

fn ticket(ticket: Ticket) -> &'static str {
    match ticket {
        Ticket::Open => t::OPEN,
        Ticket::Waiting => t::TICKET_WAITING,
        Ticket::Reminder => t::REMINDER,
        Ticket::Closed => t::CLOSED,
    }
}
