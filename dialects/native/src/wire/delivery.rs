//! Timers of threads, deliveries and receipts of messages.

use domain::{
    Timestamp,
    receipt::Standing,
    reminder::{DeliveryKind, DeliveryState},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::schema::{self, Id};

/// A thread's timer. It fires after `delay_s`, `number_left` times at most. A message of a customer ends it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Reminder {
    pub delay_s: i64,
    pub number_left: i64,
    #[schema(value_type = schema::Time)]
    pub due_at: Timestamp,
}

/// The delivery of a message to the outside.
#[derive(Debug, Serialize, ToSchema)]
pub struct Delivery {
    pub id: Id,
    #[schema(value_type = schema::DeliveryKind)]
    pub kind: DeliveryKind,
    #[schema(value_type = schema::DeliveryState)]
    pub state: DeliveryState,
    #[schema(value_type = schema::Time)]
    pub created_at: Timestamp,
}

/// The receipt of a message: sent, delivered, read.
#[derive(Debug, Serialize, ToSchema)]
pub struct Receipt {
    #[schema(value_type = schema::Standing)]
    pub standing: Standing,
    /// The time at which a reader was first given the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub delivered_at: Option<Timestamp>,
    /// The time at which somebody first said that they have read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::Time>)]
    pub read_at: Option<Timestamp>,
}

impl From<domain::receipt::Receipt> for Receipt {
    fn from(receipt: domain::receipt::Receipt) -> Self {
        Self { standing: receipt.standing, delivered_at: receipt.delivered_at, read_at: receipt.read_at }
    }
}

impl From<domain::reminder::Reminder> for Reminder {
    fn from(reminder: domain::reminder::Reminder) -> Self {
        Self { delay_s: reminder.delay_s, number_left: reminder.number_left, due_at: reminder.due_at }
    }
}

impl From<domain::reminder::Delivery> for Delivery {
    fn from(delivery: domain::reminder::Delivery) -> Self {
        Self { id: Id(delivery.id.0), kind: delivery.kind, state: delivery.state, created_at: delivery.created_at }
    }
}
