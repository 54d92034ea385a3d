//! What a guest is told beyond the vendor's contract: who speaks, and the files of messages.

use domain::{
    handling::Handling,
    message::{Body, Message, Part},
    receipt::Standing,
};
use engine::app::people::faces::{Faces, Side};

use super::message::message_head;
use crate::wire;

pub fn author(faces: &Faces, message: &Message) -> wire::ChatAuthor {
    let speaker = faces.speaker(message);
    let kind = match speaker.side {
        Side::Visitor => wire::ChatSide::Visitor,
        Side::Assistant => wire::ChatSide::Assistant,
        Side::Person => wire::ChatSide::Person,
    };
    wire::ChatAuthor { kind, name: speaker.name }
}

pub fn handling(faces: &Faces) -> wire::ChatHandling {
    let handling = match faces.handling {
        Handling::Agent => wire::ChatSpeaker::Agent,
        Handling::Person => wire::ChatSpeaker::Person,
    };
    wire::ChatHandling { handling, name: faces.name.clone(), wanted: faces.wanted }
}

/// The files that came with the message.
pub fn attachments(body: &Body) -> Vec<wire::ChatAttachment> {
    body.content.iter().filter_map(attachment).collect()
}

fn attachment(part: &Part) -> Option<wire::ChatAttachment> {
    let id = part.attachment()?.to_string();
    Some(match part {
        Part::File { name, media_type, size_bytes, .. } => wire::ChatAttachment {
            id,
            name: name.clone(),
            media_type: Some(media_type.clone()),
            size_bytes: Some(*size_bytes),
        },
        Part::ImageFile { filename, .. } => {
            wire::ChatAttachment { id, name: named(filename.as_deref()), media_type: None, size_bytes: None }
        }
        Part::Image { media_type, .. } => {
            wire::ChatAttachment { id, name: named(None), media_type: media_type.clone(), size_bytes: None }
        }
        Part::Text { .. } | Part::Thinking { .. } | Part::Link { .. } | Part::ToolCall(_) | Part::ToolResult(_) => {
            return None;
        }
    })
}

fn named(name: Option<&str>) -> String {
    name.unwrap_or("image").into()
}

/// The text of the message without the names of its files.
pub fn words(body: &Body) -> String {
    let content = body.content.iter().filter(|part| part.attachment().is_none()).cloned().collect();
    Body { content, ..Body::default() }.plain_text()
}

/// The message on a stream with `include`.
pub fn streamed(message: &Message, standing: Standing, faces: &Faces) -> wire::ChatStreamedMessage {
    let head = message_head(message, standing);
    wire::ChatStreamedMessage {
        head: wire::MessageHead { message_body: words(&message.body), ..head },
        further: wire::ChatFurther {
            author: Some(author(faces, message)),
            attachments: Some(attachments(&message.body)),
            client_key: message.body.client_id.clone(),
        },
    }
}
