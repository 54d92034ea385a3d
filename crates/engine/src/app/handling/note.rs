//! Notes of the project for itself: entries, never messages.

use std::sync::Arc;

use domain::{
    Caller, MemberId, NoteId, Result, ThreadId,
    event::{Entry, Event},
    handling::Note,
};
use store::{Operation, Tx};

use super::{member, record, require_member};
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
    /// `forbidden` without `write` and `impersonate`; `not_found`; `invalid` for an unknown member, or a text or
    /// mentions beyond their limits.
    #[crate::boxed]
    pub async fn note(&self, caller: &Caller, thread: ThreadId, new: NewNote) -> Result<Noted> {
        require_member(caller)?;
        let limits = &self.app.limits;
        validate::text("text", &new.text, limits.comment_chars)?;
        validate::at_most("mentions", "members", new.mentions.len(), limits.mentions)?;
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
        let author = member(tx, &caller, "member", &new.member).await?;
        let mut mentions: Vec<MemberId> = Vec::with_capacity(new.mentions.len());
        for (i, named) in new.mentions.iter().enumerate() {
            mentions.push(member(tx, &caller, &format!("mentions.{i}"), named).await?.id);
        }
        let note = Note { id, author: (&author).into(), text: new.text, mentions, for_agent: new.for_agent };
        record(tx, &journal, &caller, ("note", Some(author.id)), None, &inner).await?;
        let at = journal.next_at();
        let seq = journal.append(None, Event::ThreadNoted { note: Box::new(note.clone()) });
        if note.for_agent {
            journal.models_read(seq);
        }
        journal.write(tx, &inner).await?;
        Ok(Noted { seq, at, note })
    }
}
