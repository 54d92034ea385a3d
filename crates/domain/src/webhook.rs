//! Webhooks: outside endpoints that are told of events, with their backlogs and delivery attempts.

use crate::{
    DeliveryAttemptId, ProjectId, StoredSecret, ThreadId, Timestamp, WebhookId, controls::words, event::Event,
};

/// An endpoint that is told of the events in the project's threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub id: WebhookId,
    pub project: ProjectId,
    pub url: String,
    pub proof: Proof,
    /// The dialect that formats the events.
    pub dialect: String,
    /// The types of entries ([`crate::event::Event::kind`]) to deliver. Absent: all but notes.
    pub events: Option<Vec<String>>,
    pub description: Option<String>,
    /// The reason why the webhook is disabled. Absent: it is enabled.
    pub disabled: Option<Disabled>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The proof by which the endpoint recognizes this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Signatures of the Standard Webhooks specification. The secret is derived from the generation, counted from 1,
    /// and not stored. The previous generation signs too until `overlap_ends_at`.
    Signed { generation: i64, overlap_ends_at: Option<Timestamp> },
    /// A fixed `Authorization` header. Absent once the URL has changed since the value was set; no header is sent then.
    Authorization(Option<StoredSecret>),
}

words! {
    /// The kinds of proof.
    ProofKind { Signed = "signed", Authorization = "authorization" }
}

words! {
    /// The reason why a webhook is disabled.
    Disabled {
        /// Disabled on request.
        Asked = "asked",
        /// Disabled because the endpoint answered 410.
        Gone = "gone",
    }
}

impl Proof {
    pub fn kind(&self) -> ProofKind {
        match self {
            Self::Signed { .. } => ProofKind::Signed,
            Self::Authorization(_) => ProofKind::Authorization,
        }
    }
}

impl Webhook {
    /// Tells whether entries of this type are delivered. Notes are delivered only to a webhook that names their type.
    pub fn wants(&self, kind: &str) -> bool {
        match &self.events {
            Some(events) => events.iter().any(|event| event == kind),
            None => kind != Event::NOTED,
        }
    }
}

/// The pending deliveries of a webhook in one thread: every entry from `next_seq` on. The row exists only while
/// something is pending, so that entries are stored once, in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    pub webhook: WebhookId,
    pub thread: ThreadId,
    pub project: ProjectId,
    /// The first pending entry.
    pub next_seq: i64,
    /// Number of failed attempts to send that entry.
    pub tries: i64,
    /// Since when the entry is pending, or was replayed. The time limit counts from here, or from the entry if that is
    /// newer.
    pub since: Timestamp,
}

words! {
    /// The outcome of one delivery attempt.
    Outcome {
        /// Answered with 2xx.
        Delivered = "delivered",
        /// It failed and will be retried, unless it was a single replay.
        Failed = "failed",
        /// It failed for the last time. Delivery continues with the next entries.
        GivenUp = "given_up",
        /// Answered with 410. The webhook is now disabled.
        Gone = "gone",
    }
}

/// A delivery attempt: one request to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryAttempt {
    pub id: DeliveryAttemptId,
    pub webhook: WebhookId,
    pub project: ProjectId,
    /// The thread of the entry.
    pub thread: ThreadId,
    pub seq: i64,
    /// The entry's type.
    pub event: String,
    /// 1 for the first attempt.
    pub number: i64,
    /// True for a replay on request, out of order.
    pub replayed: bool,
    pub outcome: Outcome,
    /// The status of the answer. Absent: no answer.
    pub status: Option<i64>,
    pub error: Option<String>,
    pub duration_ms: i64,
    pub at: Timestamp,
}

impl DeliveryAttempt {
    /// The endpoint's id of the entry, the same for each attempt.
    pub fn name(thread: ThreadId, seq: i64) -> String {
        format!("evt_{}_{seq}", thread.0.simple())
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_webhook_gets_notes_only_if_it_names_them() {
        let of = |events: Option<&[&str]>| Webhook {
            id: WebhookId(Uuid::nil()),
            project: ProjectId(Uuid::nil()),
            url: "https://example.com/hook".into(),
            proof: Proof::Authorization(None),
            dialect: "native".into(),
            events: events.map(|events| events.iter().map(|event| (*event).to_owned()).collect()),
            description: None,
            disabled: None,
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
        };
        let (all, notes) = (of(None), of(Some(&[Event::NOTED])));
        assert_eq!((all.wants(Event::NOTED), all.wants("thread.taken")), (false, true));
        assert_eq!((notes.wants(Event::NOTED), notes.wants("thread.taken")), (true, false));
    }
}
