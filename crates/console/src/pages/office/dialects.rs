//! Dialects: where each is, how to begin, and the requests that arrive.

use askama::Template;
use axum::extract::State;
use dialect_kit::{Answer, Authed, Begin, Guide, Guides, Query, Recent, Seen, Spellings};
use domain::{
    Caller, Error, Result, ThreadId, Timestamp,
    caller::{Scope, Scopes},
};
use engine::{App, app::access::keys::NewKey};
use serde::Deserialize;

use super::{
    form::{Field, Form, Sent, is_shown},
    sheet::{Cell, Command, Facts, Filters, Heading, Secret, Sheet},
};
use crate::{
    answer,
    frame::{Frame, Place},
    own::Host,
    times::Time,
};

const LEAD: &str = "A dialect is an API that this server speaks. All dialects show the same threads, so a program can keep \
                    the client that it has.";
/// What stands for a thread until one is chosen.
const A_THREAD: &str = "THREAD";

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct DialectsQuery {
    /// The name of the dialect that is shown. Absent: the first.
    dialect: Option<String>,
    /// A thread in any dialect's form.
    thread: String,
}

#[derive(Default)]
struct Outcome {
    sent: Sent,
    refusal: Option<Error>,
    secret: Option<String>,
}

/// Links to the page of each dialect.
#[derive(Template)]
#[template(path = "parts/office/tabs.html")]
struct Tabs {
    label: &'static str,
    /// Each with its address, and whether it is this page.
    tabs: Vec<(String, String, bool)>,
}

/// The requests that arrived.
#[derive(Template)]
#[template(path = "parts/office/requests.html")]
struct Requests {
    rows: Vec<Request>,
}

struct Request {
    at: Time,
    dialect: &'static str,
    method: String,
    path: String,
    status: u16,
    class: &'static str,
    code: &'static str,
    ms: u64,
    id: String,
}

pub async fn show(
    State(app): State<App>,
    Authed(caller): Authed,
    host: Host,
    (guides, spellings, recent): (Guides, Spellings, Recent),
    Query(query): Query<DialectsQuery>,
) -> Answer {
    let page =
        Page { app: &app, caller: &caller, host: &host, guides: &guides, spellings: &spellings, recent: &recent };
    page.answer(&query, Outcome::default()).await
}

/// Makes a key for programs that use the dialect.
pub async fn make_key(
    State(app): State<App>,
    Authed(caller): Authed,
    host: Host,
    (guides, spellings, recent): (Guides, Spellings, Recent),
    Query(query): Query<DialectsQuery>,
    sent: Sent,
) -> Answer {
    let page =
        Page { app: &app, caller: &caller, host: &host, guides: &guides, spellings: &spellings, recent: &recent };
    let prefix = page.chosen(&query).and_then(|(_, guide)| guide.key_prefix).map(str::to_owned);
    let scopes = Scopes::of(&[Scope::Read, Scope::Write]);
    let name = sent.given("name").unwrap_or_default();
    let new = NewKey { name, scopes, prefix, ..NewKey::default() };
    let outcome = match app.create_key(&caller, new, sent.origin("console dialect keys")).await {
        Ok((_, secret)) => Outcome { secret: Some(secret), ..Outcome::default() },
        Err(error) if is_shown(&error) => Outcome { sent, refusal: Some(error), secret: None },
        Err(error) => return Err(error.into()),
    };
    page.answer(&query, outcome).await
}

/// The requests alone, which the page asks for again and again.
pub async fn requests(State(app): State<App>, Authed(caller): Authed, recent: Recent) -> Answer {
    answer::page(&arrived(&recent, &caller, app.clock().now()))
}

/// What every answer of this page needs.
struct Page<'a> {
    app: &'a App,
    caller: &'a Caller,
    host: &'a Host,
    guides: &'a Guides,
    spellings: &'a Spellings,
    recent: &'a Recent,
}

impl Page<'_> {
    fn base(&self) -> String {
        self.host.address(self.app)
    }

    /// The thread of the address, in its plain form.
    fn thread(&self, query: &DialectsQuery) -> Option<ThreadId> {
        self.spellings.parse(query.thread.trim())
    }

    /// The name and the guide of the dialect that is shown.
    fn chosen(&self, query: &DialectsQuery) -> Option<(&'static str, Guide)> {
        let wanted = query.dialect.as_deref();
        let found = self.guides.all().find(|dialect| wanted.is_none_or(|wanted| dialect.name() == wanted));
        let dialect = found.or_else(|| self.guides.all().next())?;
        let thread = self.thread(query).map_or_else(|| A_THREAD.to_owned(), |id| dialect.spell_thread(id));
        Some((dialect.name(), dialect.guide(&Begin { server: &self.base(), thread: &thread })))
    }

    async fn answer(&self, query: &DialectsQuery, outcome: Outcome) -> Answer {
        let (app, caller) = (self.app, self.caller);
        let mut sheet = Sheet::new(Frame::of(app, caller, Place::Dialects, "Dialects").await?, LEAD);
        let Some((name, guide)) = self.chosen(query) else { return sheet.answer(None) };
        let begin = Begin { server: "", thread: "" };
        let tab = |dialect: &dyn dialect_kit::Contract| {
            let href = format!("/console/dialects?dialect={}&thread={}", dialect.name(), self.thread_text(query));
            (href, dialect.guide(&begin).title, dialect.name() == name)
        };
        sheet.add(&Tabs { label: "Dialects", tabs: self.guides.all().map(tab).collect() })?;
        if let Some(secret) = outcome.secret {
            let about = "Copy the key now. It is stored as a hash, so nobody can show it again.".to_owned();
            sheet.add(&Secret { title: "The key is made".into(), about, secret })?;
        }
        let rows = vec![
            ("About".to_owned(), Cell::text(guide.about)),
            ("Base URL".into(), Cell::Code(guide.base_url.clone())),
            ("Document".into(), Cell::link(format!("/openapi/{name}.json"), format!("{name}.json, OpenAPI 3.1"))),
        ];
        sheet.add(&Facts { rows })?;
        if caller.scopes.has(Scope::Admin) {
            let action = format!("/console/dialects?dialect={name}&thread={}", self.thread_text(query));
            let field = Field::line("name", "Name", &outcome.sent).hint("The program that gets the key.");
            let form = Form::new(app, "key", action, "Make the key").folded("Make a key here").fields([field]);
            sheet.add(
                &form.note("With the scopes read and write, for the whole project.").refused(outcome.refusal.as_ref()),
            )?;
        }
        let about =
            "Paste these into a terminal, with the key in THREADLINE_KEY. Choose a thread to have its id in them.";
        sheet.add(&Heading { title: "Begin", about: about.into() })?;
        sheet.add(&Filters {
            action: "/console/dialects",
            choices: vec![super::sheet::Choices::required(
                "dialect",
                "Dialect",
                self.guides.all().map(|dialect| (dialect.name().to_owned(), dialect.guide(&begin).title)),
                name,
            )],
            field: ("thread", "Thread", query.thread.trim().to_owned()),
        })?;
        sheet.add(&Command { title: "The key".into(), text: "export THREADLINE_KEY='…'".into() })?;
        for (title, text) in guide.commands {
            sheet.add(&Command { title: title.into(), text })?;
        }
        self.add_requests(&mut sheet)?;
        sheet.answer(outcome.refusal.as_ref())
    }

    /// The thread for an address: only a known form, so that nothing else gets into a link.
    fn thread_text(&self, query: &DialectsQuery) -> String {
        self.thread(query).map(|id| id.to_string()).unwrap_or_default()
    }

    fn add_requests(&self, sheet: &mut Sheet) -> Result<()> {
        let about = format!(
            "The newest {} requests with a key of this project, on this node since its start. A request with an unknown key \
             belongs to no project, so it is in the server's log alone.",
            self.app.limits().recent_requests
        );
        sheet.add(&Heading { title: "Requests", about })?;
        sheet.add(&arrived(self.recent, self.caller, self.app.clock().now()))
    }
}

fn arrived(recent: &Recent, caller: &Caller, now: Timestamp) -> Requests {
    let shown = |seen: Seen| Request {
        at: Time::of(seen.at, now),
        dialect: seen.dialect,
        method: seen.method,
        path: seen.path,
        status: seen.status,
        class: if seen.status < 400 { "is-quiet" } else { "is-bad" },
        code: seen.code.unwrap_or_default(),
        ms: seen.ms,
        id: seen.request_id,
    };
    Requests { rows: recent.of(caller.project, 0).into_iter().map(shown).collect() }
}
