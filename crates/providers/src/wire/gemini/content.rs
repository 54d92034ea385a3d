//! The contents of a request: a user begins, the user and the model take turns, and all results stand first behind their calls.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{Kept, Map};

use super::{
    NAME, NO_SIGNATURE,
    request::{Content, Part},
};
use crate::{
    names::Names,
    wire::{
        Call,
        calls::object,
        transcript::{AGENT_FIRST, Answer, Outcome, Piece, Spoken, spoken},
    },
};

/// The transcript as contents. `tools` are the names of the request's tools.
pub(super) fn contents(call: &Call<'_>, tools: &Names) -> Vec<Content> {
    let mut contents = Vec::new();
    for spoken in spoken(call, NAME, false) {
        match spoken {
            Spoken::User(pieces) => join(&mut contents, "user", pieces.iter().map(piece).collect()),
            Spoken::Agent(answer) => {
                let own = answer.blocks.and_then(|blocks| given_back(blocks, &answer));
                let said = own.unwrap_or_else(|| told(&answer, tools));
                let results = results(&said, &answer);
                join(&mut contents, "model", said);
                join(&mut contents, "user", results);
            }
        }
    }
    if contents.first().is_some_and(|first| first.role == "model") {
        contents.insert(0, Content { role: "user", parts: vec![text(AGENT_FIRST)] });
    }
    contents
}

/// Appends parts to the last content of the role. Nothing is appended without parts.
fn join(contents: &mut Vec<Content>, role: &'static str, parts: Vec<Part>) {
    match contents.last_mut().filter(|last| last.role == role) {
        Some(last) => last.parts.extend(parts),
        None if parts.is_empty() => {}
        None => contents.push(Content { role, parts }),
    }
}

fn one(name: &str, value: impl Into<Kept>) -> Part {
    Map::from_iter([(name.to_owned(), value.into())])
}

pub(super) fn text(text: &str) -> Part {
    one("text", text)
}

fn piece(piece: &Piece) -> Part {
    match piece {
        Piece::Text(own) => text(own),
        Piece::Picture { media_type, bytes } => {
            let mut data = one("mimeType", media_type.as_str());
            data.insert("data".into(), STANDARD.encode(bytes).into());
            one("inlineData", data)
        }
        Piece::PictureUrl(url) => text(&format!("[{url}]")),
    }
}

/// The answer's own parts. A call that has an id gets the message's. `None` if the parts do not fit the message.
fn given_back(blocks: &[Kept], answer: &Answer<'_>) -> Option<Vec<Part>> {
    let mut said = Vec::new();
    let mut left = answer.calls.iter();
    for own in blocks {
        let mut own: Part = own.read()?;
        if let Some(function) = own.get("functionCall") {
            let (call, _) = left.next()?;
            let mut function: Map = function.read()?;
            let has_id = function.get("id").is_some();
            if has_id {
                function.insert("id".into(), call.id.as_str().into());
            }
            own.insert("functionCall".into(), function.into());
        }
        said.push(own);
    }
    let is_thought = |part: &Part| part.get("thought").is_some() && part.get("thoughtSignature").is_none();
    let has_words = !said.iter().all(is_thought);
    (left.next().is_none() && has_words).then_some(said)
}

/// The answer as text and calls. Calls without ids belong to their results by place.
fn told(answer: &Answer<'_>, tools: &Names) -> Vec<Part> {
    let calls = answer.calls.iter().enumerate().map(|(place, (call, _))| {
        let mut function = one("name", tools.wire(&call.name));
        function.insert("args".into(), object(&call.arguments));
        let mut part = one("functionCall", function);
        if place == 0 {
            part.insert("thoughtSignature".into(), NO_SIGNATURE.into());
        }
        part
    });
    answer.texts.iter().map(|own| text(own)).chain(calls).collect()
}

/// The results of the calls that were said, each with the call's name, and with its id if the call has one.
fn results(said: &[Part], answer: &Answer<'_>) -> Vec<Part> {
    let calls = said.iter().filter_map(|part| part.get("functionCall")?.read::<Map>());
    let results = calls.zip(&answer.calls).map(|(function, (_, outcome))| {
        let mut response = Map::new();
        for name in ["id", "name"] {
            if let Some(value) = function.get(name) {
                response.insert(name.into(), value.clone());
            }
        }
        response.insert("response".into(), told_outcome(outcome).into());
        one("functionResponse", response)
    });
    results.collect()
}

fn told_outcome(outcome: &Outcome) -> Map {
    one(if outcome.is_error { "error" } else { "output" }, outcome.text.as_str())
}
