//! Who holds a thread, and who may speak in it.

use domain::{Error, MemberId, Result, author::Author, codes};
use store::Tx;

use crate::{inner::Inner, journal::Journal};

/// The refusal of another member's act, with the holder's name and since when the member holds the thread.
pub(crate) async fn held_by_other(tx: &mut Tx, journal: &Journal, holder: MemberId) -> Result<Error> {
    let thread = &journal.thread;
    let member = store::members::find(tx, thread.project, holder).await?;
    let name = member.map_or_else(|| "A removed member".to_owned(), |member| member.name.unwrap_or(member.email));
    let since = thread.people.held_since.unwrap_or(thread.last_at);
    let message = format!("{name} has held the thread since {since}; its newest entry is of {}", thread.last_at);
    Ok(Error::conflict(codes::HELD_BY_OTHER, message))
}

/// Tells whether a member may take the thread from its holder: the customer has waited for too long.
pub(crate) fn is_overdue(journal: &Journal, inner: &Inner) -> bool {
    let idle_s = i64::try_from(inner.limits.hold_idle_s).unwrap_or(i64::MAX);
    journal.thread.people.is_overdue(journal.now, idle_s)
}

/// Admits the project's letter to a thread. While a member holds the thread, only the holder's letters are admitted.
///
/// # Errors
/// `conflict` for another member's letter (`held_by_other`), and for one of no member (`thread_held`).
pub(crate) async fn admit_letter(tx: &mut Tx, journal: &Journal, author: &Author) -> Result<()> {
    match (journal.thread.people.holder(), author) {
        (None, _) => Ok(()),
        (Some(holder), Author::Member { member, .. }) if holder == *member => Ok(()),
        (Some(holder), Author::Member { .. }) => Err(held_by_other(tx, journal, holder).await?),
        (Some(_), _) => {
            Err(Error::conflict(codes::THREAD_HELD, "A member holds the thread, so the message must name the member"))
        }
    }
}
