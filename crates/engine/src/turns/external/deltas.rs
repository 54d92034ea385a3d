//! Pieces of a message that a program is still saying, shown as a model's are.

use std::time::Duration;

use domain::{
    Error, Position, Result,
    event::{Delta, DeltaKind, Item},
    external::{Answer, Saying},
    message::PARTS_APART,
};
use store::Tx;

use super::{Piece, call::Work, finish, say, step};

/// The result of showing pieces.
pub(super) enum Shown {
    Done(Answer),
    /// The pieces come too soon after the ones before them.
    Wait(Duration),
}

/// Writes the pieces, neighbours of one kind as one delta. The first piece of a message announces it.
///
/// # Errors
/// `conflict` while a call has no result; `invalid` for a message beyond its bound.
pub(super) async fn show(tx: &mut Tx, work: &mut Work<'_>, pieces: Vec<Piece>, is_paced: bool) -> Result<Shown> {
    let now = work.journal.now;
    let limits = &work.inner.limits;
    let mut saying = match work.row.progress.saying.take() {
        Some(saying) => {
            let left_us = saying.at.plus_us(limits.delta_ms as i64 * 1_000).since_us(now);
            if left_us > 0 && !is_paced {
                return Ok(Shown::Wait(Duration::from_micros(left_us.unsigned_abs())));
            }
            saying
        }
        None => match begin(tx, work).await? {
            Ok(saying) => saying,
            Err(failed) => return Ok(Shown::Done(failed)),
        },
    };
    for Piece { kind, text } in joined(pieces) {
        let was_said = match kind {
            DeltaKind::Text => saying.text_chars > 0,
            DeltaKind::Thinking => saying.thinking_chars > 0,
        };
        let text = if was_said && kind != saying.kind { format!("{PARTS_APART}{text}") } else { text };
        saying.bytes += text.len() as u64;
        if saying.bytes > limits.reply_bytes {
            let message = format!("must not make the message longer than {} bytes", limits.reply_bytes);
            return Err(Error::field("deltas", message));
        }
        if kind == DeltaKind::Text {
            work.row.progress.first_text_at.get_or_insert(now);
        }
        write(tx, work, &mut saying, kind, text).await?;
    }
    saying.at = now;
    work.row.progress.saying = Some(saying);
    Ok(Shown::Done(Answer { held: true, ..Answer::default() }))
}

/// Announces a message. The inner `Err`: the turn has reached its limit of steps, and has failed.
async fn begin(tx: &mut Tx, work: &mut Work<'_>) -> Result<std::result::Result<Saying, Answer>> {
    let known = say::known(tx, work).await?;
    let from = (known.progress.steps, work.reads());
    let message = match step::begin(&mut work.journal, &work.turn, &work.agent, from, work.inner) {
        Ok(message) => message,
        Err(most) => {
            return finish::too_many(tx, work, known.progress, most).await.map(Err);
        }
    };
    let (at, kind) = (work.journal.now, DeltaKind::Text);
    let saying = Saying { message, previous: (0, 0), kind, text_chars: 0, thinking_chars: 0, bytes: 0, at };
    work.journal.has_no_deltas();
    Ok(Ok(saying))
}

/// The pieces without empty ones, neighbours of one kind joined.
fn joined(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut joined: Vec<Piece> = Vec::new();
    for piece in pieces.into_iter().filter(|piece| !piece.text.is_empty()) {
        match joined.last_mut() {
            Some(last) if last.kind == piece.kind => last.text.push_str(&piece.text),
            _ => joined.push(piece),
        }
    }
    joined
}

async fn write(tx: &mut Tx, work: &Work<'_>, saying: &mut Saying, kind: DeltaKind, text: String) -> Result<()> {
    let seq = work.journal.thread.last_seq;
    let Position { n, .. } = saying.next(seq);
    let chars = text.chars().count() as i64;
    let offset = match kind {
        DeltaKind::Text => &mut saying.text_chars,
        DeltaKind::Thinking => &mut saying.thinking_chars,
    };
    let delta = Delta {
        thread: work.turn.thread,
        seq,
        n,
        turn: work.turn.id,
        attempt: work.turn.attempt,
        message: saying.message,
        kind,
        offset: *offset,
        text,
        at: work.journal.now,
    };
    *offset += chars;
    (saying.previous, saying.kind) = ((seq, n), kind);
    store::deltas::insert(tx, &delta).await?;
    let inner = work.inner.clone();
    tx.on_commit(move || inner.hub.tell(delta.thread, || vec![(delta.text.len(), Item::Delta(delta))]));
    Ok(())
}
