//! Notes of the project for itself: entries, never messages.

use std::sync::Arc;

use domain::{
    AttachmentId, Caller, Error, MemberId, NoteId, Result, ThreadId, codes,
    event::{Entry, Event},
    handling::{Note, Person},
};
use store::{Operation, Tx};

use super::{actor, member, record, require_member};
use crate::{
    app::keyed::{Keyed, Outcome},
    inner::Inner,
    journal::Journal,
    unknown, validate,
};

/// A note to be written.
#[derive(Clone, Debug, Default)]
pub struct NewNote {
    /// The author, by id or address.
    pub member: String,
    pub text: String,
    /// Members whom the note concerns, by id or address.
    pub mentions: Vec<String>,
    /// Files that the project has.
    pub attachments: Vec<AttachmentId>,
    /// True if models read the note, as an instruction of the team.
    pub for_agent: bool,
}

/// A note with its place in the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Noted {
    pub seq: i64,
    pub at: domain::Timestamp,
    pub note: Note,
}

impl Noted {
    fn of(entry: Entry) -> Option<Self> {
        match entry.event {
            Event::ThreadNoted { note } => Some(Self { seq: entry.seq, at: entry.at, note: *note }),
            _ => None,
        }
    }
}

impl Keyed<'_> {
    /// Writes a note. A closed thread takes notes too.
    ///
    /// # Errors
    /// `forbidden` without `write`, and for a key without `impersonate`; `not_found`; `invalid` for an unknown member,
    /// or a text or mentions beyond their limits, and for an unknown attachment.
    #[crate::boxed]
    pub async fn note(&self, caller: &Caller, thread: ThreadId, new: NewNote) -> Result<Noted> {
        require_member(caller)?;
        let limits = &self.app.limits;
        validate::text("text", &new.text, limits.comment_chars)?;
        validate::at_most("mentions", "members", new.mentions.len(), limits.mentions)?;
        validate::at_most("attachments", "files", new.attachments.len(), limits.attachments)?;
        let id = NoteId(self.app.clock.id());
        let noting = Noting { inner: self.app.inner().clone(), caller: caller.clone(), thread, id, new };
        match self.once(caller, Some(thread), noting, |noted| noted.note.id.0).await? {
            Outcome::Done(noted) => Ok(noted),
            Outcome::Before(id) => {
                let find = store::op(move |tx| Box::pin(store::events::note(tx, thread, NoteId(id))));
                let found = self.app.store.read(find).await?;
                found.and_then(Noted::of).ok_or_else(unknown::thread)
            }
        }
    }
}

struct Noting {
    inner: Arc<Inner>,
    caller: Caller,
    thread: ThreadId,
    id: NoteId,
    new: NewNote,
}

impl Operation for Noting {
    type Out = Noted;

    async fn run(self, tx: &mut Tx) -> Result<Noted> {
        let Self { inner, caller, thread, id, new } = self;
        let mut journal = Journal::named(tx, caller.project, thread, inner.clock.now()).await?;
        let author = actor(tx, &caller, &new.member).await?;
        let mut mentions: Vec<MemberId> = Vec::with_capacity(new.mentions.len());
        for (i, named) in new.mentions.iter().enumerate() {
            mentions.push(member(tx, &caller, &format!("mentions.{i}"), named).await?.id);
        }
        let attachments = new.attachments;
        let found = store::attachments::some(tx, caller.project, &attachments).await?;
        let is_unknown = |id: &AttachmentId| found.iter().all(|attachment| attachment.id != *id);
        if let Some(i) = attachments.iter().position(is_unknown) {
            let error = Error::field(format!("attachments.{i}"), "must name an existing attachment");
            return Err(Error { code: codes::ATTACHMENT_NOT_FOUND, ..error });
        }
        let (author_id, author) = (author.id, Person::from(&author));
        let note = Note { id, author, text: new.text, mentions, attachments, for_agent: new.for_agent };
        record(tx, &journal, &caller, ("note", Some(author_id)), None, &inner).await?;
        let at = journal.next_at();
        let seq = journal.append(None, Event::ThreadNoted { note: Box::new(note.clone()) });
        if note.for_agent {
            journal.models_read(seq);
        }
        journal.write(tx, &inner).await?;
        Ok(Noted { seq, at, note })
    }
}
