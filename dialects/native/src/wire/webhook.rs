//! Webhooks, their delivery attempts and replays.

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

/// An endpoint that gets the events of the project's threads.
#[derive(Debug, Serialize, ToSchema)]
pub struct Webhook {
    pub id: Id,
    pub url: String,
    #[schema(value_type = schema::WebhookKind)]
    pub kind: ProofKind,
    /// For the kind `authorization`: whether requests carry the header. A new `url` without a new `authorization` removes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub has_authorization: Option<bool>,
    /// The dialect in which events are told.
    #[schema(example = "native")]
    pub dialect: String,
    /// The types of events that the endpoint gets. Absent: all types.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Disabled>)]
    pub disabled: Option<Disabled>,
    /// The time until which the previous secret signs too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub overlap_ends_at: Option<Timestamp>,
    /// The number of threads with events that were not sent yet. Only `GET …/webhooks/{webhook}` shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads_behind: Option<i64>,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
    #[schema(value_type = schema::Time)]
    pub updated_at: Timestamp,
}

/// A webhook with its new signing secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct WebhookMade {
    #[serde(flatten)]
    pub webhook: Webhook,
    /// The secret of the kind `signed`: `whsec_…`. No later answer shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// A webhook to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// An address with http or https, without credentials. It must be public, with port 80, 443, 8080 or 8443, unless the installation
    /// allows others.
    pub url: String,
    /// Absent: `signed`. Each request then has signatures by the Standard Webhooks specification.
    #[serde(default)]
    #[schema(value_type = Option<schema::WebhookKind>)]
    pub kind: Option<ProofKind>,
    /// For the kind `authorization`: the value of the header `Authorization` of each request.
    #[serde(default)]
    pub authorization: Option<String>,
    /// The dialect in which events are told. Absent: `native`.
    #[serde(default)]
    pub dialect: Option<String>,
    /// The types of events that the endpoint gets. Absent: all types.
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

/// Changes of a webhook. Absent fields stay as they are. Null sets a field back to its default.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookPatch {
    #[serde(default, deserialize_with = "dialect_kit::json::not_null")]
    #[schema(value_type = String)]
    pub url: Option<String>,
    /// For the kind `authorization` alone. A new `url` without it removes the previous value.
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

/// The replacement of a signing secret.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotate {
    /// Seconds for which the previous secret signs too: up to 7 days. Absent: one day.
    #[serde(default)]
    pub overlap_s: Option<i64>,
}

/// The events to be sent again: those of all threads with `since`, those of one thread with `thread`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReplay {
    /// Events of this time or later.
    #[serde(default)]
    #[schema(value_type = Option<schema::Time>)]
    pub since: Option<Timestamp>,
    #[serde(default)]
    pub thread: Option<Id>,
    /// Events of the thread after this one. Absent: all events of the thread.
    #[serde(default)]
    pub after: Option<i64>,
}

/// The events that will be sent again.
#[derive(Debug, Serialize, ToSchema)]
pub struct Replayed {
    /// The number of their threads.
    pub threads: usize,
}

/// A delivery attempt: one request to a webhook.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Posting)]
pub struct DeliveryAttempt {
    pub id: Id,
    pub webhook: Id,
    /// The request's header `webhook-id`. It is the same each time that the event is sent.
    pub event_id: String,
    /// The type of the event.
    pub event: String,
    pub thread: Id,
    pub seq: i64,
    /// The number of the attempt. The first is 1.
    pub number: i64,
    /// Whether somebody asked for this attempt.
    pub replayed: bool,
    #[schema(value_type = schema::PostingOutcome)]
    pub outcome: Outcome,
    /// The status of the answer. Absent: there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<i64>,
    /// The reason for which the attempt counts as failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    pub duration_ms: i64,
    #[schema(value_type = schema::Time)]
    pub at: Timestamp,
}

/// The body of a request to a webhook.
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

impl From<webhook::DeliveryAttempt> for DeliveryAttempt {
    fn from(attempt: webhook::DeliveryAttempt) -> Self {
        Self {
            id: Id(attempt.id.0),
            webhook: Id(attempt.webhook.0),
            event_id: webhook::DeliveryAttempt::name(attempt.thread, attempt.seq),
            event: attempt.event,
            thread: Id(attempt.thread.0),
            seq: attempt.seq,
            number: attempt.number,
            replayed: attempt.replayed,
            outcome: attempt.outcome,
            status: attempt.status,
            error: attempt.error,
            duration_ms: attempt.duration_ms,
            at: attempt.at,
        }
    }
}
