//! Keys: a list, a new one with its secret, and one to revoke.

use axum::extract::State;
use dialect_kit::{Answer, Authed, Params, Query};
use domain::{
    AgentId, Caller, Error, KeyId, Result, Timestamp,
    caller::{Key, Scope, Scopes},
    codes,
};
use engine::{App, app::access::keys::NewKey};

use super::{
    Asked, agent_name, day_end,
    form::{Field, Form, Sent, is_shown},
    sheet::{Cell, Empty, Facts, Secret, Sheet, Table},
};
use crate::{
    answer,
    frame::{Frame, Place},
    pages::{ROWS, names::agent_choices, state::Word},
    times::Time,
};

const LEAD: &str =
    "A key lets a program use the project through any API. Its secret is shown once, when the key is made.";

/// What a form on the page of all keys has done.
#[derive(Default)]
struct Outcome {
    sent: Sent,
    refusal: Option<Error>,
    made: Option<(String, String)>,
}

pub async fn show(State(app): State<App>, Authed(caller): Authed, Query(asked): Query<Asked>) -> Answer {
    page(&app, &caller, &asked, Outcome::default()).await
}

pub async fn create(State(app): State<App>, Authed(caller): Authed, sent: Sent) -> Answer {
    let outcome = match make(&app, &caller, &sent).await {
        Ok((key, secret)) => Outcome { made: Some((key.name, secret)), ..Outcome::default() },
        Err(error) if is_shown(&error) => Outcome { sent, refusal: Some(error), made: None },
        Err(error) => return Err(error.into()),
    };
    page(&app, &caller, &Asked::default(), outcome).await
}

async fn make(app: &App, caller: &Caller, sent: &Sent) -> Result<(Key, String)> {
    let mut scopes = Vec::new();
    for word in sent.all("scopes") {
        scopes.push(Scope::parse(word).ok_or_else(|| Error::field("scopes", "must be of the choices"))?);
    }
    let scopes = Scopes::of(&scopes);
    let agent = sent.word("agent", AgentId::parse)?;
    let is_program = scopes.has(Scope::Agent);
    let new = NewKey {
        name: sent.given("name").unwrap_or_default(),
        scopes,
        prefix: sent.given("prefix"),
        expires_at: day_end(sent, "expires_at")?,
        agent: agent.filter(|_| !is_program),
        agents: agent.filter(|_| is_program).into_iter().collect(),
        ..NewKey::default()
    };
    let origin = sent.origin("console keys");
    app.create_key(caller, new, origin).await.map_err(|error| error.renamed(&[("agents", "agent")]))
}

async fn page(app: &App, caller: &Caller, asked: &Asked, outcome: Outcome) -> Answer {
    let mut keys = app.list_keys(caller, asked.after(KeyId::parse), ROWS + 1).await?;
    let next = asked.next("/console/keys", &mut keys, |key| key.id.to_string());
    let agents = agent_choices(app, caller).await?;
    let now = app.clock().now();
    let mut sheet = Sheet::new(Frame::of(app, caller, Place::Keys, "Keys").await?, LEAD);
    sheet.done(asked.done())?;
    if let Some((name, secret)) = outcome.made {
        let about = "Copy the secret now. It is stored as a hash, so nobody can show it again.".into();
        sheet.add(&Secret { title: format!("The key {name} is made"), about, secret })?;
    }
    let mut table = Table::new("Keys", &["Name", "Scopes", "For", "State", "Made"]);
    table.rows = keys.iter().map(|key| row(key, &agents, now)).collect();
    (table.first, table.next) = (asked.first("/console/keys"), next);
    match keys.is_empty() {
        true => sheet.add(&none())?,
        false => sheet.add(&table)?,
    }
    sheet.add(&new_form(app, caller, agents, &outcome.sent).refused(outcome.refusal.as_ref()))?;
    sheet.answer(outcome.refusal.as_ref())
}

fn none() -> Empty {
    Empty {
        title: "No keys yet",
        hint: "Programs that use the project appear here. Make a key below, or with this command:",
        command: "threadline key create --name app --scopes read,write".into(),
    }
}

fn row(key: &Key, agents: &[(String, String)], now: Timestamp) -> Vec<Cell> {
    vec![
        Cell::Link { href: format!("/console/keys/{}", key.id), text: key.name.clone(), about: String::new() },
        Cell::Tags(key.scopes.iter().map(|scope| scope.as_str().to_owned()).collect()),
        Cell::text(holder(key, agents)),
        Cell::State(state(key, now)),
        Cell::Time(Time::of(key.created_at, now)),
    ]
}

/// The agents for which the key is valid, or the whole project.
fn holder(key: &Key, agents: &[(String, String)]) -> String {
    let names: Vec<String> = key.agent.iter().chain(&key.agents).map(|id| agent_name(agents, *id)).collect();
    if names.is_empty() { "The project".into() } else { names.join(", ") }
}

fn state(key: &Key, now: Timestamp) -> Word {
    let (text, class) = match () {
        () if key.revoked_at.is_some() => ("Revoked", "is-over"),
        () if key.expires_at.is_some_and(|at| at <= now) => ("Expired", "is-over"),
        () => ("Valid", "is-quiet"),
    };
    Word { text, class }
}

/// The form of a new key. Scopes that the caller lacks are no choice, because a key cannot grant them.
fn new_form(app: &App, caller: &Caller, agents: Vec<(String, String)>, sent: &Sent) -> Form {
    let scopes = Scope::ALL.iter().filter(|scope| caller.scopes.has(**scope) || **scope == Scope::Agent);
    let scopes = scopes.map(|scope| (scope.as_str().to_owned(), about(*scope).to_owned())).collect();
    let mut all = vec![(String::new(), "The whole project".to_owned())];
    all.extend(agents);
    Form::new(app, "new-key", "/console/keys", "Make the key").folded("Make a key").fields([
        Field::line("name", "Name", sent).hint("The program that gets the key."),
        Field::checks("scopes", "Scopes", scopes, sent)
            .hint("The scope agent stands alone and needs an external agent."),
        Field::choice("agent", "For", all, sent).hint("A key of one agent sees its own threads alone."),
        Field::line("expires_at", "Last day", sent).hint("As 2027-01-31, in UTC. Empty: it never expires.").narrow(),
        Field::line("prefix", "Prefix of the secret", sent).hint("For clients that check it. Empty: tl.").narrow(),
    ])
}

fn about(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "read: see threads, messages and agents",
        Scope::Write => "write: send, create and change",
        Scope::Admin => "admin: manage keys, members and agents",
        Scope::Impersonate => "impersonate: speak for members",
        Scope::Agent => "agent: be the program of an external agent",
    }
}

pub async fn one(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer {
    let key = app.key(&caller, key_id(&params)?).await?;
    let agents = agent_choices(&app, &caller).await?;
    let now = app.clock().now();
    let frame = Frame::of(&app, &caller, Place::Keys, key.name.clone()).await?;
    let mut sheet = Sheet::new(frame, "").back("/console/keys", "Keys").state(Some(state(&key, now)));
    let day = |at: Option<Timestamp>| at.map_or(Cell::Nothing, |at| Cell::text(Time::of(at, now).full));
    let rows = vec![
        ("Scopes".into(), Cell::Tags(key.scopes.iter().map(|scope| scope.as_str().to_owned()).collect())),
        ("For".into(), Cell::text(holder(&key, &agents))),
        ("Secret begins with".into(), Cell::Code(format!("{}_", key.prefix))),
        ("Made".into(), day(Some(key.created_at))),
        ("Expires".into(), day(key.expires_at)),
        ("Revoked".into(), day(key.revoked_at)),
        ("Id".into(), Cell::Code(key.id.to_string())),
    ];
    sheet.add(&Facts { rows })?;
    if key.revoked_at.is_none() {
        let action = format!("/console/keys/{}/revoke", key.id);
        let form = Form::new(&app, "revoke", action, "Revoke the key").danger().folded("Revoke this key");
        sheet.add(&form.note("Requests with it fail from now on, and its open streams end. This cannot be undone."))?;
    }
    sheet.answer(None)
}

pub async fn revoke(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer {
    app.revoke_key(&caller, key_id(&params)?).await?;
    answer::see_other("/console/keys?done=revoked")
}

fn key_id(params: &Params) -> Result<KeyId> {
    params.parse("key", KeyId::parse, || Error::not_found(codes::KEY_NOT_FOUND, "Key"))
}
