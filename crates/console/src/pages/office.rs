//! The administration: agents, dialects, webhooks, customers, members, saved replies, keys, usage, audit and system.
//!
//! - the parts that make up these pages: `sheet` (notices, tables, facts), `form` (fields, and what was sent)
//! - an agent's editor: `agent`, its `fields`, and the `trial` beside it
//! - a page for each noun. A form answers with the page on which it stood, or with a redirect to it.

mod agent;
mod agents;
mod audit;
mod changes;
mod customers;
mod dialects;
mod fields;
mod form;
mod keys;
mod members;
mod more;
mod saved_replies;
mod sheet;
mod system;
mod trial;
mod usage;
mod webhooks;
mod welcome;

use dialect_kit::{
    Routes,
    access::{ADMIN, READ, WRITE},
};
use domain::{AgentId, Error, Result, Timestamp, day::Day};
use serde::Deserialize;
use url::form_urlencoded::Serializer;
use utoipa::openapi::HttpMethod::{Get, Post};

use self::form::Sent;
use super::ROWS;

/// Adds the routes of these pages.
pub fn add(routes: Routes) -> Routes {
    routes
        .undocumented(Get, "/console/more", READ, more::show)
        .undocumented(Get, "/console/agents", READ, agents::show)
        .undocumented(Post, "/console/agents", ADMIN, agents::create)
        .undocumented(Get, "/console/agents/{agent}", READ, agent::show)
        .undocumented(Post, "/console/agents/{agent}", ADMIN, agent::change)
        .undocumented(Get, "/console/agents/{agent}/changes", ADMIN, changes::show)
        .undocumented(Post, "/console/agents/{agent}/archive", ADMIN, agent::archive)
        .undocumented(Post, "/console/agents/{agent}/restore", ADMIN, agent::restore)
        .undocumented(Post, "/console/agents/{agent}/try", WRITE, trial::say)
        .undocumented(Post, "/console/agents/{agent}/try/discard", WRITE, trial::discard)
        .undocumented(Get, "/console/dialects", READ, dialects::show)
        .undocumented(Post, "/console/dialects", ADMIN, dialects::make_key)
        .undocumented(Get, "/console/dialects/requests", READ, dialects::requests)
        .undocumented(Get, "/console/webhooks", ADMIN, webhooks::show)
        .undocumented(Post, "/console/webhooks", ADMIN, webhooks::create)
        .undocumented(Get, "/console/webhooks/{webhook}", ADMIN, webhooks::one)
        .undocumented(Post, "/console/webhooks/{webhook}", ADMIN, webhooks::change)
        .undocumented(Post, "/console/webhooks/{webhook}/secret", ADMIN, webhooks::renew)
        .undocumented(Post, "/console/webhooks/{webhook}/rewind", ADMIN, webhooks::rewind)
        .undocumented(Post, "/console/webhooks/{webhook}/remove", ADMIN, webhooks::remove)
        .undocumented(Post, "/console/webhooks/{webhook}/postings/{attempt}", ADMIN, webhooks::replay)
        .undocumented(Get, "/console/customers", READ, customers::show)
        .undocumented(Post, "/console/customers", WRITE, customers::create)
        .undocumented(Get, "/console/customers/{customer}", READ, customers::one)
        .undocumented(Post, "/console/customers/{customer}", WRITE, customers::change)
        .undocumented(Post, "/console/customers/{customer}/erase", WRITE, customers::erase)
        .undocumented(Get, "/console/members", READ, members::show)
        .undocumented(Post, "/console/members", ADMIN, members::invite)
        .undocumented(Get, "/console/members/{member}", READ, members::one)
        .undocumented(Post, "/console/members/{member}", ADMIN, members::change)
        .undocumented(Post, "/console/members/{member}/link", ADMIN, members::link)
        .undocumented(Post, "/console/members/{member}/remove", ADMIN, members::remove)
        .undocumented(Get, "/console/saved-replies", READ, saved_replies::show)
        .undocumented(Post, "/console/saved-replies", WRITE, saved_replies::create)
        .undocumented(Get, "/console/saved-replies/{reply}", READ, saved_replies::one)
        .undocumented(Post, "/console/saved-replies/{reply}", WRITE, saved_replies::change)
        .undocumented(Post, "/console/saved-replies/{reply}/remove", WRITE, saved_replies::remove)
        .undocumented(Get, "/console/keys", ADMIN, keys::show)
        .undocumented(Post, "/console/keys", ADMIN, keys::create)
        .undocumented(Get, "/console/keys/{key}", ADMIN, keys::one)
        .undocumented(Post, "/console/keys/{key}/revoke", ADMIN, keys::revoke)
        .undocumented(Get, "/console/usage", READ, usage::show)
        .undocumented(Get, "/console/audit", ADMIN, audit::show)
        .undocumented(Get, "/console/system", READ, system::show)
}

/// What the address of a list asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// The row after which the page begins.
    after: Option<String>,
    /// The words of a search.
    q: Option<String>,
    /// What a form has done.
    done: Option<String>,
}

impl Asked {
    fn after<T>(&self, parse: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        self.after.as_deref().and_then(parse)
    }

    fn words(&self) -> Option<&str> {
        self.q.as_deref().map(str::trim).filter(|words| !words.is_empty())
    }

    fn done(&self) -> Option<&str> {
        self.done.as_deref()
    }

    /// The address of the first page, unless this is it.
    fn first(&self, base: &str) -> Option<String> {
        self.after.as_ref().map(|_| self.address(base, None))
    }

    /// The address of the next page. Cuts the rows to those of this page.
    fn next<T>(&self, base: &str, rows: &mut Vec<T>, id: impl Fn(&T) -> String) -> Option<String> {
        let is_more = rows.len() as i64 > ROWS;
        rows.truncate(ROWS as usize);
        rows.last().filter(|_| is_more).map(|last| self.address(base, Some(&id(last))))
    }

    fn address(&self, base: &str, after: Option<&str>) -> String {
        let mut address = Serializer::new(format!("{base}?"));
        address.extend_pairs(self.words().map(|words| ("q", words)));
        address.extend_pairs(after.map(|after| ("after", after)));
        address.finish().trim_end_matches('?').to_owned()
    }
}

/// The name of an agent among the choices, or its id.
fn agent_name(choices: &[(String, String)], id: AgentId) -> String {
    let id = id.to_string();
    choices.iter().find(|(own, _)| *own == id).map_or(id.clone(), |(_, name)| name.clone())
}

/// The end of the day in a field.
///
/// # Errors
/// `invalid` for anything but a date.
fn day_end(sent: &Sent, name: &str) -> Result<Option<Timestamp>> {
    Ok(day(sent, name)?.map(|day| day.plus(1).begins_at()))
}

fn day(sent: &Sent, name: &str) -> Result<Option<Day>> {
    let Some(text) = sent.given(name) else { return Ok(None) };
    Day::parse(&text).map(Some).ok_or_else(|| Error::field(name, "must be a date such as 2027-01-31"))
}
