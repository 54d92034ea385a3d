//! Saved replies: texts that members send again and again.

use axum::extract::State;
use dialect_kit::{Answer, Authed, Params, Query};
use domain::{Caller, Error, Result, SavedReplyId, caller::Scope, codes, project::SavedReply};
use engine::{App, app::saved_replies::SavedReplyPatch};

use super::{
    Asked,
    form::{Field, Form, Sent, is_shown},
    sheet::{Cell, Empty, Facts, Sheet, Table},
};
use crate::{
    answer,
    frame::{Frame, Place},
    pages::ROWS,
    times::Time,
};

const LEAD: &str = "Texts that members send again and again. A slash at the beginning of a reply brings them.";
/// Characters of a text that the list shows.
const SHOWN_CHARS: usize = 120;

#[derive(Default)]
struct Outcome {
    sent: Sent,
    refusal: Option<Error>,
}

pub async fn show(State(app): State<App>, Authed(caller): Authed, Query(asked): Query<Asked>) -> Answer {
    page(&app, &caller, &asked, Outcome::default()).await
}

pub async fn create(State(app): State<App>, Authed(caller): Authed, sent: Sent) -> Answer {
    let (name, text) = (sent.given("name").unwrap_or_default(), sent.text("text").to_owned());
    match app.create_saved_reply(&caller, name, text, sent.origin("console saved-replies")).await {
        Ok(_) => answer::see_other("/console/saved-replies?done=made"),
        Err(error) if is_shown(&error) => {
            page(&app, &caller, &Asked::default(), Outcome { sent, refusal: Some(error) }).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn page(app: &App, caller: &Caller, asked: &Asked, outcome: Outcome) -> Answer {
    let mut replies = app.list_saved_replies(caller, asked.after.clone(), ROWS + 1).await?;
    let next = asked.next("/console/saved-replies", &mut replies, |reply| reply.name.clone());
    let now = app.clock().now();
    let mut sheet = Sheet::new(Frame::of(app, caller, Place::SavedReplies, "Saved replies").await?, LEAD);
    sheet.done(asked.done())?;
    let mut table = Table::new("Saved replies", &["Name", "Text", "Changed"]);
    table.rows = replies
        .iter()
        .map(|reply| {
            vec![
                Cell::link(format!("/console/saved-replies/{}", reply.id), reply.name.clone()),
                Cell::text(shortened(&reply.text)),
                Cell::Time(Time::of(reply.updated_at, now)),
            ]
        })
        .collect();
    (table.first, table.next) = (asked.first("/console/saved-replies"), next);
    let command = "curl -X POST $THREADLINE_URL/threadline/v1/saved-replies \\\n  -H \"Authorization: Bearer $THREADLINE_KEY\" \\\n  \
                   --json '{\"name\": \"hours\", \"text\": \"We are here from 9 to 5.\"}'";
    let hint = "Texts for the composer appear here. Write one below, or with this command:";
    match replies.is_empty() {
        true => sheet.add(&Empty { title: "No saved replies yet", hint, command: command.into() })?,
        false => sheet.add(&table)?,
    }
    if caller.scopes.has(Scope::Write) {
        let form =
            Form::new(app, "new-reply", "/console/saved-replies", "Save the reply").folded("Write a saved reply");
        sheet.add(&form.fields(fields(&outcome.sent)).refused(outcome.refusal.as_ref()))?;
    }
    sheet.answer(outcome.refusal.as_ref())
}

/// The beginning of the text on one line.
fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn fields(sent: &Sent) -> [Field; 2] {
    [
        Field::line("name", "Name", sent).hint("Members find the text by it.").narrow(),
        Field::text("text", "Text", 8, sent).hint("It is put into the reply, where the member may still change it."),
    ]
}

pub async fn one(State(app): State<App>, Authed(caller): Authed, params: Params, Query(asked): Query<Asked>) -> Answer {
    let reply = app.saved_reply(&caller, reply_id(&params)?).await?;
    let sent = Sent::of([("name", reply.name.clone()), ("text", reply.text.clone())]);
    one_page(&app, &caller, &reply, asked.done(), Outcome { sent, refusal: None }).await
}

async fn one_page(app: &App, caller: &Caller, reply: &SavedReply, done: Option<&str>, outcome: Outcome) -> Answer {
    let frame = Frame::of(app, caller, Place::SavedReplies, reply.name.clone()).await?;
    let mut sheet = Sheet::new(frame, "").back("/console/saved-replies", "Saved replies");
    sheet.done(done)?;
    if caller.scopes.has(Scope::Write) {
        let action = format!("/console/saved-replies/{}", reply.id);
        let form = Form::new(app, "reply", action.clone(), "Save").fields(fields(&outcome.sent));
        sheet.add(&form.refused(outcome.refusal.as_ref()))?;
        let remove = Form::new(app, "remove", format!("{action}/remove"), "Remove the reply").danger();
        sheet.add(&remove.folded("Remove this reply").note("Messages that were sent with it stay."))?;
    } else {
        let rows =
            vec![("Name".into(), Cell::text(reply.name.clone())), ("Text".into(), Cell::Plain(reply.text.clone()))];
        sheet.add(&Facts { rows })?;
    }
    sheet.answer(outcome.refusal.as_ref())
}

pub async fn change(State(app): State<App>, Authed(caller): Authed, params: Params, sent: Sent) -> Answer {
    let id = reply_id(&params)?;
    let (name, text) = (Some(sent.given("name").unwrap_or_default()), Some(sent.text("text").to_owned()));
    match app.update_saved_reply(&caller, id, SavedReplyPatch { name, text }).await {
        Ok(_) => answer::see_other(&format!("/console/saved-replies/{id}?done=saved")),
        Err(error) if is_shown(&error) => {
            let reply = app.saved_reply(&caller, id).await?;
            one_page(&app, &caller, &reply, None, Outcome { sent, refusal: Some(error) }).await
        }
        Err(error) => Err(error.into()),
    }
}

pub async fn remove(State(app): State<App>, Authed(caller): Authed, params: Params) -> Answer {
    app.delete_saved_reply(&caller, reply_id(&params)?).await?;
    answer::see_other("/console/saved-replies?done=removed")
}

fn reply_id(params: &Params) -> Result<SavedReplyId> {
    params.parse("reply", SavedReplyId::parse, || Error::not_found(codes::SAVED_REPLY_NOT_FOUND, "Saved reply"))
}
