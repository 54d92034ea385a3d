//! The audit trail: who did what in whose name, and who read what is guarded.

use std::collections::BTreeMap;

use axum::extract::State;
use dialect_kit::{Answer, Authed, Query};
use domain::{KeyId, MemberId, ThreadId};
use engine::{
    App,
    app::access::audit::{Filter, Record},
};
use serde::Deserialize;
use url::form_urlencoded::Serializer;
use uuid::Uuid;

use super::sheet::{Cell, Choices, Empty, Filters, Sheet, Table};
use crate::{
    frame::{Frame, Place},
    pages::ROWS,
    times::Time,
};

const LEAD: &str = "Each act in a member's name, each sign-in link, each takeover and each change of a secret or a role leaves a line here. \
     Lines never change.";
/// Members and keys whose names are shown, and that the filter offers.
const NAMES_MAX: i64 = 500;
/// The acts, with their words.
const ACTS: [(&str, &str); 28] = [
    ("impersonate", "Wrote in a member's name"),
    ("sign_in_link", "Made a sign-in link"),
    ("sign_in", "Signed in by a link"),
    ("take", "Took a thread"),
    ("reply", "Replied"),
    ("note", "Wrote a note"),
    ("hand_back", "Handed back"),
    ("assign", "Assigned"),
    ("ask", "Asked for a person"),
    ("withdraw", "Withdrew the question for a person"),
    ("export", "Exported a thread"),
    ("create_key", "Made a key"),
    ("revoke_key", "Revoked a key"),
    ("create_webhook", "Made a webhook with its secret"),
    ("rotate_webhook_secret", "Gave a webhook a new secret"),
    ("set_webhook_authorization", "Set a webhook's Authorization"),
    ("remove_webhook_authorization", "Removed a webhook's Authorization"),
    ("delete_webhook", "Removed a webhook with its secret"),
    ("rotate_push_secret", "Gave an agent's endpoint a new secret"),
    ("set_provider_key", "Set a provider's key"),
    ("remove_provider_key", "Removed a provider's key"),
    ("delete_provider", "Removed a provider with its key"),
    ("make_admin", "Made a member an admin"),
    ("make_member", "Took the role of an admin from a member"),
    ("delete_member", "Removed a member"),
    ("create_saved_reply", "Wrote a saved reply"),
    ("change_saved_reply", "Changed a saved reply"),
    ("delete_saved_reply", "Removed a saved reply"),
];

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    action: String,
    member: String,
    key: String,
    thread: String,
    before: Option<String>,
}

pub async fn show(State(app): State<App>, Authed(caller): Authed, Query(query): Query<AuditQuery>) -> Answer {
    let filter = Filter {
        action: Some(query.action.trim().to_owned()).filter(|action| !action.is_empty()),
        key: KeyId::parse(&query.key),
        member: MemberId::parse(&query.member),
        thread: ThreadId::parse(query.thread.trim()),
    };
    let is_filtered = filter != Filter::default();
    let before = query.before.as_deref().and_then(|text| Uuid::try_parse(text).ok());
    let mut records = app.search_audit(&caller, filter, before, ROWS + 1).await?;
    let is_more = records.len() as i64 > ROWS;
    records.truncate(ROWS as usize);
    let members = app.list_members(&caller, None, NAMES_MAX).await?;
    let keys = app.list_keys(&caller, None, NAMES_MAX).await?;
    let members: BTreeMap<MemberId, String> =
        members.into_iter().map(|member| (member.id, member.name.unwrap_or(member.email))).collect();
    let keys: BTreeMap<KeyId, String> = keys.into_iter().map(|key| (key.id, key.name)).collect();
    let mut sheet = Sheet::new(Frame::of(&app, &caller, Place::Audit, "Audit").await?, LEAD);
    let actions = ACTS.map(|(word, text)| (word.to_owned(), text.to_owned()));
    sheet.add(&Filters {
        action: "/console/audit",
        choices: vec![
            Choices::of("action", "Act", actions, &query.action),
            Choices::of("member", "Member", members.iter().map(named), &query.member),
            Choices::of("key", "Key", keys.iter().map(named), &query.key),
        ],
        field: ("thread", "Thread", query.thread.clone()),
    })?;
    if records.is_empty() {
        let hint = match is_filtered {
            true => "No line matches. Choose fewer filters.",
            false => "A line appears when somebody acts in a member's name. This command makes one:",
        };
        let command = if is_filtered { "" } else { "threadline thread take THREAD --as ada@example.com" };
        let title = if is_filtered { "Nothing was found" } else { "Nothing happened yet" };
        sheet.add(&Empty { title, hint, command: command.into() })?;
        return sheet.answer(None);
    }
    let now = app.clock().now();
    let row = |record: &Record| {
        let key = record.key;
        let by = match keys.get(&key) {
            Some(name) => Cell::link(format!("/console/keys/{key}"), name.clone()),
            None if key.0.is_nil() => Cell::text("At the console"),
            None => Cell::Code(key.to_string()),
        };
        let member = record.member.map_or(Cell::Nothing, |id| match members.get(&id) {
            Some(name) => Cell::link(format!("/console/members/{id}"), name.clone()),
            None => Cell::Code(id.to_string()),
        });
        let on = thread_or_object(record, &members, &keys);
        vec![Cell::Time(Time::of(record.at, now)), act(&record.action), member, by, on]
    };
    let mut table = Table::new("Audit", &["When", "Act", "Member", "By", "On"]);
    table.rows = records.iter().map(row).collect();
    table.first = before.map(|_| query.address(None));
    table.next = records.last().filter(|_| is_more).map(|last| query.address(Some(last.id)));
    sheet.add(&table)?;
    sheet.answer(None)
}

/// The thread, or what else the act changed, with a link to its page.
fn thread_or_object(record: &Record, members: &BTreeMap<MemberId, String>, keys: &BTreeMap<KeyId, String>) -> Cell {
    if let Some(id) = record.thread {
        return Cell::link(format!("/console/threads/{id}"), id.to_string()[28..].to_owned());
    }
    let Some(object) = record.object.as_deref() else { return Cell::Nothing };
    let key = KeyId::parse(object).and_then(|id| Some(("keys", keys.get(&id)?)));
    let member = MemberId::parse(object).and_then(|id| Some(("members", members.get(&id)?)));
    match key.or(member) {
        Some((page, name)) => Cell::link(format!("/console/{page}/{object}"), name.clone()),
        None if record.action.contains("webhook") && record.action != "delete_webhook" => {
            Cell::link(format!("/console/webhooks/{object}"), "Webhook")
        }
        None if record.action == "rotate_push_secret" => Cell::link(format!("/console/agents/{object}"), "Agent"),
        None => Cell::Code(object.to_owned()),
    }
}

fn act(word: &str) -> Cell {
    match ACTS.iter().find(|(own, _)| *own == word) {
        Some((_, text)) => Cell::text(*text),
        None => Cell::Code(word.to_owned()),
    }
}

fn named<T: ToString>((id, name): (&T, &String)) -> (String, String) {
    (id.to_string(), name.clone())
}

impl AuditQuery {
    /// The address of a page with the same filters.
    fn address(&self, before: Option<Uuid>) -> String {
        let mut address = Serializer::new(String::from("/console/audit?"));
        for (name, value) in
            [("action", &self.action), ("member", &self.member), ("key", &self.key), ("thread", &self.thread)]
        {
            if !value.is_empty() {
                address.append_pair(name, value);
            }
        }
        address.extend_pairs(before.map(|before| ("before", before.to_string())));
        address.finish()
    }
}
