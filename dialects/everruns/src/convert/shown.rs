//! Converts shown messages.

use domain::{
    Map,
    message::{Body, Message, Part, Role},
};

use super::controls;
use crate::{ids, wire};

/// The place where a message is shown. It decides the form of bytes and files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The answer to the sender: everything as sent.
    Answer,
    /// A list: pictures with their bytes, and files by name, because the SDKs cannot parse them.
    List,
    /// An event: like a list, but pictures by URL.
    Stream,
}

pub fn message(message: &Message, place: Place) -> wire::Message {
    let body = &message.body;
    wire::Message {
        id: ids::message(message.id),
        session_id: ids::session(message.thread),
        sequence: message.seq,
        role: match message.role {
            Role::User => wire::MessageRole::User,
            Role::Agent => wire::MessageRole::Agent,
            Role::Tool => wire::MessageRole::ToolResult,
        },
        created_at: message.at,
        controls: controls::shown(&body.controls),
        metadata: metadata(body),
        external_actor: body.external_actor.clone().map(|actor| wire::ExternalActor {
            actor_id: actor.actor_id,
            source: actor.source,
            actor_name: actor.actor_name,
            metadata: actor.metadata,
        }),
        phase: (message.role == Role::Agent).then(|| match body.tool_calls().next() {
            Some(_) => wire::Phase::Commentary,
            None => wire::Phase::FinalAnswer,
        }),
        thinking: body.thinking(),
        thinking_signature: body.thinking_signature().map(str::to_owned),
        content: body.content.iter().filter_map(|part| self::part(part, place)).collect(),
    }
}

/// The metadata as sent. An agent's message also has its model, and whether it was interrupted.
fn metadata(body: &Body) -> Option<Map> {
    let mut metadata = body.metadata.clone().unwrap_or_default();
    if let Some(model) = &body.model {
        metadata.insert("model".into(), model.clone().into());
    }
    if body.interrupted {
        metadata.insert("interrupted".into(), true.into());
    }
    (body.metadata.is_some() || !metadata.is_empty()).then_some(metadata)
}

/// A part as it is shown. `None` for thinking.
fn part(part: &Part, place: Place) -> Option<wire::ContentPart> {
    Some(match part {
        // It has fields of its own.
        Part::Thinking { .. } => return None,
        Part::Text { text } => wire::ContentPart::Text { text: text.clone() },
        Part::Image { url, attachment, media_type } => {
            let own_url =
                || attachment.filter(|_| place == Place::Stream).map(|id| format!("/v1/images/{}", ids::image(id)));
            wire::ContentPart::Image {
                url: url.clone().or_else(own_url),
                media_type: media_type.clone(),
                base64: attachment.filter(|_| place != Place::Stream),
            }
        }
        Part::ImageFile { attachment, filename } => {
            wire::ContentPart::ImageFile { image_id: ids::image(*attachment), filename: filename.clone() }
        }
        Part::File { attachment, name, .. } if place == Place::Answer => {
            wire::ContentPart::File { file_id: ids::file(*attachment), filename: Some(name.clone()) }
        }
        Part::File { attachment, name, media_type, .. } if wire::IMAGE_TYPES.contains(&media_type.as_str()) => {
            wire::ContentPart::ImageFile { image_id: ids::image(*attachment), filename: Some(name.clone()) }
        }
        Part::File { name, .. } => wire::ContentPart::Text { text: format!("[{name}]") },
        Part::Link { url } => wire::ContentPart::Text { text: format!("[{url}]") },
        Part::ToolCall(call) => wire::ContentPart::ToolCall(wire::ToolCall {
            id: call.id.clone(),
            name: call.name.clone(),
            arguments: call.arguments.clone(),
        }),
        Part::ToolResult(result) => wire::ContentPart::ToolResult {
            tool_call_id: result.tool_call_id.clone(),
            result: result.result.clone(),
            error: result.error.clone(),
        },
    })
}
