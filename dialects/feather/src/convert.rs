//! Between Feather's words and the domain's.

use domain::{
    ThreadId, Timestamp,
    agent::Agent,
    message::{Body, Message, Role},
    turn::Policy,
};
use engine::app::messages::Send;

use crate::wire;

/// A message as the engine takes it: messages that come while the agent is busy are answered together, a closed thread
/// refuses, and the thread has an inactivity window from now on.
pub fn send(thread: ThreadId, body: wire::SendMessageBody) -> Send {
    let body = Body { door: Some("feather".into()), ..Body::text(body.message.0) };
    Send { window: true, ..Send::new(thread, body, Policy::Batch) }
}

/// From `now` to the window's end, in seconds.
pub fn seconds_left(ends_at: Timestamp, now: Timestamp) -> f64 {
    ends_at.since_us(now).max(0) as f64 / 1e6
}

pub fn thread_messages(agent: Agent, messages: &[Message], pagination: wire::Pagination) -> wire::ThreadMessages {
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
        messages: messages.iter().map(thread_message).collect(),
        pagination,
    }
}

fn thread_message(message: &Message) -> wire::ThreadMessage {
    let head = message_head(message);
    wire::ThreadMessage {
        sent_at: matches!(head.direction, wire::Direction::Outbound).then_some(message.at),
        head,
        twilio_message_sid: None,
        twilio_account_sid: None,
        twilio_num_segments: None,
        twilio_price: None,
        twilio_price_currency: None,
        twilio_error_code: None,
        twilio_error_message: None,
        updated_at: message.at,
        delivered_at: None,
        read_at: None,
    }
}

/// A member's words towards a customer go out as the agent's do.
pub fn message_head(message: &Message) -> wire::MessageHead {
    let (direction, status) = match message.role {
        Role::User => (wire::Direction::Inbound, wire::Status::Received),
        Role::Agent | Role::Tool => (wire::Direction::Outbound, wire::Status::Sent),
    };
    wire::MessageHead {
        id: message.id.to_string(),
        thread_id: message.thread.to_string(),
        direction,
        message_body: message.body.plain_text(),
        status,
        created_at: message.at,
    }
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
