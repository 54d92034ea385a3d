//! Converts shown messages.

use domain::{
    AttachmentId,
    author::Author,
    envelope::Envelope,
    message::{Body, Message, Part, Role},
    reminder::{Delivery, DeliveryState},
};
use engine::app::tickets::correspondence::Correspondence;

use crate::wire;

pub fn messages(page: &Correspondence) -> wire::Messages {
    wire::Messages { messages: page.messages.iter().map(|one| message(page, one)).collect(), total: page.total }
}

pub(super) fn message(page: &Correspondence, message: &Message) -> wire::Message {
    let nothing = Envelope::default();
    let envelope = message.body.envelope.as_ref().unwrap_or(&nothing);
    let delivery = page.deliveries.iter().rfind(|delivery| delivery.message == message.id);
    wire::Message {
        agent_id: agent_id(page, message),
        attachments: message.body.content.iter().filter_map(|part| attachment(page, part)).collect(),
        bcc: list(&envelope.bcc),
        cc: list(&envelope.cc),
        content: text(&message.body),
        created_at: message.at,
        delivery: delivery.map(|delivery| delivery.state.as_str()),
        error_when_trying_to_send: delivery.and_then(send_error),
        external_message_id: envelope.external_id.clone(),
        from: envelope.from.clone().or_else(|| address(&message.author)),
        id: message.id.to_string(),
        mailbox_id: envelope.mailbox.clone(),
        origin: message.body.door.clone(),
        priority: envelope.priority.unwrap_or(0),
        raw_message: None,
        read_by_agents: page
            .agent_numbers
            .get(&page.thread.agent)
            .filter(|_| envelope.read == Some(true))
            .copied()
            .into_iter()
            .collect(),
        reply_to_external_message_id: envelope.reply_to_external_id.clone(),
        subject: envelope.subject.clone(),
        to: list(&envelope.to),
    }
}

/// A person or a program that writes to a customer speaks for the thread's agent.
fn agent_id(page: &Correspondence, message: &Message) -> Option<i64> {
    let agent = match (message.role, &message.author) {
        (Role::User, _) => return None,
        (_, Author::Agent { agent }) => *agent,
        (_, _) => page.thread.agent,
    };
    page.agent_numbers.get(&agent).copied()
}

fn address(author: &Author) -> Option<String> {
    match author {
        Author::Customer { address, .. } => address.clone(),
        Author::Member { email, .. } => Some(email.clone()),
        Author::Key { .. } | Author::Guest {} | Author::Agent { .. } => None,
    }
}

fn list(addresses: &[String]) -> Option<String> {
    (!addresses.is_empty()).then(|| addresses.join(", "))
}

fn send_error(delivery: &Delivery) -> Option<String> {
    match delivery.state {
        DeliveryState::Failed => Some("The message could not be delivered".into()),
        DeliveryState::Pending | DeliveryState::Sent => None,
    }
}

/// The message's text. Parts among the attachments are left out.
fn text(body: &Body) -> String {
    let content = body.content.iter().filter(|part| part.attachment().is_none()).cloned().collect();
    Body { content, ..Body::default() }.plain_text()
}

fn attachment(page: &Correspondence, part: &Part) -> Option<wire::Attachment> {
    let id = part.attachment()?;
    let (name, media_type, size) = match part {
        Part::File { name, media_type, size_bytes, .. } => (name, media_type, *size_bytes),
        _ => {
            let picture = page.pictures.iter().find(|picture| picture.id == id)?;
            (&picture.name, &picture.media_type, picture.size_bytes)
        }
    };
    Some(described(id, name, media_type, size))
}

/// A file of the thread.
pub(super) fn file(file: &domain::attachment::Attachment) -> wire::Attachment {
    described(file.id, &file.name, &file.media_type, file.size_bytes)
}

fn described(id: AttachmentId, name: &str, media_type: &str, size: i64) -> wire::Attachment {
    wire::Attachment {
        attachment_movements: wire::AttachmentMovements::default(),
        file_mime: media_type.into(),
        file_name: name.into(),
        file_not_dangerous: None,
        file_size: size,
        file_type: media_type.split('/').next().unwrap_or_default().into(),
        id: id.to_string(),
    }
}
