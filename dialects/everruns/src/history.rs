//! A list of a session's events: read and written page by page, however long it is.

mod filter;

use bytes::Bytes;
use domain::{Error, Result, event::Entry};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};

pub use self::filter::Filter;
use crate::{
    event_id::EventIds,
    follow::{Memory, Session},
    stream as told, wire,
};

/// Entries read at once.
const PAGE: i64 = 256;
const LIMIT_MAX: u32 = 1_000;
const WINDOW: u32 = 50;
const WINDOW_MAX: u32 = 500;

/// The events of a session that a filter lets through.
pub struct History {
    session: Session,
    event_ids: EventIds,
    filter: Filter,
    last_seq: i64,
}

/// Entries from one to another, both included; none when `from` is beyond `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub from: i64,
    pub to: i64,
}

impl History {
    pub fn new(session: Session, filter: Filter, last_seq: i64) -> Self {
        let event_ids = EventIds::new(&session.app, session.thread);
        Self { session, event_ids, filter, last_seq }
    }

    /// The part of the log that a query asks for.
    ///
    /// # Errors
    /// `invalid` for an id that is not of this session, numbers beyond their limits, and what excludes each other.
    pub async fn part(&self, query: &wire::EventsQuery) -> Result<Part> {
        let limit = bounded("limit", query.limit, LIMIT_MAX)?;
        let window = bounded("window", query.window, WINDOW_MAX)?.unwrap_or(WINDOW);
        let since = query.since_id.as_deref().map(|id| self.event_ids.read(id)).transpose()?.map(|at| at.seq);
        let after = query.after_sequence.map(|after| after.0);
        let before = query.before_sequence.map(|before| before.0);
        if let Some(anchor) = query.around.as_deref() {
            if since.or(after).or(before).is_some() {
                return Err(Error::field("around", "excludes since_id, after_sequence and before_sequence"));
            }
            let anchor = self.event_ids.read(anchor)?.seq;
            let from = self.nth(Part { from: 1, to: anchor - 1 }, window, true).await?.unwrap_or(1);
            let beyond = Part { from: anchor + 1, to: self.last_seq };
            let to = self.nth(beyond, window, false).await?.unwrap_or(self.last_seq);
            return Ok(Part { from, to });
        }
        let whole = Part {
            from: since.max(after).unwrap_or(0).saturating_add(1),
            to: self.last_seq.min(before.map_or(i64::MAX, |before| before - 1)),
        };
        Ok(match limit {
            None => whole,
            Some(most) if since.or(after).is_some() => {
                Part { to: self.nth(whole, most, false).await?.unwrap_or(whole.to), ..whole }
            }
            Some(most) => Part { from: self.nth(whole, most, true).await?.unwrap_or(whole.from), ..whole },
        })
    }

    /// The `n`-th event of the part that the filter lets through, from its end or its beginning. `None`: there are fewer.
    async fn nth(&self, part: Part, n: u32, from_end: bool) -> Result<Option<i64>> {
        let mut left = n;
        for page in pages(part, from_end) {
            for entry in self.read(page, from_end).await? {
                left -= 1;
                if left == 0 {
                    return Ok(Some(entry.seq));
                }
            }
        }
        Ok(None)
    }

    /// The entries of a page that the filter lets through.
    async fn read(&self, page: Part, backwards: bool) -> Result<Vec<Entry>> {
        let Session { app, caller, thread } = &self.session;
        let mut entries = app.events_between(caller, *thread, page.from, page.to).await?;
        entries.retain(|entry| self.filter.lets(entry));
        if backwards {
            entries.reverse();
        }
        Ok(entries)
    }

    /// `{"data":[…]}`, piece by piece.
    pub fn write(self, part: Part, newest_first: bool) -> impl Stream<Item = Result<Bytes>> + Send {
        let first = (self, Memory::default(), pages(part, newest_first), true);
        let events = stream::try_unfold(first, move |(history, mut memory, mut pages, mut is_first)| async move {
            let Some(page) = pages.next() else { return Ok(None) };
            let mut text = String::new();
            for entry in history.read(page, newest_first).await? {
                if !std::mem::take(&mut is_first) {
                    text.push(',');
                }
                text.push_str(&history.event(&entry, &mut memory).await?);
            }
            Ok::<_, Error>(Some((Bytes::from(text), (history, memory, pages, is_first))))
        });
        let open = stream::iter([Ok(Bytes::from_static(br#"{"data":["#))]);
        let close = stream::iter([Ok(Bytes::from_static(b"]}"))]);
        open.chain(events).chain(close).inspect_err(|error| tracing::error!(?error, "a list of events broke off"))
    }

    async fn event(&self, entry: &Entry, memory: &mut Memory) -> Result<String> {
        let around = memory.around(&self.session, entry).await?;
        let event = told::event(told::own(entry, &around), self.session.thread, &self.event_ids);
        Ok(serde_json::to_string(&event).expect("what goes over the wire has text for its keys"))
    }
}

/// The part in pages, from its beginning or from its end.
pub fn pages(part: Part, backwards: bool) -> impl Iterator<Item = Part> + Send {
    let count = ((part.to - part.from.saturating_sub(1)).max(0) + PAGE - 1) / PAGE;
    (0..count).map(move |i| match backwards {
        false => {
            let from = part.from + i * PAGE;
            Part { from, to: part.to.min(from + PAGE - 1) }
        }
        true => {
            let to = part.to - i * PAGE;
            Part { from: part.from.max(to - PAGE + 1), to }
        }
    })
}

fn bounded(name: &str, value: Option<u32>, most: u32) -> Result<Option<u32>> {
    match value.is_none_or(|value| (1..=most).contains(&value)) {
        true => Ok(value),
        false => Err(Error::field(name, format!("must be between 1 and {most}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_cover_a_part_once_in_either_direction() {
        for (from, to) in [(1, 0), (1, 1), (5, 260), (5, 261), (1, 1_000), (9, 3), (i64::MAX, 7)] {
            for backwards in [false, true] {
                let mut all: Vec<i64> =
                    pages(Part { from, to }, backwards).flat_map(|page| page.from..=page.to).collect();
                all.sort_unstable();
                let expected: Vec<i64> = if from <= to { (from..=to).collect() } else { Vec::new() };
                assert_eq!(all, expected, "{from} {to} {backwards}");
            }
        }
    }
}
