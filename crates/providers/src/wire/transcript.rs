//! A transcript in the form that all wires have in common.
//!
//! The user and the agent take turns to speak: user messages in a row are one stretch, and each agent message has the
//! results of its calls beside it. A message becomes the same pieces whatever follows it, so that the prefix of a
//! request stays the same while the transcript grows.

use std::collections::HashMap;

use bytes::Bytes;
use domain::{
    AttachmentId, Kept,
    attachment::is_text,
    block::Blocks,
    message::{Message, Part, Role, ToolCall, ToolResult, is_blank},
};

use super::Call;
use crate::model::{File, Said};

/// A stretch of the transcript with one speaker.
#[derive(Debug)]
pub(super) enum Spoken<'c> {
    /// User messages in a row. At least one piece.
    User(Vec<Piece>),
    Agent(Answer<'c>),
}

/// A message of the agent, with something to send.
#[derive(Debug)]
pub(super) struct Answer<'c> {
    /// The text parts, none of them blank. Other parts are named in brackets.
    pub texts: Vec<String>,
    /// The calls, each with its result.
    pub calls: Vec<(&'c ToolCall, Outcome)>,
    /// The answer as this call's own provider, wire and model made it.
    pub blocks: Option<&'c [Kept]>,
}

/// The result of a tool as a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub text: String,
    pub is_error: bool,
}

impl Outcome {
    /// The text for a wire without a mark for errors: the text of an error says that it is one.
    pub fn into_text(self) -> String {
        if self.is_error { format!("Error: {}", self.text) } else { self.text }
    }
}

/// A piece of what a user said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Never blank.
    Text(String),
    /// A picture in one of the formats of [`PICTURES`].
    Picture { media_type: String, bytes: Bytes },
    /// The address of a picture. Only where the provider takes addresses.
    PictureUrl(String),
}

/// The words of a user before an agent that speaks first. Some providers demand that a user begins.
pub(super) const AGENT_FIRST: &str = "[The agent speaks first.]";

/// The result of a call whose result is not in the transcript.
const NO_RESULT: &str = "The tool gave no result.";

/// The formats of pictures that all vendors read.
const PICTURES: [&str; 4] = ["image/gif", "image/jpeg", "image/png", "image/webp"];

/// The transcript of the call for this wire. `takes_urls`: whether the provider fetches pictures by their address.
///
/// A call without a result gets one that says so, and a result without its call is left out.
pub(super) fn spoken<'c>(call: &Call<'c>, wire: &str, takes_urls: bool) -> Vec<Spoken<'c>> {
    let results = results(&call.request.transcript);
    let mut all: Vec<Spoken<'c>> = Vec::new();
    for said in &call.request.transcript {
        match said.message.role {
            Role::User => {
                let pieces = pieces(call, &said.message, takes_urls);
                match all.last_mut() {
                    Some(Spoken::User(stretch)) => stretch.extend(pieces),
                    _ if pieces.is_empty() => {}
                    _ => all.push(Spoken::User(pieces)),
                }
            }
            Role::Agent => all.extend(answer(call, wire, said, &results).map(Spoken::Agent)),
            Role::Tool => {}
        }
    }
    all
}

/// The results of the transcript by the ids of their calls, the first of each.
fn results(transcript: &[Said]) -> HashMap<&str, &ToolResult> {
    let mut results = HashMap::new();
    for result in transcript.iter().flat_map(|said| said.message.body.tool_results()) {
        results.entry(result.tool_call_id.as_str()).or_insert(result);
    }
    results
}

/// `None` if the message has nothing to send. Of an interrupted message, only its text is sent.
fn answer<'c>(call: &Call<'c>, wire: &str, said: &'c Said, results: &HashMap<&str, &ToolResult>) -> Option<Answer<'c>> {
    let body = &said.message.body;
    let is_whole = !body.interrupted;
    let texts = body.content.iter().filter_map(shown).collect::<Vec<_>>();
    let calls = body.tool_calls().filter(|_| is_whole);
    let calls = calls.map(|call| (call, outcome(results.get(call.id.as_str()).copied()))).collect::<Vec<_>>();
    let blocks = said.blocks.as_deref().filter(|blocks| is_whole && is_own(call, wire, blocks));
    let blocks = blocks.map(|blocks| blocks.blocks.as_slice());
    let is_empty = texts.is_empty() && calls.is_empty() && blocks.is_none();
    (!is_empty).then_some(Answer { texts, calls, blocks })
}

/// Tells whether the blocks may go back: to the same provider, wire and model only.
fn is_own(call: &Call<'_>, wire: &str, blocks: &Blocks) -> bool {
    let origin = &blocks.origin;
    origin.provider == call.provider && origin.wire == wire && origin.model == call.model
}

/// The result as a text: a string's content, or the JSON of any other value.
fn outcome(result: Option<&ToolResult>) -> Outcome {
    let (text, is_error) = match result {
        None => (NO_RESULT.to_owned(), true),
        Some(ToolResult { error: Some(error), .. }) => (error.clone(), true),
        Some(ToolResult { result, .. }) => (result.clone().map(Kept::into_plain).unwrap_or_default(), false),
    };
    Outcome { text, is_error }
}

/// The part as a text: text as it is, others by name in brackets. `None` if nothing is to be read.
fn shown(part: &Part) -> Option<String> {
    match part {
        Part::Text { text } if is_blank(text) => None,
        Part::Text { text } => Some(text.clone()),
        Part::Image { url: Some(url), .. } | Part::Link { url } => Some(format!("[{url}]")),
        Part::Image { .. } | Part::ImageFile { filename: None, .. } => Some("[image]".into()),
        Part::ImageFile { filename: Some(name), .. } => Some(format!("[image: {name}]")),
        Part::File { name, .. } => Some(format!("[{name}]")),
        Part::Thinking { .. } | Part::ToolCall(_) | Part::ToolResult(_) => None,
    }
}

fn pieces(call: &Call<'_>, message: &Message, takes_urls: bool) -> Vec<Piece> {
    let reads_pictures = call.abilities.is_none_or(|abilities| abilities.images != Some(false));
    let file = |id: AttachmentId| call.request.files.get(&id);
    let piece = |part: &Part| match part {
        Part::Image { attachment: Some(id), .. } | Part::ImageFile { attachment: id, .. } => {
            file(*id).filter(|_| reads_pictures).and_then(picture)
        }
        Part::Image { url: Some(url), .. } if takes_urls && reads_pictures => Some(Piece::PictureUrl(url.clone())),
        Part::File { attachment, name, .. } => file(*attachment)
            .and_then(|file| picture(file).filter(|_| reads_pictures).or_else(|| text_file(name, file))),
        _ => None,
    };
    message.body.content.iter().filter_map(|part| piece(part).or_else(|| shown(part).map(Piece::Text))).collect()
}

fn picture(file: &File) -> Option<Piece> {
    let media_type = PICTURES.into_iter().find(|known| file.media_type.eq_ignore_ascii_case(known))?;
    Some(Piece::Picture { media_type: media_type.into(), bytes: file.bytes.clone() })
}

/// The text of the file below its name. `None` for other files.
fn text_file(name: &str, file: &File) -> Option<Piece> {
    let text = std::str::from_utf8(&file.bytes).ok().filter(|text| is_text(&file.media_type) && !is_blank(text))?;
    Some(Piece::Text(format!("[{name}]\n{text}")))
}
