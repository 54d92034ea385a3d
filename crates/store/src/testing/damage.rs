//! Damages rows as a bad disk or a person may, for tests that the rest is not affected.

use domain::{MessageId, Result, ThreadId};

use crate::{Store, op};

/// Makes the head of a thread unreadable, so that each read of it fails.
pub async fn damage_thread(store: &Store, thread: ThreadId) -> Result<()> {
    let damage = op(move |tx| {
        Box::pin(async move { tx.execute("UPDATE threads SET ticket = 'damaged' WHERE id = ?1", &[&thread]).await })
    });
    store.write(damage).await.map(drop)
}

/// Makes one message of a thread unreadable, and with it every page that contains it.
pub async fn damage_message(store: &Store, thread: ThreadId, id: MessageId) -> Result<()> {
    let damage = op(move |tx| {
        Box::pin(async move {
            tx.execute("UPDATE events SET body = 'damaged' WHERE thread_id = ?1 AND message_id = ?2", &[&thread, &id])
                .await
        })
    });
    store.write(damage).await.map(drop)
}

/// Makes the variables of a thread unreadable.
pub async fn damage_variables(store: &Store, thread: ThreadId) -> Result<()> {
    let damage = op(move |tx| {
        Box::pin(async move {
            tx.execute("UPDATE thread_variables SET variables = 'damaged' WHERE thread_id = ?1", &[&thread]).await
        })
    });
    store.write(damage).await.map(drop)
}
