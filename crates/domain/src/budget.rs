//! Budgets: the most that model calls may use in a turn, a day or a month.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Kept, Result, Timestamp,
    controls::words,
    day::Day,
    usage::{Usage, Usd},
};

words! {
    /// The period of a budget. Days and months are those of UTC.
    #[derive(PartialOrd, Ord)]
    Per { Turn = "turn", Day = "day", Month = "month" }
}

words! {
    /// The side that a budget belongs to.
    #[derive(PartialOrd, Ord)]
    Owner {
        Project = "project", Agent = "agent", Thread = "thread", Key = "key", Customer = "customer",
        /// A guest of an agent, who is known by the thread alone.
        Guest = "guest",
    }
}

words! {
    /// The unit of a budget's amount.
    #[derive(PartialOrd, Ord)]
    Unit {
        /// All tokens, of the input and of the output.
        Tokens = "tokens",
        /// Picodollars.
        Usd = "usd",
    }
}

/// The most that the model calls of one period may use. At least one amount is given. Zero allows no call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    pub per: Per,
    /// All tokens, of the input and of the output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usd: Option<Usd>,
}

impl Budget {
    /// The amounts by their units.
    pub fn amounts(&self) -> impl Iterator<Item = (Unit, i64)> {
        let tokens = self.tokens.map(|most| (Unit::Tokens, i64::try_from(most).unwrap_or(i64::MAX)));
        tokens.into_iter().chain(self.usd.map(|most| (Unit::Usd, most.0)))
    }
}

impl Per {
    /// The number of the period that has this instant: days since 1970-01-01, or months since the year 0. 0 for a turn.
    pub fn span(self, at: Timestamp) -> i64 {
        match self {
            Self::Turn => 0,
            Self::Day => Day::of(at).0,
            Self::Month => month(Day::of(at)),
        }
    }

    /// The time from which the count of the period is of no use, for a count that was written at this instant.
    pub fn ends_at(self, at: Timestamp) -> Timestamp {
        const DAY_S: i64 = 86_400;
        at.plus_s(match self {
            Self::Turn | Self::Day => 2 * DAY_S,
            Self::Month => 33 * DAY_S,
        })
    }
}

/// Months since the year 0, by the shown date.
fn month(day: Day) -> i64 {
    let date = day.to_string();
    let mut numbers = date.split('-').map(|number| number.parse::<i64>().unwrap_or(0));
    let (year, month) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(1));
    year * 12 + month - 1
}

/// What counts against a budget: one unit in one period of one owner. All budgets of a turn share the turn's count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Meter {
    pub per: Per,
    pub unit: Unit,
    /// For the period `turn`: [`Owner::Thread`].
    pub owner: Owner,
    /// The owner's id. For a guest: the thread's. For the period `turn`: the turn's.
    pub id: Uuid,
    pub span: i64,
}

/// The units that a call used.
pub fn used(unit: Unit, usage: &Usage, cost: Option<Usd>) -> i64 {
    match unit {
        Unit::Tokens => i64::try_from(usage.total()).unwrap_or(i64::MAX),
        Unit::Usd => cost.unwrap_or_default().0,
    }
}

/// Budgets as an entry of a thread has them, with dollars as decimal strings.
pub fn shown(budgets: &[Budget]) -> Result<Kept> {
    #[derive(Serialize)]
    struct Shown {
        per: Per,
        #[serde(skip_serializing_if = "Option::is_none")]
        tokens: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        usd: Option<String>,
    }
    let shown = |budget: &Budget| {
        let usd = budget.usd.map(|usd| usd.to_string());
        Shown { per: budget.per, tokens: budget.tokens, usd }
    };
    Kept::of(&budgets.iter().map(shown).collect::<Vec<_>>())
}

/// An amount for people: `200 tokens`, `1.5 dollars`.
pub fn told(unit: Unit, amount: i64) -> String {
    match unit {
        Unit::Tokens => format!("{amount} tokens"),
        Unit::Usd => format!("{} dollars", Usd(amount)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_months_turn_at_midnight_in_utc() {
        let at = |text: &str| Timestamp::parse(text).expect("a time");
        let (last, first) = (at("2026-11-30T23:59:59.999999Z"), at("2026-12-01T00:00:00Z"));
        assert_eq!(Per::Day.span(first), Per::Day.span(last) + 1);
        assert_eq!(Per::Month.span(first), Per::Month.span(last) + 1);
        let (last, first) = (at("2026-12-31T23:59:59.999999Z"), at("2027-01-01T00:00:00Z"));
        assert_eq!(Per::Month.span(first), Per::Month.span(last) + 1);
        assert_eq!(Per::Month.span(at("2026-12-01T00:00:00Z")), Per::Month.span(last));
        assert_eq!((Per::Turn.span(last), Per::Turn.span(first)), (0, 0));
        for per in Per::ALL {
            assert!(per.span(per.ends_at(last)) > per.span(last) || *per == Per::Turn);
        }
    }

    #[test]
    fn a_budget_is_stored_with_the_amounts_that_it_has() {
        let budget = Budget { per: Per::Day, tokens: None, usd: Usd::parse("1.5") };
        let text = serde_json::to_string(&budget).expect("JSON");
        assert_eq!(text, r#"{"per":"day","usd":1500000000000}"#);
        assert_eq!(serde_json::from_str::<Budget>(&text).expect("a budget"), budget);
        assert_eq!(budget.amounts().collect::<Vec<_>>(), [(Unit::Usd, 1_500_000_000_000)]);
        assert_eq!(told(Unit::Usd, 1_500_000_000_000), "1.5 dollars");
    }
}
