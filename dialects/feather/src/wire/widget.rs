//! The settings of an agent's chat widget.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// What a page needs to show an agent's widget.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WidgetResponse {
    /// The agent's `guest_id`.
    #[schema(format = "uuid")]
    pub agent_id: String,
    /// Null: the widget has a title of its own.
    #[schema(required = true)]
    pub title: Option<String>,
    /// The display name of the assistant.
    #[schema(required = true)]
    pub assistant_name: Option<String>,
    #[schema(required = true)]
    pub greeting: Option<String>,
    /// Seconds after which the widget greets. Null: once it is opened.
    #[schema(required = true)]
    pub greeting_after_seconds: Option<i64>,
    /// `#rrggbb`. Null: the widget's own.
    #[schema(required = true)]
    pub colour: Option<String>,
    #[schema(inline)]
    pub position: WidgetPosition,
    /// Texts by language and name, in place of the widget's own.
    pub texts: BTreeMap<String, BTreeMap<String, String>>,
    pub features: WidgetFeatures,
    pub limits: WidgetLimits,
}

#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WidgetPosition {
    Left,
    Right,
}

/// What guests of the agent may do beside writing. Null: they may not.
#[derive(Serialize, ToSchema)]
pub struct WidgetFeatures {
    /// Ask for a person.
    #[schema(required = true)]
    pub ask: Option<WidgetAsk>,
    /// Send files.
    #[schema(required = true)]
    pub files: Option<WidgetFiles>,
    /// The data for which the widget asks after the first message.
    #[schema(required = true)]
    pub contact: Option<WidgetContact>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WidgetAsk {
    /// True within the opening hours.
    pub is_open: bool,
    /// Null: the team can be asked at any time.
    #[schema(required = true)]
    pub hours: Option<WidgetHours>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WidgetHours {
    /// A name of the time zone database.
    pub time_zone: String,
    pub open: Vec<WidgetSpan>,
}

/// A stretch of these days, in local time, without its end.
#[derive(Serialize, ToSchema)]
pub struct WidgetSpan {
    /// `mon` to `sun`.
    pub days: Vec<&'static str>,
    /// `HH:MM`
    pub from: String,
    /// `HH:MM`, at most `24:00`
    pub to: String,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WidgetFiles {
    /// Media types: `image/png`, or `image/*`.
    pub types: Vec<String>,
    /// Most bytes of one file.
    pub max_bytes: i64,
    /// Most files of one message.
    pub max_count: u64,
}

#[derive(Serialize, ToSchema)]
pub struct WidgetContact {
    pub name: bool,
    pub email: bool,
    /// The text to which the guest consents.
    #[schema(required = true)]
    pub consent: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WidgetLimits {
    /// Bytes of a request's JSON, a message in it.
    pub body_bytes: u64,
    /// Longest `wait` of a poll.
    pub wait_seconds: u64,
    /// Lifetime of a token.
    pub token_seconds: u64,
}
