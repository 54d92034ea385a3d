//! Webhooks, and what was posted to them.

use dialect_kit::Given;
use domain::{
    Timestamp,
    webhook::{self, Disabled, Outcome, Proof, ProofKind},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Event,
    schema::{self, Id},
};

/// An endpoint that is told what happens in the project's threads.
#[derive(Debug, Serialize, ToSchema)]
pub struct Webhook {
    pub id: Id,
    pub url: String,
    #[schema(value_type = schema::WebhookKind)]
    pub kind: ProofKind,
    /// Of kind `authorization`: whether requests carry the header. A new `url` without a new `authorization` forgets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_authorization: Option<bool>,
    /// The dialect in whose words it is told.
    #[schema(example = "native")]
    pub dialect: String,
    /// The types of events that it is told of; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Disabled>)]
    pub disabled: Option<Disabled>,
    /// Until when the signing secret before this one signs too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub overlap_ends_at: Option<Timestamp>,
    /// In how many threads it has not been told everything yet. Of `GET …/webhooks/{webhook}` alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads_behind: Option<i64>,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
    #[schema(value_type = schema::Time)]
    pub updated_at: Timestamp,
}

/// A webhook with the signing secret that it was given just now.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookMade {
    #[serde(flatten)]
    pub webhook: Webhook,
    /// `whsec_…`, of kind `signed`. Told here and never again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// A webhook to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// http or https, without credentials. Only public addresses, and the ports 80, 443, 8080 and 8443, unless the
    /// installation allows others.
    pub url: String,
    /// `signed` when absent: each request carries signatures as the Standard Webhooks specification has them.
    #[serde(default)]
    #[schema(value_type = Option<schema::WebhookKind>)]
    pub kind: Option<ProofKind>,
    /// Of kind `authorization`: what each request carries as its header `Authorization`.
    #[serde(default)]
    pub authorization: Option<String>,
    /// The dialect in whose words it is told; `native` when absent.
    #[serde(default)]
    pub dialect: Option<String>,
    /// The types of events that it is told of; absent: all.
    #[serde(default)]
    pub events: Option<Vec<String>>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

/// What to change of a webhook; what is absent stays, null sets back to what a webhook has without it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookPatch {
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = String)]
    pub url: Option<String>,
    /// Of kind `authorization` alone. A new `url` without it forgets the one before.
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = String)]
    pub authorization: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub events: Given<Vec<String>>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pub description: Given<String>,
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = bool)]
    pub enabled: Option<bool>,
}

/// How a signing secret is replaced.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// For how long the one before signs too, in seconds: up to 7 days; a day when absent.
    #[serde(default)]
    pub overlap_s: Option<i64>,
}

/// What a webhook is to be sent again: with `since`, of every thread; with `thread`, of that one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReplay {
    /// Events that are no older.
    #[serde(default)]
    #[schema(value_type = Option<schema::Time>)]
    pub since: Option<Timestamp>,
    #[serde(default)]
    pub thread: Option<Id>,
    /// Of the thread, events beyond this one; all when absent.
    #[serde(default)]
    pub after: Option<i64>,
}

/// What will be sent again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Replayed {
    /// Of how many threads.
    pub threads: usize,
}

/// One request that was sent to a webhook.
#[derive(Debug, Serialize, ToSchema)]
pub struct Posting {
    pub id: Id,
    pub webhook: Id,
    /// What the request carried as `webhook-id`: the same each time that the event is sent.
    pub event_id: String,
    /// The event's type.
    pub event: String,
    pub thread: Id,
    pub seq: i64,
    /// 1 for the first try.
    pub number: i64,
    /// Whether it was sent once more because somebody asked for it.
    pub replayed: bool,
    #[schema(value_type = schema::PostingOutcome)]
    pub outcome: Outcome,
    /// Of the answer; absent: there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
    /// Why it counts as failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub duration_ms: i64,
    #[schema(value_type = schema::Time)]
    pub at: Timestamp,
}

/// What a webhook is sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Told {
    #[serde(rename = "type")]
    pub kind: String,
    #[schema(value_type = schema::Time)]
    pub timestamp: Timestamp,
    pub data: Event,
}

impl From<webhook::Webhook> for Webhook {
    fn from(webhook: webhook::Webhook) -> Self {
        let (overlap_ends_at, has_authorization) = match &webhook.proof {
            Proof::Signed { overlap_ends_at, .. } => (*overlap_ends_at, None),
            Proof::Authorization(value) => (None, Some(value.is_some())),
        };
        Self {
            id: Id(webhook.id.0),
            url: webhook.url,
            kind: webhook.proof.kind(),
            has_authorization,
            dialect: webhook.dialect,
            events: webhook.events,
            description: webhook.description,
            enabled: webhook.disabled.is_none(),
            disabled: webhook.disabled,
            overlap_ends_at,
            threads_behind: None,
            created_at: webhook.created_at,
            updated_at: webhook.updated_at,
        }
    }
}

impl From<webhook::Posting> for Posting {
    fn from(posting: webhook::Posting) -> Self {
        Self {
            id: Id(posting.id.0),
            webhook: Id(posting.webhook.0),
            event_id: webhook::Posting::name(posting.thread, posting.seq),
            event: posting.event,
            thread: Id(posting.thread.0),
            seq: posting.seq,
            number: posting.number,
            replayed: posting.replayed,
            outcome: posting.outcome,
            status: posting.status,
            error: posting.error,
            duration_ms: posting.duration_ms,
            at: posting.at,
        }
    }
}
