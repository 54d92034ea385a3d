//! The model of an installation without a provider: says what the user said, at once, in one piece.

use domain::message::{Message, Role};
use futures_util::{StreamExt, stream};

use crate::model::{Chunk, Request, Stream, Usage};

/// The user's text as one piece, then the end. Takes every model, control and part, and calls no tool.
pub(crate) fn answer(request: &Request) -> Stream {
    let text = said_last(&request.transcript);
    let end = Chunk::End(usage(request, text.chars().count()));
    let said = (!text.is_empty()).then_some(Chunk::Text(text));
    stream::iter(said.into_iter().chain([end]).map(Ok)).boxed()
}

/// What the user said last: the newest message of a user and all before it back to an agent's, joined by blank lines.
/// Parts other than text are named in brackets. Several messages are one answer's when a turn was joined by some, and
/// results of tools between them are not the user's words.
pub(crate) fn said_last(transcript: &[Message]) -> String {
    let newest = transcript.iter().rposition(|m| m.role == Role::User).map_or(0, |at| at + 1);
    let first = transcript[..newest].iter().rposition(|m| m.role == Role::Agent).map_or(0, |at| at + 1);
    let texts: Vec<String> = transcript[first..newest]
        .iter()
        .filter(|m| m.role == Role::User)
        .map(|m| m.body.plain_text())
        .filter(|text| !text.is_empty())
        .collect();
    texts.join("\n\n")
}

/// Approximate, for an answer of so many characters: the instructions and the transcript's plain text were read.
pub(crate) fn usage(request: &Request, chars_said: usize) -> Usage {
    let transcript: usize = request.transcript.iter().map(|m| m.body.plain_text().chars().count()).sum();
    Usage::approximate(request.instructions.chars().count() + transcript, chars_said)
}
