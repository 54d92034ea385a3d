//! Rows as a bad disk or a hand may leave them: for tests of what these must not do to the rest.

use domain::{Result, ThreadId};

use crate::{Store, op};

/// Makes the head of a thread unreadable: whatever asks for it fails, again and again.
pub async fn damage_thread(store: &Store, thread: ThreadId) -> Result<()> {
    let damage = op(move |tx| {
        Box::pin(async move { tx.execute("UPDATE threads SET ticket = 'damaged' WHERE id = ?1", &[&thread]).await })
    });
    store.write(damage).await.map(drop)
}
