//! The transcript of a claimed turn: the one that a model would get.

use std::sync::Arc;

use domain::{message::Message, turn::Turn};

use crate::{
    inner::Inner,
    turns::{
        fitting::{self, Room},
        run::Halt,
        transcript,
    },
};

/// The messages up to `reads`, fitted to the limits of a transcript.
///
/// # Errors
/// As for a model: the transcript cannot be read, or cannot fit.
pub(crate) async fn transcript(turn: &Turn, reads: i64, inner: &Arc<Inner>) -> Result<Vec<Message>, Halt> {
    let read = transcript::of_thread(turn, reads, false, inner).await?;
    let fitted = fitting::fitted(turn, read, &Room::default(), inner).await?;
    Ok(fitted.transcript.into_iter().map(|said| said.message).collect())
}
