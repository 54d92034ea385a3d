//! Customers: people outside of the project, with their addresses and threads.

use axum::extract::State;
use dialect_kit::{Answer, Authed, Params, Query};
use domain::{Caller, CustomerId, Error, Result, caller::Scope, codes, customer::Customer};
use engine::{
    App,
    app::{
        people::customers::{CustomerPatch, Filter, NewCustomer},
        threads::Filter as ThreadFilter,
    },
};

use super::{
    Asked,
    form::{Field, Form, Sent, is_shown},
    sheet::{Cell, Empty, Facts, Heading, Search, Sheet, Table},
};
use crate::{
    answer,
    frame::{Frame, Place},
    pages::{ROWS, state},
    times::Time,
};

const LEAD: &str = "A customer is a person outside of the project, known by addresses or by the project's own id.";

#[derive(Default)]
struct Outcome {
    sent: Sent,
    refusal: Option<Error>,
}

pub async fn show(State(app): State<App>, Authed(caller): Authed, Query(asked): Query<Asked>) -> Answer {
    page(&app, &caller, &asked, Outcome::default()).await
}

pub async fn create(State(app): State<App>, Authed(caller): Authed, sent: Sent) -> Answer {
    let new = NewCustomer {
        external_id: sent.given("external_id"),
        name: sent.given("name"),
        contacts: sent.lines("contacts"),
        origin: sent.origin("console customers"),
    };
    match app.create_customer(&caller, new).await {
        Ok(customer) => answer::see_other(&format!("/console/customers/{}?done=made", customer.id)),
        Err(error) if is_shown(&error) => {
            page(&app, &caller, &Asked::default(), Outcome { sent, refusal: Some(error) }).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(app: &App, caller: &Caller, asked: &Asked, outcome: Outcome) -> Answer {
    let words = asked.words();
    // An address has an @. Everything else is looked for as the project's own id.
    let (contact, external_id) = match words {
        Some(words) if words.contains('@') => (Some(words.to_owned()), None),
        words => (None, words.map(str::to_owned)),
    };
    let filter = Filter { external_id, contact };
    let mut customers = app.list_customers(caller, filter, asked.after(CustomerId::parse), ROWS + 1).await?;
    let next = asked.next("/console/customers", &mut customers, |customer| customer.id.to_string());
    let now = app.clock().now();
    let mut sheet = Sheet::new(Frame::of(app, caller, Place::Customers, "Customers").await?, LEAD);
    sheet.done(asked.done())?;
    let label = "Whole address, or your own id of the customer".into();
    sheet.add(&Search { action: "/console/customers", label, words: words.unwrap_or_default().into() })?;
    let mut table = Table::new("Customers", &["Name", "Addresses", "Your id", "Since"]);
    table.rows = customers
        .iter()
        .map(|customer| {
            vec![
                Cell::link(format!("/console/customers/{}", customer.id), shown_name(customer)),
                Cell::text(addresses(customer).join(", ")),
                Cell::maybe(customer.external_id.clone()),
                Cell::Time(Time::of(customer.created_at, now)),
            ]
        })
        .collect();
    (table.first, table.next) = (asked.first("/console/customers"), next);
    match (customers.is_empty(), words) {
        (false, _) => sheet.add(&table)?,
        (true, Some(_)) => sheet.add(&Empty {
            title: "Nobody was found",
            hint: "Only a whole address or a whole id is found, not a part.",
            command: String::new(),
        })?,
        (true, None) => sheet.add(&Empty {
            title: "No customers yet",
            hint: "Customers appear here when they write by e-mail, or when the project makes them. This command makes one:",
            command: "curl -X POST $THREADLINE_URL/threadline/v1/customers \\\n  -H \"Authorization: Bearer $THREADLINE_KEY\" \\\n  \
                      --json '{\"name\": \"Jonas Weber\", \"contacts\": [\"jonas@example.com\"]}'"
                .into(),
        })?,
    }
    if caller.scopes.has(Scope::Write) {
        let form = Form::new(app, "new-customer", "/console/customers", "Make the customer").folded("Add a customer");
        sheet.add(&form.fields(fields(&outcome.sent)).refused(outcome.refusal.as_ref()))?;
    }
    sheet.answer(outcome.refusal.as_ref())
}

fn fields(sent: &Sent) -> [Field; 3] {
    [
        Field::line("name", "Name", sent).narrow(),
        Field::line("external_id", "Your id", sent).hint("The id of this person in your own system.").narrow(),
        Field::text("contacts", "E-mail addresses", 3, sent).hint("One a line. Each belongs to one customer."),
    ]
}

pub fn shown_name(customer: &Customer) -> String {
    let other = || addresses(customer).into_iter().next().or_else(|| customer.external_id.clone());
    customer.name.clone().or_else(other).unwrap_or_else(|| format!("Customer {}", &customer.id.to_string()[28..]))
}

fn addresses(customer: &Customer) -> Vec<String> {
    customer.contacts.iter().map(|contact| contact.address.clone()).collect()
}

pub async fn one(State(app): State<App>, Authed(caller): Authed, params: Params, Query(asked): Query<Asked>) -> Answer {
    let customer = app.customer(&caller, customer_id(&params)?).await?;
    one_page(&app, &caller, &customer, asked.done(), Outcome { sent: values(&customer), refusal: None }).await
}

fn values(customer: &Customer) -> Sent {
    Sent::of([
        ("name", customer.name.clone().unwrap_or_default()),
        ("external_id", customer.external_id.clone().unwrap_or_default()),
        ("contacts", addresses(customer).join("\n")),
    ])
}

async fn one_page(app: &App, caller: &Caller, customer: &Customer, done: Option<&str>, outcome: Outcome) -> Answer {
    let now = app.clock().now();
    let frame = Frame::of(app, caller, Place::Customers, shown_name(customer)).await?;
    let mut sheet = Sheet::new(frame, "").back("/console/customers", "Customers");
    sheet.done(done)?;
    let rows = vec![
        ("Addresses".into(), Cell::text(addresses(customer).join(", "))),
        ("Your id".into(), Cell::maybe(customer.external_id.clone())),
        ("Since".into(), Cell::text(Time::of(customer.created_at, now).full)),
        ("Id".into(), Cell::Code(customer.id.to_string())),
    ];
    sheet.add(&Facts { rows })?;
    let filter = ThreadFilter { customer: Some(customer.id), ..ThreadFilter::default() };
    let threads = app.list_threads(caller, filter, None, ROWS).await?;
    let about = match (threads.threads.len(), threads.next.is_some()) {
        (0, _) => "This customer takes part in no thread.".to_owned(),
        (_, true) => format!("The newest {ROWS}."),
        (_, false) => String::new(),
    };
    sheet.add(&Heading { title: "Threads", about })?;
    if !threads.threads.is_empty() {
        let mut table = Table::new("Threads of this customer", &["Title", "State", "Begun"]);
        let row = |thread: &domain::thread::Thread| {
            vec![
                Cell::link(format!("/console/threads/{}", thread.id), state::title(thread)),
                Cell::State(state::of_thread(thread, now)),
                Cell::Time(Time::of(thread.created_at, now)),
            ]
        };
        table.rows = threads.threads.iter().map(row).collect();
        sheet.add(&table)?;
    }
    if caller.scopes.has(Scope::Write) {
        let action = format!("/console/customers/{}", customer.id);
        let form = Form::new(app, "customer", action.clone(), "Save").folded("Change this customer");
        sheet.add(&form.fields(fields(&outcome.sent)).refused(outcome.refusal.as_ref()))?;
        let erase = Form::new(app, "erase", format!("{action}/erase"), "Erase the customer").danger();
        let about = "The customer and all addresses are removed, also from threads. Messages stay, with the address that \
                     wrote them; delete their threads to remove them. This cannot be undone.";
        sheet.add(&erase.folded("Erase this customer").note(about))?;
    }
    sheet.answer(outcome.refusal.as_ref())
}

pub async fn change(State(app): State<App>, Authed(caller): Authed, params: Params, sent: Sent) -> Answer {
    let id = customer_id(&params)?;
    let patch = CustomerPatch {
        external_id: Some(sent.given("external_id")),
        name: Some(sent.given("name")),
        contacts: Some(sent.lines("contacts")),
        budgets: None,
    };
    match app.update_customer(&caller, id, patch).await {
        Ok(_) => answer::see_other(&format!("/console/customers/{id}?done=saved")),
        Err(error) if is_shown(&error) => {
            let customer = app.customer(&caller, id).await?;
            one_page(&app, &caller, &customer, None, Outcome { sent, refusal: Some(error) }).await
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn erase(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer {
    app.delete_customer(&caller, customer_id(&params)?).await?;
    answer::see_other("/console/customers?done=erased")
}

fn customer_id(params: &Params) -> Result<CustomerId> {
    params.parse("customer", CustomerId::parse, || Error::not_found(codes::CUSTOMER_NOT_FOUND, "Customer"))
}
