//! The model of an installation without a provider. It repeats the user's text at once, in one piece.

use domain::{
    message::{Message, Role},
    step::Stop,
    usage::Usage,
};
use futures_util::{StreamExt, stream};

use crate::model::{Chunk, End, Request, Said, Stream};

/// The user's text as one piece, then the end. It accepts every model, control and part, and calls no tool.
pub(crate) fn answer(request: &Request) -> Stream {
    let text = said_last(&request.transcript);
    let end = Chunk::End(End::plain(usage(request, text.chars().count()), Stop::End));
    let said = (!text.is_empty()).then_some(Chunk::Text(text));
    stream::iter(said.into_iter().chain([end]).map(Ok)).boxed()
}

/// The user's last text: the newest user message and those before it back to an agent's, joined by blank lines. Parts
/// other than text appear as names in brackets. Several messages belong to one answer if some joined the turn. Tool
/// results between them are skipped.
pub(crate) fn said_last(transcript: &[Said]) -> String {
    let messages: Vec<&Message> = transcript.iter().map(|said| &said.message).collect();
    let newest = messages.iter().rposition(|m| m.role == Role::User).map_or(0, |at| at + 1);
    let first = messages[..newest].iter().rposition(|m| m.role == Role::Agent).map_or(0, |at| at + 1);
    let texts: Vec<String> = messages[first..newest]
        .iter()
        .filter(|m| m.role == Role::User)
        .map(|m| m.body.plain_text())
        .filter(|text| !text.is_empty())
        .collect();
    texts.join("\n\n")
}

/// Approximate usage of an answer with this many characters. Instructions and plain text of the transcript count as
/// read.
pub(crate) fn usage(request: &Request, chars_said: usize) -> Usage {
    let transcript: usize = request.transcript.iter().map(|said| said.message.body.plain_text().chars().count()).sum();
    Usage::approximate(request.instructions.chars().count() + transcript, chars_said)
}
