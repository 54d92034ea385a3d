//! Threads.

use domain::{
    Map, Timestamp,
    agent::Agent,
    thread::{Closed, Thread},
    variables::Variables,
};
use serde_json::Value;

use crate::wire::{self, ClosedReason};

/// The thread's state at `now`.
pub fn thread(thread: Thread, variables: Variables, agent: &Agent, now: Timestamp) -> wire::Thread {
    let closed = thread.closed_at(now);
    wire::Thread {
        id: thread.id.to_string(),
        organization_id: thread.project.to_string(),
        agent_version_id: None,
        to_phone_number: None,
        from_phone_number: None,
        from_phone_number_id: None,
        lead_id: None,
        is_active: closed.is_none(),
        created_at: thread.created_at,
        updated_at: thread.last_at,
        closed_at: closed.as_ref().map(|closed| closed.at),
        closed_reason: closed.as_ref().map(closed_reason),
        agent_id: agent.id.to_string(),
        agent_details: wire::AgentSummary {
            id: agent.id.to_string(),
            name: agent.settings.display_name.clone().unwrap_or_else(|| agent.name.clone()),
            description: agent.settings.description.clone(),
        },
        agent_version_details: None,
        metadata: texts(thread.metadata),
        variables,
    }
}

/// The thread in the view of a guest.
pub fn chat_thread(thread: Thread, variables: Variables, now: Timestamp) -> wire::ChatThread {
    wire::ChatThread {
        thread_id: thread.id.to_string(),
        is_active: thread.closed_at(now).is_none(),
        created_at: thread.created_at,
        last_activity_at: thread.last_at,
        metadata: texts(thread.metadata),
        variables,
    }
}

/// A thread closed through another dialect, which allows free text as a reason, counts as ended.
pub fn closed_reason(closed: &Closed) -> ClosedReason {
    let word = closed.reason.as_deref().map(|reason| Value::String(reason.into()));
    word.and_then(|word| serde_json::from_value(word).ok()).unwrap_or(ClosedReason::Ended)
}

/// The engine's stored form of the reason.
pub fn reason_word(reason: ClosedReason) -> Option<String> {
    let Ok(Value::String(word)) = serde_json::to_value(reason) else { return None };
    Some(word)
}

/// Metadata as texts. A value of another type, set by another dialect, becomes its JSON.
fn texts(metadata: Map) -> Map<String> {
    metadata.into_iter().map(|(name, value)| (name, value.into_plain())).collect()
}

pub fn metadata(texts: Map<String>) -> Map {
    texts.into_iter().map(|(name, text)| (name, text.into())).collect()
}

#[cfg(test)]
mod tests {
    use domain::thread::ClosedBy;

    use super::*;

    #[test]
    fn each_reason_is_read_back_and_free_words_have_ended() {
        let read = |reason: Option<String>| closed_reason(&Closed { by: ClosedBy::Person, reason, at: Timestamp(0) });
        for reason in
            [ClosedReason::OptedOut, ClosedReason::Dnc, ClosedReason::FilteredOoo, ClosedReason::WorkflowOneOffText]
        {
            assert_eq!(read(reason_word(reason)), reason);
        }
        assert_eq!(reason_word(ClosedReason::FilteredAutoReply).as_deref(), Some("FILTERED_AUTO_REPLY"));
        assert_eq!(read(Some("solved".into())), ClosedReason::Ended);
        assert_eq!(read(None), ClosedReason::Ended);
    }
}
