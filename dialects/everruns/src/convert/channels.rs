//! Channels.

use domain::{Error, agent::Agent, codes, turn::State};
use engine::app::{agents::threads::Conversation, people::serving::AgentRef, threads::NewThread};

use super::agents::agent_archived;
use crate::{ids, wire};

/// The agent of a channel, by its id or its name. `None` if the text can be neither.
pub fn agent_ref(text: &str) -> Option<AgentRef> {
    let in_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let by_name = || (!text.is_empty() && text.bytes().all(in_name)).then(|| AgentRef::Name(text.into()));
    ids::parse_agent(text).map(AgentRef::Id).or_else(by_name)
}

/// `path` is the path of the card.
pub fn card(agent: Agent, path: &str) -> wire::AgentCard {
    wire::AgentCard {
        name: agent.settings.display_name.unwrap_or(agent.name),
        description: agent.settings.description,
        streaming: true,
        input: wire::AgentCardInput { text: true, images: true, files: false },
        auth: vec![wire::AgentCardAuth::AgentKey, wire::AgentCardAuth::RuntimeToken],
        conversation_starters: [],
        links: wire::AgentCardLinks { sessions: format!("{}/sessions", path.trim_end_matches('/')) },
    }
}

pub fn new_thread(request: wire::CreateAgentSessionRequest) -> NewThread {
    let wire::CreateAgentSessionRequest { title, metadata } = request;
    NewThread { title, metadata: metadata.unwrap_or_default(), ..NewThread::default() }
}

pub fn session(conversation: Conversation) -> wire::AgentSession {
    let status = status(&conversation);
    let thread = conversation.thread;
    wire::AgentSession {
        id: ids::session(thread.id),
        title: thread.title,
        status,
        metadata: thread.metadata,
        created_at: thread.created_at,
        updated_at: thread.last_at,
        pending_questions: [],
        pending_approvals: [],
    }
}

fn status(conversation: &Conversation) -> wire::AgentSessionStatus {
    let run = conversation.thread.run;
    match conversation.last_turn {
        _ if run.waiting => wire::AgentSessionStatus::WaitingForInput,
        _ if run.is_open() => wire::AgentSessionStatus::Running,
        Some(State::Failed) => wire::AgentSessionStatus::Failed,
        _ => wire::AgentSessionStatus::Idle,
    }
}

/// An unknown agent is a 404, and an archived one has no field to name, because the path contains it.
pub fn found_in_path(error: Error) -> Error {
    match error.code {
        codes::AGENT_ARCHIVED => agent_archived(),
        codes::AGENT_NOT_FOUND => Error::not_found(codes::AGENT_NOT_FOUND, "Agent"),
        _ => error,
    }
}

/// A name longer than any end user's is somebody for whom the key may not speak (403 at the vendor).
pub fn spoken_for(error: Error) -> Error {
    match error.code {
        codes::END_USER_TOO_LONG => Error::forbidden(error.message.replacen("end_user", "End-User", 1)),
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use domain::AgentId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_channel_is_an_agents_id_in_each_spelling_or_its_name() {
        let id = AgentId(Uuid::from_u128(0x0193_3b5a_0000_7000_8000_0000_0000_0001));
        for text in [ids::agent(id), id.to_string()] {
            assert_eq!(agent_ref(&text), Some(AgentRef::Id(id)), "{text}");
        }
        for name in ["support", "support-2", "01933b5a000070008000000000000001"] {
            assert_eq!(agent_ref(name), Some(AgentRef::Name(name.into())));
        }
        for bad in ["", "Support", "a b", "agent_", "agent_01", "session_01933b5a000070008000000000000001", "ä", "a/b"]
        {
            assert_eq!(agent_ref(bad), None, "{bad}");
        }
    }
}
