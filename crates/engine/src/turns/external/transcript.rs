//! The transcript of a claimed turn: the one that a model would get.

use std::sync::Arc;

use domain::{message::Message, turn::Turn};
use store::Bound;

use crate::{
    inner::Inner,
    persist::look_up,
    turns::{
        fitting::{self, Room},
        run::Halt,
        step,
        transcript::OfThread,
    },
};

/// The messages up to `reads`, fitted to the limits of a transcript.
///
/// # Errors
/// As for a model: the transcript cannot be read, or cannot fit.
pub(crate) async fn transcript(turn: &Turn, reads: i64, inner: &Arc<Inner>) -> Result<Vec<Message>, Halt> {
    let bound = Bound::page(inner.limits.transcript as i64, inner.limits.transcript_bytes as i64);
    let stretch_bytes = usize::try_from(inner.limits.stretch_bytes).unwrap_or(usize::MAX);
    let read = OfThread { turn: turn.clone(), reads, bound, with_files: false, stretch_bytes };
    let read = look_up(inner, read).await.map_err(step::unread)?;
    let fitted = fitting::fitted(turn, read, &Room::default(), inner).await?;
    Ok(fitted.transcript.into_iter().map(|said| said.message).collect())
}
