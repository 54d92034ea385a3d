//! Webhooks: endpoints of others that are told what happens in threads, what each is owed, and what became of it.

use crate::{PostingId, ProjectId, ThreadId, Timestamp, WebhookId, controls::words};

/// An endpoint that is told what happens in the project's threads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub id: WebhookId,
    pub project: ProjectId,
    pub url: String,
    pub proof: Proof,
    /// The dialect in whose words it is told.
    pub dialect: String,
    /// The types of entries ([`crate::event::Event::kind`]) that it is told of; absent: all.
    pub events: Option<Vec<String>>,
    pub description: Option<String>,
    /// Why it is told nothing now; absent: it is told.
    pub disabled: Option<Disabled>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// By what the endpoint knows that it is us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Signatures as the Standard Webhooks specification has them. The secret is derived, and so not stored: the n-th of the
    /// webhook, counted from 1; the one before it signs too until `overlap_ends_at`.
    Signed { generation: i64, overlap_ends_at: Option<Timestamp> },
    /// A fixed value of the header `Authorization`; absent once the URL has changed since it was given: none is sent.
    Authorization(Option<String>),
}

words! {
    /// The kinds of proof.
    ProofKind { Signed = "signed", Authorization = "authorization" }
}

words! {
    /// Why a webhook is told nothing.
    Disabled {
        /// Somebody asked for it.
        Asked = "asked",
        /// The endpoint answered 410.
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
    /// Whether it is told of entries of this type.
    pub fn wants(&self, kind: &str) -> bool {
        self.events.as_ref().is_none_or(|events| events.iter().any(|event| event == kind))
    }
}

/// What a webhook is owed of one thread: every entry from `next_seq` on. It stands for as long as something is owed, so that
/// the entries themselves are written once, in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backlog {
    pub webhook: WebhookId,
    pub thread: ThreadId,
    pub project: ProjectId,
    /// The first entry that is owed.
    pub next_seq: i64,
    /// How often that entry was sent without success.
    pub tries: i64,
    /// Since when it is owed, or was asked for again: the time to give up counts from here, or from the entry if that is newer.
    pub since: Timestamp,
}

words! {
    /// What became of one posting.
    Outcome {
        /// Answered with 2xx.
        Delivered = "delivered",
        /// It failed, and is tried again, unless it was a single replay.
        Failed = "failed",
        /// It failed for the last time, and the entries behind it go on.
        GivenUp = "given_up",
        /// Answered with 410: the webhook is disabled.
        Gone = "gone",
    }
}

/// One request that was sent to a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    pub id: PostingId,
    pub webhook: WebhookId,
    pub project: ProjectId,
    /// The entry that it was about.
    pub thread: ThreadId,
    pub seq: i64,
    /// The entry's type.
    pub event: String,
    /// 1 for the first try.
    pub number: i64,
    /// Sent once more because somebody asked for it, out of order.
    pub replayed: bool,
    pub outcome: Outcome,
    /// Of the answer; absent: there was none.
    pub status: Option<i64>,
    pub error: Option<String>,
    pub duration_ms: i64,
    pub at: Timestamp,
}

impl Posting {
    /// What the endpoint knows the entry by: the same each time that it is sent.
    pub fn name(thread: ThreadId, seq: i64) -> String {
        format!("evt_{}_{seq}", thread.0.simple())
    }
}
