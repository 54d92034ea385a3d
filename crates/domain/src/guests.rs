//! Guests of an agent: people without a key, the pages that they come from, and the settings of their chat widget.

use std::collections::BTreeMap;

use jiff::{civil::Weekday, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{Timestamp, budget::Budget, controls::words};

/// The people without a key who may start a thread with an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guests {
    /// Allowed origins of pages: `https://shop.example.com`, with the port unless it is the default one. A request
    /// without an origin, as from a program, is bounded only by its rate.
    pub origins: Vec<String>,
    /// The most that calls for one guest may use. A guest is known by the thread alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
    /// False hides the display names of members. Default: true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show_names: Option<bool>,
    /// The title of the widget. Default: the agent's display name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The words with which the widget greets. They are no message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub greeting: Option<String>,
    /// Seconds after which the widget greets. Absent: once it is opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub greeting_after_s: Option<i64>,
    /// `#rrggbb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colour: Option<String>,
    /// The corner of the page. Default: right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// The widget's own texts, by language (BCP 47) and by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, BTreeMap<String, String>>,
    /// Lets guests ask for a person. Absent: they may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<Asking>,
    /// Lets guests send files. Absent: they may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub files: Option<Files>,
    /// The data for which the widget asks. Absent: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
}

impl Guests {
    /// Tells whether guests see the display names of members.
    pub fn shows_names(&self) -> bool {
        self.show_names.unwrap_or(true)
    }
}

words! {
    /// A corner of a page.
    Position {
        Left = "left",
        Right = "right",
    }
}

/// The conditions under which guests may ask for a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Asking {
    /// The times at which the team can be asked. Absent: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// Number of the agent's threads that may wait for a person. A guest beyond it is refused. Absent: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_waiting: Option<i64>,
}

/// Opening hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// A name of the time zone database: `Europe/Berlin`.
    pub time_zone: String,
    pub open: Vec<Span>,
}

/// A stretch of these days, in local time. `from` belongs to it, and `to` does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    pub days: Vec<Day>,
    /// `HH:MM`.
    pub from: String,
    /// `HH:MM`, at most `24:00`.
    pub to: String,
}

words! {
    /// A day of the week.
    Day {
        Monday = "mon",
        Tuesday = "tue",
        Wednesday = "wed",
        Thursday = "thu",
        Friday = "fri",
        Saturday = "sat",
        Sunday = "sun",
    }
}

/// The files that guests may send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Files {
    /// Media types: `image/png`, or `image/*` for all of a kind.
    pub types: Vec<String>,
    /// Most bytes of one file.
    pub bytes: i64,
}

/// The data for which the widget asks after the first message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contact {
    pub name: bool,
    pub email: bool,
    /// The text to which a guest consents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<String>,
}

impl Files {
    /// Tells whether a file of this media type may be sent.
    pub fn takes(&self, media_type: &str) -> bool {
        let kind = media_type.split('/').next().unwrap_or_default();
        self.types.iter().any(|own| own == media_type || own.strip_suffix("/*") == Some(kind))
    }
}

impl Hours {
    /// Tells whether the team can be asked at this time. In an unknown time zone it never can.
    pub fn is_open(&self, now: Timestamp) -> bool {
        let Ok(zone) = TimeZone::get(&self.time_zone) else { return false };
        let Ok(now) = jiff::Timestamp::from_microsecond(now.0) else { return false };
        let local = zone.to_datetime(now);
        let (day, minute) = (Day::of(local.weekday()), i32::from(local.hour()) * 60 + i32::from(local.minute()));
        self.open.iter().any(|span| {
            let within = span.minutes().is_some_and(|(from, to)| (from..to).contains(&minute));
            within && span.days.contains(&day)
        })
    }
}

impl Span {
    /// The minutes of the day, the first of them and the one after the last. `None` if they are malformed or empty.
    pub fn minutes(&self) -> Option<(i32, i32)> {
        let (from, to) = (minute(&self.from)?, minute(&self.to)?);
        (from < to).then_some((from, to))
    }
}

impl Day {
    fn of(day: Weekday) -> Self {
        Self::ALL[usize::try_from(day.to_monday_zero_offset()).unwrap_or_default() % 7]
    }
}

/// The minute of the day of `HH:MM`, at most `24:00`.
fn minute(text: &str) -> Option<i32> {
    let two = |text: &str| (text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?;
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (i32, i32) = (two(hours)?, two(minutes)?);
    let minute = hours * 60 + minutes;
    (minutes < 60 && minute <= 24 * 60).then_some(minute)
}

/// Tells whether the time zone database has this name.
pub fn is_time_zone(name: &str) -> bool {
    TimeZone::get(name).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(time_zone: &str, days: &[Day], from: &str, to: &str) -> Hours {
        let span = Span { days: days.to_vec(), from: from.into(), to: to.into() };
        Hours { time_zone: time_zone.into(), open: vec![span] }
    }

    #[test]
    fn the_team_is_there_within_its_hours_in_its_own_time_zone() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let berlin = hours("Europe/Berlin", &[Day::Monday], "09:00", "17:00");
        for (time, is_open) in [
            // Winter: an hour ahead of UTC.
            ("2026-11-30T07:59:59Z", false),
            ("2026-11-30T08:00:00Z", true),
            ("2026-11-30T15:59:59.999999Z", true),
            ("2026-11-30T16:00:00Z", false),
            // Summer: two hours.
            ("2026-06-29T06:59:59Z", false),
            ("2026-06-29T07:00:00Z", true),
            ("2026-06-29T15:00:00Z", false),
            ("2026-12-01T10:00:00Z", false),
        ] {
            assert_eq!(berlin.is_open(at(time)), is_open, "{time}");
        }
        // Sunday evening in UTC is Monday in Auckland.
        assert!(hours("Pacific/Auckland", &[Day::Monday], "00:00", "24:00").is_open(at("2026-11-29T20:00:00Z")));
        assert!(!hours("Nowhere/At_All", Day::ALL, "00:00", "24:00").is_open(at("2026-11-30T10:00:00Z")));
        assert!(!Hours { open: Vec::new(), ..berlin }.is_open(at("2026-11-30T10:00:00Z")));
    }

    #[test]
    fn a_time_of_the_day_has_four_digits_and_a_span_an_end_behind_its_start() {
        for (text, found) in [("00:00", Some(0)), ("09:05", Some(545)), ("23:59", Some(1_439)), ("24:00", Some(1_440))]
        {
            assert_eq!(minute(text), found, "{text}");
        }
        for text in ["", "9:00", "09:0", "09:60", "24:01", "25:00", "-1:00", "09:00:00", "0900", "०९:००", "+9:00"]
        {
            assert_eq!(minute(text), None, "{text}");
        }
        let span = |from: &str, to: &str| Span { days: vec![Day::Monday], from: from.into(), to: to.into() }.minutes();
        assert_eq!(
            (span("09:00", "09:01"), span("09:00", "09:00"), span("17:00", "09:00")),
            (Some((540, 541)), None, None)
        );
    }

    #[test]
    fn files_are_taken_by_type_or_by_kind() {
        let files = Files { types: vec!["image/*".into(), "application/pdf".into()], bytes: 1 };
        for (media_type, takes) in [
            ("image/png", true),
            ("application/pdf", true),
            ("application/zip", false),
            ("imageful/png", false),
            ("", false),
        ] {
            assert_eq!(files.takes(media_type), takes, "{media_type}");
        }
    }
}
