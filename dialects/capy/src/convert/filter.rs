//! Converts the filter of a list of threads.

use domain::{Error, Result, id};
use engine::app::threads::Filter;

use crate::wire::{ListThreadsQuery, PrState, ThreadOrigin, ThreadStatus};

/// The meaning of a query.
pub enum Wanted {
    /// A property that no thread has.
    Nothing,
    /// Threads that match the filter, created and written in by the members with these addresses.
    Threads { filter: Box<Filter>, author: Option<String>, participant: Option<String> },
}

/// # Errors
/// `invalid` for a person who is named twice, by id and by address.
pub fn wanted(query: &ListThreadsQuery) -> Result<Wanted> {
    for (id, email, name, other) in [
        (&query.author_id, &query.author_email, "authorId", "authorEmail"),
        (&query.participant_id, &query.participant_email, "participantId", "participantEmail"),
    ] {
        if id.is_some() && email.is_some() {
            return Err(Error::field(name, format!("must not be combined with {other}")));
        }
    }
    // There are no pull requests and no Slack, and threads come only from the API.
    let elsewhere = query.pr_number.is_some()
        || query.branch.is_some()
        || query.slack_thread_ts.is_some()
        || query.slack_channel_id.is_some()
        || query.pr_state.is_some_and(|state| state != PrState::None)
        || query.origin.is_some_and(|origin| origin != ThreadOrigin::Api);
    let ids = [&query.author_id, &query.participant_id];
    let [begun_by, participant] = ids.map(|id| id.as_ref().map(|id| id::plain(&id.0)));
    if elsewhere || begun_by == Some(None) || participant == Some(None) {
        return Ok(Wanted::Nothing);
    }
    let (closed, is_awaited) = match query.status {
        None => (None, None),
        Some(ThreadStatus::Archived) => (Some(true), None),
        Some(ThreadStatus::Active) => (Some(false), Some(true)),
        Some(ThreadStatus::Idle) => (Some(false), Some(false)),
    };
    let filter = Filter {
        closed,
        is_awaited,
        tag: query.tag.as_ref().map(|tag| tag.0.clone()),
        begun_by: begun_by.flatten(),
        participant: participant.flatten(),
        ..Filter::default()
    };
    Ok(Wanted::Threads {
        filter: Box::new(filter),
        author: query.author_email.as_ref().map(|email| email.0.clone()),
        participant: query.participant_email.as_ref().map(|email| email.0.clone()),
    })
}
