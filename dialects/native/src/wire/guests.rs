//! Guests of an agent, and the settings of their chat widget.

use std::collections::BTreeMap;

use domain::guests::{self, Day, Position};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Budget,
    budget::{budgets, shown},
    schema,
};

/// People without a key who may begin a thread with the agent, and their chat widget.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Guests {
    /// Origins of the pages that guests may come from, as browsers write them: `https://shop.example.com`. Programs need no origin.
    #[serde(default)]
    pub origins: Vec<String>,
    /// The most that model calls for one guest may use. A guest is known by the thread alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
    /// Whether guests see the display names of members. Absent: true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub show_names: Option<bool>,
    /// The title of the widget. Absent: the agent's `display_name`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The words with which the widget greets. They are no message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greeting: Option<String>,
    /// Seconds after which the widget greets. Absent: once it is opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greeting_after_s: Option<i64>,
    /// The widget's colour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(pattern = "^#[0-9a-f]{6}$", example = "#1e5ba1")]
    pub colour: Option<String>,
    /// The corner of the page. Absent: `right`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<schema::GuestPosition>)]
    pub position: Option<Position>,
    /// The widget's own texts, by language (BCP 47) and by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, BTreeMap<String, String>>,
    /// Lets guests ask for a person. Absent: they may not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<GuestAsking>,
    /// Lets guests send files. Absent: they may not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<GuestFiles>,
    /// The data for which the widget asks after the first message. Absent: none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<GuestContact>,
}

/// The conditions under which guests may ask for a person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuestAsking {
    /// The times at which the team can be asked. Absent: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// Number of the agent's threads that may wait for a person. A guest beyond it is refused. Absent: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_waiting: Option<i64>,
}

/// Opening hours.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// A name of the time zone database.
    #[schema(example = "Europe/Berlin")]
    pub time_zone: String,
    pub open: Vec<Span>,
}

/// A stretch of these days, in local time. `from` belongs to it, and `to` does not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Span {
    #[schema(value_type = Vec<schema::Day>)]
    pub days: Vec<Day>,
    #[schema(example = "09:00")]
    pub from: String,
    /// At most `24:00`.
    #[schema(example = "17:00")]
    pub to: String,
}

/// The files that guests may send.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuestFiles {
    /// Media types: `image/png`, or `image/*` for all of a kind.
    pub types: Vec<String>,
    /// Most bytes of one file.
    pub bytes: i64,
}

/// The data for which the widget asks after the first message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GuestContact {
    #[serde(default)]
    pub name: bool,
    #[serde(default)]
    pub email: bool,
    /// The text to which a guest consents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
}

impl From<Guests> for guests::Guests {
    fn from(own: Guests) -> Self {
        Self {
            origins: own.origins,
            budgets: budgets(own.budgets),
            show_names: own.show_names,
            title: own.title,
            greeting: own.greeting,
            greeting_after_s: own.greeting_after_s,
            colour: own.colour,
            position: own.position,
            texts: own.texts,
            ask: own.ask.map(|ask| guests::Asking {
                hours: ask.hours.map(|hours| guests::Hours {
                    time_zone: hours.time_zone,
                    open: hours
                        .open
                        .into_iter()
                        .map(|Span { days, from, to }| guests::Span { days, from, to })
                        .collect(),
                }),
                most_waiting: ask.most_waiting,
            }),
            files: own.files.map(|GuestFiles { types, bytes }| guests::Files { types, bytes }),
            contact: own.contact.map(|GuestContact { name, email, consent }| guests::Contact { name, email, consent }),
        }
    }
}

impl From<guests::Guests> for Guests {
    fn from(own: guests::Guests) -> Self {
        Self {
            origins: own.origins,
            budgets: shown(own.budgets),
            show_names: own.show_names,
            title: own.title,
            greeting: own.greeting,
            greeting_after_s: own.greeting_after_s,
            colour: own.colour,
            position: own.position,
            texts: own.texts,
            ask: own.ask.map(|ask| GuestAsking {
                hours: ask.hours.map(|hours| Hours {
                    time_zone: hours.time_zone,
                    open: hours
                        .open
                        .into_iter()
                        .map(|guests::Span { days, from, to }| Span { days, from, to })
                        .collect(),
                }),
                most_waiting: ask.most_waiting,
            }),
            files: own.files.map(|guests::Files { types, bytes }| GuestFiles { types, bytes }),
            contact: own.contact.map(|guests::Contact { name, email, consent }| GuestContact { name, email, consent }),
        }
    }
}
