//! Converts clients' messages.

use dialect_kit::{IdempotencyKey, Source};
use domain::{
    Error, Limits, Result,
    author::ExternalActor,
    controls::{Reasoning, Speed},
    error::Field,
    message::Body,
};
use engine::{Origin, OriginKind, app::models::Models, breaks_line};
use http::HeaderMap;

use super::controls;
use crate::{NAME, ids, wire};

/// The message without its content, and the content as sent, whose bytes must be stored first (`intake`).
///
/// # Errors
/// `invalid` for a role other than `user`, an unknown model, or a malformed id.
pub fn said(request: wire::CreateMessageRequest, models: &Models) -> Result<(Body, Vec<wire::InputContentPart>)> {
    let wire::InputMessage { role, content } = request.message;
    if role.is_some_and(|role| role != wire::MessageRole::User) {
        return Err(Error::field("message.role", "must be `user`: the other roles are written by the server alone"));
    }
    if request.addressed_participant_id.as_deref().is_some_and(|id| !ids::is_participant(id)) {
        return Err(Error::field("addressed_participant_id", "must be part_ and 32 hex digits"));
    }
    let body = Body {
        controls: request.controls.map(|chosen| controls::chosen(chosen, models)).transpose()?.unwrap_or_default(),
        metadata: request.metadata,
        tags: request.tags,
        external_actor: request.external_actor.map(|actor| ExternalActor {
            actor_id: actor.actor_id,
            source: actor.source,
            actor_name: actor.actor_name,
            metadata: actor.metadata,
        }),
        addressed_to: request.addressed_participant_id,
        client_id: request.client_message_id,
        door: Some(NAME.into()),
        ..Body::default()
    };
    Ok((body, content))
}

/// The message's origin key: `client_message_id`, which is the same in every request with the message, else the header
/// `Idempotency-Key`.
///
/// # Errors
/// `invalid` for a key that is empty, too long or not text.
pub fn origin(
    key: IdempotencyKey,
    client_id: Option<&str>,
    source: &Source,
    limits: &Limits,
) -> Result<Option<Origin>> {
    const OPERATION: &str = "everruns.create_message";
    let Some(name) = client_id else { return Ok(key.with_body(OPERATION, source)) };
    check_name("client_message_id", name, limits)?;
    Ok(Some(key.of_message(OriginKind::Client, name.into(), source.fingerprint_of_body(OPERATION))))
}

fn check_name(field: &str, name: &str, limits: &Limits) -> Result<()> {
    let most = limits.origin_key_chars;
    match name.trim().is_empty() || name.chars().count() as u64 > most || breaks_line(name) {
        true => Err(Error::field(field, format!("must be 1 to {most} characters, without control characters"))),
        false => Ok(()),
    }
}

/// The value of a header that may appear once.
///
/// # Errors
/// `invalid` if it appears twice or is not ASCII.
pub fn header_once<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Error::field(name, "must be visible ASCII")),
        (Some(_), Some(_)) => Err(Error::field(name, "appears twice")),
    }
}

/// Renames the fields of an engine's error to those of this contract.
pub fn named_as_sent(error: Error) -> Error {
    let Some(field) = error.fields.first() else { return error };
    let path = match field.path.as_str() {
        "controls.model" => "controls.model_id".to_owned(),
        "controls.reasoning" => "controls.reasoning.effort".to_owned(),
        "controls.speed" => "controls.speed".to_owned(),
        path if path == "content" || path.starts_with("content.") => format!("message.{path}"),
        _ => return error,
    };
    Error { code: error.code, ..Error::field(path, reason(field)) }
}

/// The reason for a refused field, in words that this contract has.
fn reason(field: &Field) -> String {
    let own = |word: &'static str| match (Reasoning::parse(word), Speed::parse(word)) {
        // Every word of effort but these two is spelled alike. `on` is no effort.
        (Some(Reasoning::On), _) => None,
        (Some(reasoning), _) if !reasoning.thinks() => Some("none"),
        (None, Some(Speed::Standard)) => Some("default"),
        _ => Some(word),
    };
    let mut words: Vec<&str> = field.takes.iter().copied().filter_map(own).collect();
    words.dedup();
    match (field.takes.is_empty(), words.is_empty()) {
        (true, _) => field.message.clone(),
        (false, false) => format!("must be a word that the model takes: {}", words.join(", ")),
        (false, true) => "must be absent: the model reasons in its own way".into(),
    }
}
