//! Where people write: a reply to the customer, or a note of the team for itself.

use askama::Template;
use domain::{AttachmentId, Caller, Result, attachment::Attachment, message::Part};
use engine::App;

use super::{acting::Acting, thread::Head};
use crate::{html::Html, texts as t, times};

/// Files of one reply.
pub const FILES_MAX: usize = 10;

/// To whom a reply goes, and through which dialect.
#[derive(Default)]
pub struct Way {
    pub to: Option<String>,
    pub door: Option<String>,
}

/// What a person has written, kept when it was refused.
#[derive(Default)]
pub struct Draft {
    pub is_note: bool,
    pub text: String,
    pub files: Vec<String>,
    pub keep: bool,
    pub for_agent: bool,
    /// The member whom a key has chosen.
    pub member: String,
    pub problem: Option<String>,
    /// What others have said meanwhile.
    pub news: Vec<Html>,
}

/// A file of the next reply.
pub struct Chip {
    pub id: String,
    pub name: String,
    pub about: String,
}

#[derive(Template)]
#[template(path = "parts/composer.html")]
pub struct Composer<'h> {
    head: &'h Head,
    acting: &'h Acting,
    draft: Draft,
    files: Vec<Chip>,
    /// The files as one text, for the form that adds one.
    listed: String,
    /// A new origin key, so that a form that is sent twice is one reply.
    key: String,
    /// The line that says where a reply goes.
    goes: String,
    accepts: String,
}

impl<'h> Composer<'h> {
    pub async fn of(
        (app, caller): (&App, &Caller),
        head: &'h Head,
        acting: &'h Acting,
        way: Way,
        draft: Draft,
    ) -> Result<Self> {
        let attachments = attachments(app, caller, &draft.files).await?;
        let files: Vec<Chip> = attachments.iter().map(Chip::of).collect();
        let listed = files.iter().map(|file| file.id.as_str()).collect::<Vec<_>>().join(" ");
        let goes = format!("{} {}", way.to.as_deref().unwrap_or(t::THE_CUSTOMER), through(way.door.as_deref()));
        let accepts = format!("{} {}", t::AT_MOST, times::size(app.limits().upload_bytes as i64));
        let key = app.clock().id().to_string();
        Ok(Self { head, acting, draft, files, listed, key, goes, accepts })
    }

    /// Who will have written it: the member who is signed in.
    fn own(&self) -> &str {
        self.acting.own.as_ref().map_or(t::THE_MEMBER, |(_, name)| name)
    }
}

impl Chip {
    pub fn of(attachment: &Attachment) -> Self {
        let about = format!("{}, {}", attachment.media_type, times::size(attachment.size_bytes));
        Self { id: attachment.id.to_string(), name: attachment.name.clone(), about }
    }
}

/// The attachments of these ids. Those that are unknown are left out, because a page may be older than a deletion.
pub async fn attachments(app: &App, caller: &Caller, ids: &[String]) -> Result<Vec<Attachment>> {
    let mut found = Vec::with_capacity(ids.len().min(FILES_MAX));
    for id in ids.iter().take(FILES_MAX).filter_map(|id| AttachmentId::parse(id)) {
        match app.attachment(caller, id).await {
            Ok(attachment) => found.push(attachment),
            Err(error) if error.kind == domain::Kind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The parts of a reply.
pub fn parts(text: &str, attachments: Vec<Attachment>) -> Vec<Part> {
    let text = Some(text).filter(|text| !text.is_empty()).map(|text| Part::Text { text: text.to_owned() });
    let file = |one: Attachment| match one.is_image() {
        true => Part::ImageFile { attachment: one.id, filename: Some(one.name) },
        false => {
            let Attachment { id: attachment, name, media_type, size_bytes, .. } = one;
            Part::File { attachment, name, media_type, size_bytes }
        }
    };
    text.into_iter().chain(attachments.into_iter().map(file)).collect()
}

/// The way of a reply, in words. A door has its dialect's name.
fn through(door: Option<&str>) -> String {
    format!("{} {}", t::THROUGH, door.unwrap_or(t::THE_API))
}
