//! Messages.

use domain::{
    ThreadId, Timestamp,
    agent::Agent,
    controls::Policy,
    message::{Body, Message, Role},
    receipt::{Receipt, Standing},
};
use engine::app::{messages::Send, people::faces::Faces};

use super::face;
use crate::wire;

/// The message for the engine. Messages to a busy agent are answered together, a closed thread refuses, and the thread
/// gets an inactivity window.
pub fn send(thread: ThreadId, text: String, client_key: Option<String>) -> Send {
    Send { thread, ..first(text, client_key) }
}

/// Like [`send`], for the first message of a new thread.
pub fn first(text: String, client_key: Option<String>) -> Send {
    let body = Body { door: Some("feather".into()), client_id: client_key, ..Body::text(text) };
    Send { window: true, ..Send::first(body, Policy::Batch) }
}

/// From `now` to the window's end, in seconds.
pub fn seconds_left(ends_at: Timestamp, now: Timestamp) -> f64 {
    ends_at.since_us(now).max(0) as f64 / 1e6
}

pub fn thread_messages(
    agent: Agent,
    messages: &[(Message, Receipt)],
    pagination: wire::Pagination,
) -> wire::ThreadMessages {
    wire::ThreadMessages {
        agent_id: agent.id.to_string(),
        agent_details: wire::AgentDetails {
            id: agent.id.to_string(),
            name: agent.settings.display_name.unwrap_or(agent.name),
            description: agent.settings.description,
            agent_type: wire::AgentType::Text,
        },
        agent_version_id: None,
        agent_version_details: None,
        messages: messages.iter().map(|(message, receipt)| thread_message(message, receipt)).collect(),
        pagination,
    }
}

pub fn thread_message(message: &Message, receipt: &Receipt) -> wire::ThreadMessage {
    let head = message_head(message, receipt.standing);
    let is_sent = !matches!(head.status, wire::Status::Received | wire::Status::Queued | wire::Status::Failed);
    wire::ThreadMessage {
        sent_at: is_sent.then_some(message.at),
        head,
        twilio_message_sid: None,
        twilio_account_sid: None,
        twilio_num_segments: None,
        twilio_price: None,
        twilio_price_currency: None,
        twilio_error_code: None,
        twilio_error_message: None,
        updated_at: receipt.read_at.or(receipt.delivered_at).unwrap_or(message.at),
        delivered_at: receipt.delivered_at,
        read_at: receipt.read_at,
    }
}

/// The shared fields of lists and streams. A member's message to a customer counts as the agent's.
pub fn message_head(message: &Message, standing: Standing) -> wire::MessageHead {
    wire::MessageHead {
        id: message.id.to_string(),
        thread_id: message.thread.to_string(),
        direction: direction(message),
        message_body: message.body.plain_text(),
        status: status(standing),
        created_at: message.at,
    }
}

/// The message in the view of a guest, with the included fields.
pub fn chat_message_with(
    message: &Message,
    receipt: &Receipt,
    include: &wire::Include<wire::Further>,
    faces: Option<&Faces>,
) -> wire::ChatMessage {
    let own = chat_message(message, receipt);
    let has_files = include.has(wire::Further::Attachments);
    let further = wire::ChatFurther {
        author: faces.filter(|_| include.has(wire::Further::Author)).map(|faces| face::author(faces, message)),
        attachments: has_files.then(|| face::attachments(&message.body)),
        client_key: message.body.client_id.clone().filter(|_| include.has(wire::Further::ClientKey)),
    };
    let message_body = if has_files { face::words(&message.body) } else { own.message_body };
    wire::ChatMessage { message_body, further, ..own }
}

/// The message in the view of a guest.
pub fn chat_message(message: &Message, receipt: &Receipt) -> wire::ChatMessage {
    wire::ChatMessage {
        id: message.id.to_string(),
        message_body: message.body.plain_text(),
        direction: direction(message),
        status: status(receipt.standing),
        created_at: message.at,
        further: wire::ChatFurther::default(),
    }
}

fn direction(message: &Message) -> wire::Direction {
    match message.role {
        Role::User => wire::Direction::Inbound,
        Role::Agent | Role::Tool => wire::Direction::Outbound,
    }
}

fn status(standing: Standing) -> wire::Status {
    match standing {
        Standing::Received => wire::Status::Received,
        Standing::Queued => wire::Status::Queued,
        Standing::Sent => wire::Status::Sent,
        Standing::Failed => wire::Status::Failed,
        Standing::Delivered => wire::Status::Delivered,
        Standing::Read => wire::Status::Read,
    }
}

/// `None` for a status of the telephone network, which no message has.
pub fn standing(status: wire::Status) -> Option<Standing> {
    Some(match status {
        wire::Status::Received => Standing::Received,
        wire::Status::Queued => Standing::Queued,
        wire::Status::Sent => Standing::Sent,
        wire::Status::Failed => Standing::Failed,
        wire::Status::Delivered => Standing::Delivered,
        wire::Status::Read => Standing::Read,
        wire::Status::Sending | wire::Status::Undelivered | wire::Status::Discarded => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_a_window_is_never_below_zero() {
        let now = Timestamp(1_000_000);
        assert_eq!(seconds_left(now.plus_us(7_200_250_000), now), 7_200.25);
        assert_eq!(seconds_left(now, now), 0.0);
        assert_eq!(seconds_left(Timestamp(0), now), 0.0);
    }
}
