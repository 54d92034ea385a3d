//! Lists a session's events: a page with a bound of bytes, or everything, streamed piece by piece.

mod filter;
mod writer;

use domain::{Error, Result, event::Entry};
use engine::app::messages::sift::{Sift, Sifted, Stretch};
use futures_util::{Stream, stream};

pub use self::{filter::Filter, writer::Writer};
use crate::{event_id::EventIds, follow::Session, wire};

/// Entries of a piece.
const PIECE: i64 = 256;
const LIMIT_MAX: u32 = 1_000;
const WINDOW: u32 = 50;
const WINDOW_MAX: u32 = 500;

/// The events of a session that match a filter.
#[derive(Clone)]
pub struct History {
    session: Session,
    filter: Filter,
    last_seq: i64,
}

/// The meaning of a query.
pub enum Asked {
    /// Oldest first. `more`: the page has ended, and further events may match.
    Page { entries: Vec<Entry>, more: bool },
    /// A whole range.
    Whole(Stretch),
}

impl History {
    pub fn new(session: Session, filter: Filter, last_seq: i64) -> Self {
        Self { session, filter, last_seq }
    }

    /// # Errors
    /// `invalid` for an id of another session, numbers beyond their limits, and conflicting parameters.
    pub async fn asked(&self, query: &wire::EventsQuery) -> Result<Asked> {
        let limit = bounded("limit", query.limit, LIMIT_MAX)?;
        let window = bounded("window", query.window, WINDOW_MAX)?.unwrap_or(WINDOW);
        let event_ids = EventIds::new(&self.session.app, self.session.thread);
        let since = query.since_id.as_deref().map(|id| event_ids.read(id)).transpose()?.map(|at| at.seq);
        let after = query.after_sequence.map(|after| after.0);
        let before = query.before_sequence.map(|before| before.0);
        if let Some(anchor) = query.around.as_deref() {
            if since.or(after).or(before).is_some() {
                return Err(Error::field(
                    "around",
                    "must not be combined with since_id, after_sequence or before_sequence",
                ));
            }
            return self.around(event_ids.read(anchor)?.seq, window).await;
        }
        let whole = Stretch {
            from: since.max(after).unwrap_or(0).saturating_add(1),
            to: self.last_seq.min(before.map_or(i64::MAX, |before| before - 1)),
        };
        let Some(limit) = limit else { return Ok(Asked::Whole(whole)) };
        let newest_first = since.or(after).is_none();
        let mut page = self.page(whole, newest_first, limit, (self.page_bytes(), true)).await?;
        if newest_first {
            page.entries.reverse();
        }
        Ok(Asked::Page { entries: page.entries, more: page.more })
    }

    /// The event with its neighbours. At most half of the page is before it.
    async fn around(&self, anchor: i64, window: u32) -> Result<Asked> {
        let own = self.page(Stretch::one(anchor), false, 1, (self.page_bytes(), true)).await?;
        let left = self.page_bytes() - own.bytes;
        let before = self.page(Stretch { from: 1, to: anchor - 1 }, true, window, (left / 2, false)).await?;
        let beyond = Stretch { from: anchor + 1, to: self.last_seq };
        let after = self.page(beyond, false, window, (left - before.bytes, false)).await?;
        let entries = before.entries.into_iter().rev().chain(own.entries).chain(after.entries);
        Ok(Asked::Page { entries: entries.collect(), more: after.more })
    }

    fn page_bytes(&self) -> i64 {
        i64::try_from(self.session.app.limits().page_bytes).unwrap_or(i64::MAX)
    }

    /// The first or last matching events of a range, read in several steps.
    async fn page(
        &self,
        stretch: Stretch,
        newest_first: bool,
        limit: u32,
        (bytes, one_at_least): (i64, bool),
    ) -> Result<Page> {
        let (mut page, mut rest, mut full) = (Page::default(), Some(stretch), false);
        while let Some(stretch) = rest.filter(|stretch| !full && stretch.from <= stretch.to) {
            let left = i64::from(limit) - page.entries.len() as i64;
            let one_at_least = one_at_least && page.entries.is_empty();
            let (bytes, every) = (bytes - page.bytes, self.filter.is_all());
            let sifted = self.sift(Sift { stretch, newest_first, every, limit: left, bytes, one_at_least }).await?;
            page.entries.extend(sifted.entries);
            page.bytes += sifted.bytes;
            (rest, full) = (sifted.rest, sifted.full);
        }
        page.more = rest.is_some();
        Ok(page)
    }

    async fn sift(&self, sift: Sift) -> Result<Sifted> {
        let Session { app, caller, thread } = &self.session;
        let filter = self.filter.clone();
        app.sift_events(caller, *thread, sift, move |entry| filter.lets(entry)).await
    }

    /// The matching events of a range in pieces. Each is read after the previous one was taken.
    pub fn pieces(self, stretch: Stretch, newest_first: bool) -> impl Stream<Item = Result<Vec<Entry>>> + Send {
        let bytes = i64::try_from(self.session.app.limits().piece_bytes).unwrap_or(i64::MAX);
        stream::try_unfold((self, Some(stretch)), move |(history, next)| async move {
            let Some(stretch) = next.filter(|stretch| stretch.from <= stretch.to) else { return Ok(None) };
            let sift = Sift { stretch, newest_first, limit: PIECE, bytes, one_at_least: true, every: false };
            let Sifted { entries, rest, .. } = history.sift(sift).await?;
            Ok(Some((entries, (history, rest))))
        })
    }
}

#[derive(Default)]
struct Page {
    entries: Vec<Entry>,
    bytes: i64,
    more: bool,
}

fn bounded(name: &str, value: Option<u32>, most: u32) -> Result<Option<u32>> {
    match value.is_none_or(|value| (1..=most).contains(&value)) {
        true => Ok(value),
        false => Err(Error::field(name, format!("must be between 1 and {most}"))),
    }
}
