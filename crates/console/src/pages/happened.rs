//! What happened in a thread beside what was said: lines about people, and the team's notes.

use askama::Template;
use domain::{
    Caller, Result, Timestamp,
    event::{Entry, Event},
    handling::{Note, Person},
    thread::ClosedBy,
};
use engine::App;

use super::{
    composer::{self, Chip},
    names::{self, Names},
};
use crate::{html::Html, texts as t, times::Time};

/// A line about people.
#[derive(Template)]
#[template(path = "parts/happened.html")]
struct Line {
    id: String,
    text: String,
    /// Further facts, each apart.
    facts: Vec<String>,
    at: Time,
}

/// A text of the team for itself, or for the agent.
#[derive(Template)]
#[template(path = "parts/note.html")]
struct Slip {
    id: String,
    author: String,
    kind: &'static str,
    text: String,
    files: Vec<Chip>,
    at: Time,
}

/// The element's id.
pub fn element(seq: i64) -> String {
    format!("e-{seq}")
}

/// The entry as a conversation shows it. `None` for entries that it does not show.
pub async fn shown(
    (app, caller): (&App, &Caller),
    names: &mut Names,
    entry: &Entry,
    now: Timestamp,
) -> Result<Option<Html>> {
    let (at, id) = (Time::of(entry.at, now), element(entry.seq));
    let (text, facts) = match &entry.event {
        Event::ThreadNoted { note } => return noted((app, caller), note, id, at).await.map(Some),
        Event::ThreadHandedBack { member, brief } => {
            let text = format!("{} {}", person(member.as_ref()), t::HANDED_BACK);
            let line = Html::of(&Line { id: id.clone(), text, facts: Vec::new(), at: at.clone() })?;
            let Some(brief) = brief else { return Ok(Some(line)) };
            let (author, text, kind) = (person(member.as_ref()), brief.clone(), t::TO_THE_AGENT);
            let slip = Html::of(&Slip { id: format!("{id}-brief"), author, kind, text, files: Vec::new(), at })?;
            return Ok(Some(line.and(&slip)));
        }
        Event::ThreadTaken { member, from, turns } => {
            let from = from.as_ref().map(|from| format!("{} {}", t::FROM, names::of_person(from)));
            let stopped = (!turns.is_empty()).then(|| t::ANSWER_STOPPED.to_owned());
            (format!("{} {}", names::of_person(member), t::TOOK_OVER), from.into_iter().chain(stopped).collect())
        }
        Event::ThreadWanted { by, reason, until, .. } => {
            let by = match by {
                Some(author) => names.of_author(app, caller, author).await?.0,
                None => t::THE_SERVER.into(),
            };
            let silent = until.map(|until| format!("{} {}", t::SILENT_UNTIL, Time::of(until, now).clock));
            (format!("{by} {}", t::ASKED), [Some(reason.clone()), silent].into_iter().flatten().collect())
        }
        Event::ThreadWantedExpired {} => (t::NOBODY_CAME.into(), Vec::new()),
        Event::ThreadWantedWithdrawn { by } => (format!("{} {}", names::of_person(by), t::WITHDREW), Vec::new()),
        Event::ThreadAssigned { member: Some(member) } => {
            (format!("{} {}", t::ASSIGNED_TO, names::of_person(member)), Vec::new())
        }
        Event::ThreadAssigned { member: None } => (t::ASSIGNED_TO_NOBODY.into(), Vec::new()),
        Event::ThreadClosed { closed } if closed.by == ClosedBy::Expired => (t::CLOSED_BY_TIME.into(), Vec::new()),
        Event::ThreadClosed { closed } => (t::WAS_CLOSED.into(), closed.reason.iter().cloned().collect()),
        Event::ThreadReopened {} => (t::WAS_REOPENED.into(), Vec::new()),
        _ => return Ok(None),
    };
    Html::of(&Line { id, text, facts, at }).map(Some)
}

fn person(member: Option<&Person>) -> String {
    member.map_or_else(|| t::A_PROGRAM.into(), names::of_person)
}

async fn noted((app, caller): (&App, &Caller), note: &Note, id: String, at: Time) -> Result<Html> {
    let kind = if note.for_agent { t::NOTE_TO_AGENT } else { t::NOTE };
    let ids: Vec<String> = note.attachments.iter().map(ToString::to_string).collect();
    let files = composer::attachments(app, caller, &ids).await?.iter().map(Chip::of).collect();
    Html::of(&Slip { id, author: names::of_person(&note.author), kind, text: note.text.clone(), files, at })
}
