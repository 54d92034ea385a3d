//! Appends to a thread's log: its entries with their messages, and the thread's head, in one round trip.

use domain::{Result, Timestamp, event::Entry, thread::Thread};

use crate::{Param, Tx, forks::NOBODY, json, messages::MARK, participants, threads};

/// Writes `entries` and the new `head`, and returns the bytes of text of each entry.
///
/// The caller has locked the thread, numbered the entries from `last_seq` on, and updated `head`, including its count
/// of readable messages. Messages of an unfinished fork belong to the fork's future project. `beside` is the number of
/// bytes stored (or removed, if negative) beside the entries.
pub async fn append(tx: &mut Tx, head: &Thread, entries: &[Entry], beside: i64) -> Result<Vec<usize>> {
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
        if head.project == NOBODY {
            params.push((
                "INSERT INTO events (thread_id, seq, turn_id, kind, data, at, message_id, message_turn_id, role, listed, author, body, project_id)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
                     (SELECT f.project_id FROM forks f WHERE f.thread_id = ?1))",
                row,
            ));
            continue;
        }
        row.push(&head.project);
        params.push((
            "INSERT INTO events (thread_id, seq, turn_id, kind, data, at, message_id, message_turn_id, role, listed, author, body, project_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            row,
        ));
    }
    let marks = marks(head, entries);
    params.extend(marks.iter().map(|mark| {
        let row: Vec<&dyn Param> = vec![&head.id, &mark.number, &mark.seq];
        ("INSERT INTO listed_marks (thread_id, number, seq) VALUES (?1, ?2, ?3)", row)
    }));
    let said =
        |message: &Option<(_, _, String, String, _)>| message.as_ref().map_or(0, |(_, _, _, body, _)| body.len());
    let sizes: Vec<usize> = rows.iter().map(|(_, _, data, message)| data.len() + said(message)).collect();
    let save = Save::of(head, beside + sizes.iter().sum::<usize>() as i64)?;
    params.push(save.statement());
    let statements: Vec<(&'static str, &[&dyn Param])> = params.iter().map(|(sql, p)| (*sql, p.as_slice())).collect();
    tx.execute_all(&statements).await?;
    Ok(sizes)
}

/// The `number`-th readable message of a thread.
struct Mark {
    number: i64,
    seq: i64,
}

/// The marks that the entries add.
fn marks(head: &Thread, entries: &[Entry]) -> Vec<Mark> {
    let listed = |entry: &&Entry| entry.message.as_ref().is_some_and(|message| message.body.is_listed());
    let before = head.listed - entries.iter().filter(listed).count() as i64;
    let numbered = (before + 1..).zip(entries.iter().filter(listed));
    let marked = numbered.filter(|(number, _)| number % MARK == 0);
    marked.map(|(number, entry)| Mark { number, seq: entry.seq }).collect()
}

/// The columns of a head that an append changes, ready to bind.
struct Save<'t> {
    thread: &'t Thread,
    metadata: String,
    closed: Option<String>,
    ticket: &'static str,
    participants: String,
    spent: Option<String>,
    wanted: Option<String>,
    last_words: Option<String>,
    active: i64,
    silent_until: Option<Timestamp>,
    unanswered: (Option<Timestamp>, Option<i64>),
    /// Growth of the stored bytes.
    grown: i64,
}

impl<'t> Save<'t> {
    fn of(thread: &'t Thread, grown: i64) -> Result<Self> {
        let (metadata, closed) = (json(&thread.metadata)?, thread.closed.as_ref().map(json).transpose()?);
        let participants = participants::lines(&thread.participants);
        let (ticket, spent) = (thread.ticket.as_str(), threads::spent(thread)?);
        let (wanted, silent_until) = (threads::wanted(thread)?, thread.people.silent_until());
        let (last_words, active) = (threads::last_words(thread)?, threads::active(thread));
        let unanswered = thread.people.unanswered.map(|one| (one.since, one.seq)).unzip();
        Ok(Self {
            thread,
            metadata,
            closed,
            ticket,
            participants,
            spent,
            wanted,
            last_words,
            active,
            silent_until,
            unanswered,
            grown,
        })
    }

    fn statement(&self) -> (&'static str, Vec<&dyn Param>) {
        let thread = self.thread;
        (
            "UPDATE threads SET agent_id = ?2, title = ?3, metadata = ?4, last_seq = ?5, last_at = ?6, closed = ?7,
             window_s = ?8, window_ends_at = ?9, ticket = ?10, participants = ?11, listed = ?12,
             stored_bytes = stored_bytes + ?13, spent = ?14, held_since = ?15, assignee_id = ?16, wanted = ?17,
             silent_until = ?18, unanswered_since = ?19, unanswered_seq = ?20, people_seq = ?21,
             last_words = ?22, active = ?23, idle_s = ?24, agent_silent_at = ?25 WHERE id = ?1",
            vec![
                &thread.id,
                &thread.agent,
                &thread.title,
                &self.metadata,
                &thread.last_seq,
                &thread.last_at,
                &self.closed,
                &thread.window_s,
                &thread.window_ends_at,
                &self.ticket,
                &self.participants,
                &thread.listed,
                &self.grown,
                &self.spent,
                &thread.people.held_since,
                &thread.people.assignee,
                &self.wanted,
                &self.silent_until,
                &self.unanswered.0,
                &self.unanswered.1,
                &thread.people.first_seq,
                &self.last_words,
                &self.active,
                &thread.people.idle_s,
                &thread.people.agent_silent_at,
            ],
        )
    }
}
