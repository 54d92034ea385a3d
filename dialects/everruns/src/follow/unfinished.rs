//! The text of the unfinished message, as far as this reader has seen it.

use domain::{
    MessageId, Result,
    event::{Delta, DeltaKind},
};

use super::Session;

#[derive(Default)]
pub struct Unfinished {
    of: Option<(MessageId, i64)>,
    text: Text,
    thinking: Text,
}

#[derive(Default)]
struct Text {
    text: String,
    chars: i64,
}

impl Text {
    fn push(&mut self, piece: &str) {
        self.text.push_str(piece);
        self.chars += piece.chars().count() as i64;
    }
}

impl Unfinished {
    /// Adds the next delta and returns the text so far. A reader that starts in the middle fetches the earlier deltas.
    /// `None` if they are gone: the message has completed and comes next, or its attempt is void.
    ///
    /// # Errors
    /// Errors of the store.
    pub async fn add(&mut self, session: &Session, delta: &Delta) -> Result<Option<&str>> {
        if self.of != Some((delta.message, delta.attempt)) {
            *self = Self { of: Some((delta.message, delta.attempt)), ..Self::default() };
        }
        if self.of_kind(delta.kind).chars != delta.offset && !self.fetch(session, delta).await? {
            return Ok(None);
        }
        let so_far = self.of_kind(delta.kind);
        so_far.push(&delta.text);
        Ok(Some(&so_far.text))
    }

    /// Reads the earlier deltas. Returns whether all existed.
    async fn fetch(&mut self, session: &Session, delta: &Delta) -> Result<bool> {
        let earlier = session.app.unfinished(&session.caller, session.thread).await?;
        let same = |d: &&Delta| (d.message, d.attempt) == (delta.message, delta.attempt);
        *self = Self { of: self.of, ..Self::default() };
        for piece in earlier.iter().filter(same).filter(|d| (d.seq, d.n) < (delta.seq, delta.n)) {
            self.of_kind(piece.kind).push(&piece.text);
        }
        Ok(self.of_kind(delta.kind).chars == delta.offset)
    }

    fn of_kind(&mut self, kind: DeltaKind) -> &mut Text {
        match kind {
            DeltaKind::Text => &mut self.text,
            DeltaKind::Thinking => &mut self.thinking,
        }
    }
}
