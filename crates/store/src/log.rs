//! Appending to a thread's log: its entries, each with the message that it is, and the thread's head, in one flight.

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
    let mut params: Vec<(&'static str, Vec<&dyn Param>)> = Vec::with_capacity(entries.len() + 1);
    for (entry, kind, data, message) in &rows {
        let mut row: Vec<&dyn Param> = vec![&entry.thread, &entry.seq, &entry.turn, kind, data, &entry.at];
        let Some((message, role, author, body, listed)) = message else {
            params.push((
                "INSERT INTO events (thread_id, seq, turn_id, kind, data, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                row,
            ));
            continue;
        };
        row.extend([&message.id as &dyn Param, &message.turn, role, listed, author, body]);
        params.push((
            "INSERT INTO events (thread_id, seq, turn_id, kind, data, at, message_id, message_turn_id, role, listed, author, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            row,
        ));
    }
    let head = crate::threads::Save::of(head)?;
    params.push(head.statement());
    let statements: Vec<(&'static str, &[&dyn Param])> = params.iter().map(|(sql, p)| (*sql, p.as_slice())).collect();
    tx.execute_all(&statements).await.map(drop)
}
