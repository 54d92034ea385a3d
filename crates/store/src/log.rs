//! Appending to a thread's log: its entries, the messages among them and the thread's head, in one flight.

use domain::{Result, event::Entry, thread::Thread};

use crate::{Param, Tx, json};

/// Writes `entries` and the head that they leave behind. The caller has locked the thread, numbered the entries from
/// `last_seq` on and changed `head` accordingly.
pub async fn append(tx: &mut Tx, head: &Thread, entries: &[Entry]) -> Result<()> {
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        let message = match &entry.message {
            Some(message) => Some((
                message,
                message.role.as_str(),
                json(&message.author)?,
                json(&message.body)?,
                message.body.is_listed(),
            )),
            None => None,
        };
        rows.push((entry, entry.event.kind(), json(&entry.event)?, message));
    }
    let mut params: Vec<(&'static str, Vec<&dyn Param>)> = Vec::with_capacity(entries.len() * 2 + 1);
    for (entry, kind, data, message) in &rows {
        if let Some((message, role, author, body, listed)) = message {
            params.push((
                "INSERT INTO messages (thread_id, seq, id, turn_id, role, listed, author, body, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                vec![&entry.thread, &entry.seq, &message.id, &message.turn, role, listed, author, body, &message.at],
            ));
        }
        params.push((
            "INSERT INTO events (thread_id, seq, turn_id, kind, data, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            vec![&entry.thread, &entry.seq, &entry.turn, kind, data, &entry.at],
        ));
    }
    let head = crate::threads::Save::of(head)?;
    params.push(head.statement());
    let statements: Vec<(&'static str, &[&dyn Param])> = params.iter().map(|(sql, p)| (*sql, p.as_slice())).collect();
    tx.execute_all(&statements).await.map(drop)
}
