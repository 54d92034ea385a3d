//! Webhooks: endpoints that are told what happens, and their postings.

use axum::extract::State;
use dialect_kit::{Answer, Authed, Guides, Params, Query};
use domain::{
    Caller, DeliveryAttemptId, Error, Result, WebhookId, codes,
    event::Event,
    webhook::{Disabled, Outcome as Answered, Proof, Webhook},
};
use engine::{
    App,
    app::webhooks::{Draft, NewWebhook, delivery_attempts::Replay},
};
use serde::Deserialize;

use super::{
    Asked, day,
    form::{Field, Form, Sent, is_shown},
    sheet::{Cell, Empty, Facts, Heading, Secret, Sheet, Table},
};
use crate::{
    answer,
    frame::{Frame, Place},
    pages::{ROWS, state::Word},
    times::{self, Time},
};

const LEAD: &str =
    "A webhook is an address of yours that this server tells what happens in the project's threads, in order.";
const TOLD: &str = "With this secret your endpoint checks the signature of each request. It is shown only now.";
/// For how long the secret before a new one signs too.
const OVERLAP_S: i64 = 86_400;

#[derive(Default)]
struct Outcome {
    sent: Sent,
    refusal: Option<Error>,
    secret: Option<String>,
    /// What was sent to post entries again, and why it was refused.
    rewound: Option<(Sent, Error)>,
}

pub async fn show(
    State(app): State<App>,
    Authed(caller): Authed,
    guides: Guides,
    Query(asked): Query<Asked>,
) -> Answer {
    let sent = Sent::of([("enabled", "on".into())]);
    page(&app, &caller, &guides, &asked, Outcome { sent, ..Outcome::default() }).await
}

pub async fn create(State(app): State<App>, Authed(caller): Authed, guides: Guides, sent: Sent) -> Answer {
    let new = NewWebhook {
        url: sent.given("url").unwrap_or_default(),
        authorization: sent.given("authorization"),
        dialect: sent.given("dialect").unwrap_or_default(),
        events: events(&sent),
        description: sent.given("description"),
        enabled: sent.is_on("enabled"),
    };
    match app.create_webhook(&caller, new, sent.origin("console webhooks")).await {
        Ok((webhook, secret)) => {
            let outcome = Outcome { sent: values(&webhook), secret, ..Outcome::default() };
            one_page(&app, &caller, &webhook, 0, &Narrow::default(), outcome).await
        }
        Err(error) if is_shown(&error) => {
            let outcome = Outcome { sent, refusal: Some(error), ..Outcome::default() };
            page(&app, &caller, &guides, &Asked::default(), outcome).await
        }
        Err(error) => Err(error.into()),
    }
}

/// The types that the form names. Absent: all but notes.
fn events(sent: &Sent) -> Option<Vec<String>> {
    let named: Vec<String> = sent.all("events").map(str::to_owned).collect();
    (!named.is_empty()).then_some(named)
}

async fn page(app: &App, caller: &Caller, guides: &Guides, asked: &Asked, outcome: Outcome) -> Answer {
    let mut webhooks = app.list_webhooks(caller, asked.after(WebhookId::parse), ROWS + 1).await?;
    let next = asked.next("/console/webhooks", &mut webhooks, |webhook| webhook.id.to_string());
    let now = app.clock().now();
    let mut sheet = Sheet::new(Frame::of(app, caller, Place::Webhooks, "Webhooks").await?, LEAD);
    sheet.done(asked.done())?;
    let mut table = Table::new("Webhooks", &["Address", "State", "In the words of", "Told of", "Changed"]);
    table.rows = webhooks
        .iter()
        .map(|webhook| {
            let about = webhook.description.clone().unwrap_or_default();
            let told = webhook.events.as_ref().map_or("Everything but notes".into(), |events| match events.len() {
                1 => events[0].clone(),
                count => format!("{count} types"),
            });
            vec![
                Cell::Link { href: format!("/console/webhooks/{}", webhook.id), text: webhook.url.clone(), about },
                Cell::State(state(webhook)),
                Cell::text(webhook.dialect.clone()),
                Cell::text(told),
                Cell::Time(Time::of(webhook.updated_at, now)),
            ]
        })
        .collect();
    (table.first, table.next) = (asked.first("/console/webhooks"), next);
    match webhooks.is_empty() {
        true => sheet.add(&Empty {
            title: "No webhooks yet",
            hint: "Addresses that are told of threads appear here. Add one below, or with this command:",
            command: "curl -X POST $THREADLINE_URL/threadline/v1/webhooks \\\n  -H \"Authorization: Bearer $THREADLINE_KEY\" \
                      \\\n  --json '{\"url\": \"https://example.com/hook\"}'"
                .into(),
        })?,
        false => sheet.add(&table)?,
    }
    let mut fields = fields(&outcome.sent);
    fields.insert(1, Field::choice("dialect", "In the words of", guides.of_webhooks(), &outcome.sent));
    fields.insert(
        2,
        Field::line("authorization", "Authorization", &outcome.sent)
            .hint("A fixed header in place of signatures. Empty: requests are signed."),
    );
    let form = Form::new(app, "new-webhook", "/console/webhooks", "Add the webhook").folded("Add a webhook");
    sheet.add(&form.fields(fields).refused(outcome.refusal.as_ref()))?;
    sheet.answer(outcome.refusal.as_ref())
}

fn fields(sent: &Sent) -> Vec<Field> {
    let kinds = Event::KINDS.iter().map(|kind| ((*kind).to_owned(), (*kind).to_owned())).collect();
    vec![
        Field::line("url", "Address", sent).hint("An https:// address that answers within 15 seconds."),
        Field::line("description", "Description", sent),
        Field::checks("events", "Told of", kinds, sent).hint("None chosen: everything but notes."),
        Field::switch("enabled", "Switched on", sent),
    ]
}

fn state(webhook: &Webhook) -> Word {
    match webhook.disabled {
        None => Word { text: "On", class: "is-quiet" },
        Some(Disabled::Asked) => Word { text: "Off", class: "is-over" },
        Some(Disabled::Gone) => Word { text: "Off: it answered 410", class: "is-bad" },
    }
}

/// What the address of a webhook's page asks for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Narrow {
    outcome: Option<String>,
    before: Option<String>,
    done: Option<String>,
}

pub async fn one(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(narrow): Query<Narrow>,
) -> Answer {
    let (webhook, behind) = app.webhook(&caller, webhook_id(&params)?).await?;
    let sent = values(&webhook);
    one_page(&app, &caller, &webhook, behind, &narrow, Outcome { sent, ..Outcome::default() }).await
}

fn values(webhook: &Webhook) -> Sent {
    let mut sent = Sent::of([
        ("url", webhook.url.clone()),
        ("description", webhook.description.clone().unwrap_or_default()),
        ("enabled", if webhook.disabled.is_none() { "on".into() } else { String::new() }),
    ]);
    webhook.events.iter().flatten().for_each(|event| sent.put("events", event.clone()));
    sent
}

async fn one_page(
    app: &App,
    caller: &Caller,
    webhook: &Webhook,
    behind: i64,
    narrow: &Narrow,
    outcome: Outcome,
) -> Answer {
    let now = app.clock().now();
    let action = format!("/console/webhooks/{}", webhook.id);
    let frame = Frame::of(app, caller, Place::Webhooks, webhook.url.clone()).await?;
    let mut sheet = Sheet::new(frame, webhook.description.clone().unwrap_or_default())
        .back("/console/webhooks", "Webhooks")
        .state(Some(state(webhook)));
    sheet.done(narrow.done.as_deref())?;
    if let Some(secret) = outcome.secret {
        sheet.add(&Secret { title: "The signing secret".into(), about: TOLD.into(), secret })?;
    }
    let (is_signed, proof) = match webhook.proof {
        Proof::Signed { overlap_ends_at: Some(at), .. } if at > now => (true, "Signed, by two secrets for a while"),
        Proof::Signed { .. } => (true, "Signed"),
        Proof::Authorization(Some(_)) => (false, "A fixed Authorization header"),
        Proof::Authorization(None) => (false, "None: the header was removed with the former address"),
    };
    let rows = vec![
        ("In the words of".into(), Cell::text(webhook.dialect.clone())),
        ("Proof".into(), Cell::text(proof)),
        ("Threads with pending entries".into(), Cell::text(times::grouped(behind.max(0) as u64))),
        ("Made".into(), Cell::text(Time::of(webhook.created_at, now).full)),
        ("Id".into(), Cell::Code(webhook.id.to_string())),
    ];
    sheet.add(&Facts { rows })?;
    postings(app, caller, webhook, narrow, &mut sheet).await?;
    let change = Form::new(app, "webhook", action.clone(), "Save").folded("Change this webhook");
    sheet.add(&change.fields(fields(&outcome.sent)).refused(outcome.refusal.as_ref()))?;
    let (again, refused) = outcome.rewound.unzip();
    let since = Field::line("since", "Since", &again.unwrap_or_default()).hint("As 2026-11-30, in UTC.").narrow();
    let rewind = Form::new(app, "rewind", format!("{action}/rewind"), "Send again").folded("Send entries again");
    let about = "Sends all entries since this day once more, in order. Your endpoint knows each by its id.";
    sheet.add(&rewind.note(about).fields([since]).refused(refused.as_ref()))?;
    if is_signed {
        let renew =
            Form::new(app, "renew", format!("{action}/secret"), "Make a new secret").folded("New signing secret");
        sheet.add(
            &renew.note("The secret before it signs too for a day, so that your endpoint can change in between."),
        )?;
    }
    let remove = Form::new(app, "remove", format!("{action}/remove"), "Remove the webhook").danger();
    let about = "Its pending entries and the list of its postings are removed too. This cannot be undone.";
    sheet.add(&remove.folded("Remove this webhook").note(about))?;
    sheet.answer(outcome.refusal.as_ref().or(refused.as_ref()))
}

/// The newest postings, with their tries.
async fn postings(app: &App, caller: &Caller, webhook: &Webhook, narrow: &Narrow, sheet: &mut Sheet) -> Result<()> {
    let outcome = narrow.outcome.as_deref().and_then(Answered::parse);
    let before = narrow.before.as_deref().and_then(DeliveryAttemptId::parse);
    let mut found = app.list_delivery_attempts(caller, webhook.id, outcome, before, ROWS + 1).await?;
    let (is_more, now) = (found.len() as i64 > ROWS, app.clock().now());
    found.truncate(ROWS as usize);
    let base = format!("/console/webhooks/{}", webhook.id);
    let failed = format!("{base}?outcome=failed");
    sheet.add(&Heading {
        title: "Postings",
        about: match found.is_empty() {
            true => "No posting yet. The first follows the next message in a thread.".into(),
            false => {
                "Each request to the endpoint, the newest first. A failed one is tried again, with growing pauses."
                    .into()
            }
        },
    })?;
    if found.is_empty() {
        return Ok(());
    }
    let mut table = Table::new("Postings", &["When", "Entry", "Answer", "#Try", "#Time", ""]);
    table.rows = found
        .iter()
        .map(|attempt| {
            let (text, class) = match attempt.outcome {
                Answered::Delivered => ("Delivered", "is-quiet"),
                Answered::Failed => ("Failed", "is-bad"),
                Answered::GivenUp => ("Given up", "is-bad"),
                Answered::Gone => ("Gone", "is-bad"),
            };
            let status = attempt.status.map(|status| status.to_string());
            let why = status.into_iter().chain(attempt.error.clone()).collect::<Vec<_>>().join(" ");
            let entry = Cell::Link {
                href: format!("/console/threads/{}/log?after={}", attempt.thread, (attempt.seq - 1).max(0)),
                text: attempt.event.clone(),
                about: format!("entry {}{}", attempt.seq, if attempt.replayed { ", sent again" } else { "" }),
            };
            let deed = Cell::Deed {
                action: format!("{base}/postings/{}", attempt.id),
                words: "Send again",
                about: format!("{} {}", attempt.event, attempt.seq),
                once: app.clock().id().simple().to_string(),
            };
            vec![
                Cell::Time(Time::of(attempt.at, now)),
                entry,
                Cell::Stated { word: Word { text, class }, text: why },
                Cell::Number(attempt.number.to_string()),
                Cell::Number(times::length(attempt.duration_ms.saturating_mul(1_000))),
                deed,
            ]
        })
        .collect();
    table.first = (before.is_some() || outcome.is_some()).then(|| base.clone());
    table.next = found.last().filter(|_| is_more).map(|last| match outcome {
        Some(outcome) => format!("{base}?outcome={}&before={}", outcome.as_str(), last.id),
        None => format!("{base}?before={}", last.id),
    });
    sheet.add(&table)?;
    if outcome.is_none() {
        sheet.add(&super::sheet::Further { href: failed, text: "Only failed postings".into() })?;
    }
    Ok(())
}

pub async fn change(State(app): State<App>, Authed(caller): Authed, params: Params, sent: Sent) -> Answer {
    let id = webhook_id(&params)?;
    let values = sent.clone();
    let changed = app.update_webhook(&caller, id, move |draft: &mut Draft| {
        draft.url = values.given("url").unwrap_or_default();
        draft.description = values.given("description");
        draft.events = events(&values);
        draft.enabled = values.is_on("enabled");
    });
    match changed.await {
        Ok(_) => answer::see_other(&format!("/console/webhooks/{id}?done=saved")),
        Err(error) if is_shown(&error) => {
            let (webhook, behind) = app.webhook(&caller, id).await?;
            let outcome = Outcome { sent, refusal: Some(error), ..Outcome::default() };
            one_page(&app, &caller, &webhook, behind, &Narrow::default(), outcome).await
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn renew(State(app): State<App>, Authed(caller): Authed, params: Params, sent: Sent) -> Answer {
    let id = webhook_id(&params)?;
    let origin = sent.origin("console webhook secrets");
    let (webhook, secret) = app.rotate_webhook_secret(&caller, id, OVERLAP_S, origin).await?;
    let (_, behind) = app.webhook(&caller, id).await?;
    let outcome = Outcome { sent: values(&webhook), secret, ..Outcome::default() };
    one_page(&app, &caller, &webhook, behind, &Narrow::default(), outcome).await
}

pub async fn rewind(State(app): State<App>, Authed(caller): Authed, params: Params, sent: Sent) -> Answer {
    let id = webhook_id(&params)?;
    match again(&app, &caller, id, &sent).await {
        Ok(()) => answer::see_other(&format!("/console/webhooks/{id}?done=rewound")),
        Err(error) if is_shown(&error) => {
            let (webhook, behind) = app.webhook(&caller, id).await?;
            let outcome = Outcome { sent: values(&webhook), rewound: Some((sent, error)), ..Outcome::default() };
            one_page(&app, &caller, &webhook, behind, &Narrow::default(), outcome).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn again(app: &App, caller: &Caller, id: WebhookId, sent: &Sent) -> Result<()> {
    let since = day(sent, "since")?.ok_or_else(|| Error::field("since", "must be given"))?;
    let origin = sent.origin("console webhook replays");
    app.replay_webhook(caller, id, Replay::Since(since.begins_at()), origin).await.map(drop)
}

pub async fn replay(State(app): State<App>, Authed(caller): Authed, params: Params, sent: Sent) -> Answer {
    let id = webhook_id(&params)?;
    let unknown = || Error::not_found(codes::POSTING_NOT_FOUND, "Posting");
    let attempt = params.parse("attempt", DeliveryAttemptId::parse, unknown)?;
    app.replay_delivery_attempt(&caller, id, attempt, sent.origin("console postings")).await?;
    answer::see_other(&format!("/console/webhooks/{id}?done=sent"))
}

pub async fn remove(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer {
    app.delete_webhook(&caller, webhook_id(&params)?).await?;
    answer::see_other("/console/webhooks?done=removed")
}

fn webhook_id(params: &Params) -> Result<WebhookId> {
    params.parse("webhook", WebhookId::parse, || Error::not_found(codes::WEBHOOK_NOT_FOUND, "Webhook"))
}
