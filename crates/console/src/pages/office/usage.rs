//! What model calls used: by day, agent, model and key.

use axum::extract::State;
use dialect_kit::{Answer, Authed, Query};
use domain::{Result, day::Day, spent::Spent, usage::Usd};
use engine::{
    App,
    app::usage::sums::{By, Days, Names, Sum, Sums, SumsQuestion},
};
use serde::Deserialize;

use super::sheet::{Cell, Chart, Choices, Empty, Filters, Heading, Sheet, Table, Totals};
use crate::{
    frame::{Frame, Place},
    times,
};

const LEAD: &str =
    "Model calls of the project, by days in UTC. A call counts as soon as it is stored, also if it failed.";
const REPORTED: &str =
    "Programs of external agents reported the calls with *. The server has only bounded their numbers.";
/// Days of the longest period.
const DAYS_MAX: i64 = 366;
/// Agents, models or keys that a table shows.
const GROUPS_MAX: i64 = 100;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct UsageQuery {
    days: String,
}

pub async fn show(State(app): State<App>, Authed(caller): Authed, Query(query): Query<UsageQuery>) -> Answer {
    let count = query.days.parse::<i64>().unwrap_or(30).clamp(1, DAYS_MAX);
    let to = Day::of(app.clock().now()).plus(1);
    let days = Days { from: to.plus(-count), to };
    let ask = |by: By, limit: i64| app.usage_sums(&caller, SumsQuestion { days, by, offset: 0, limit });
    let by_day = ask(By { day: true, ..By::default() }, count).await?;
    let mut sheet = Sheet::new(Frame::of(&app, &caller, Place::Usage, "Usage").await?, LEAD);
    let periods = [("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("366", "A year")];
    let periods = periods.map(|(value, text)| (value.to_owned(), text.to_owned()));
    sheet.add(&Filters {
        action: "/console/usage",
        choices: vec![Choices::required("days", "Period", periods, &count.to_string())],
        field: ("", "", String::new()),
    })?;
    if by_day.groups.is_empty() {
        sheet.add(&Empty {
            title: "No model was called",
            hint: "Tokens and cost appear here when an agent answers. This command makes one answer:",
            command: "threadline thread send THREAD 'Hello'".into(),
        })?;
        return sheet.answer(None);
    }
    let total = by_day.total;
    let facts = [
        ("Cost", cost(&total)),
        ("Calls", times::grouped(total.calls)),
        ("Tokens in", times::grouped(total.usage.input_total())),
        ("Tokens out", times::grouped(total.usage.output)),
        ("Failed calls", times::grouped(total.failed)),
    ];
    let mut facts = Vec::from(facts);
    if total.reported > 0 {
        facts.push(("Reported calls", times::grouped(total.reported)));
    }
    sheet.add(&Totals { facts })?;
    if total.reported > 0 {
        sheet.add(&Heading { title: "", about: REPORTED.into() })?;
    }
    sheet.add(&chart(&by_day, days, &total))?;
    table(&mut sheet, "By agent", "Agent", &ask(By { agent: true, ..By::default() }, GROUPS_MAX).await?, total)?;
    table(&mut sheet, "By model", "Model", &ask(By { model: true, ..By::default() }, GROUPS_MAX).await?, total)?;
    table(&mut sheet, "By key", "Key", &ask(By { key: true, ..By::default() }, GROUPS_MAX).await?, total)?;
    table(&mut sheet, "By day", "Day", &by_day, total)?;
    sheet.answer(None)
}

/// The cost of each day, or its tokens if nothing has a price.
fn chart(by_day: &Sums, days: Days, total: &Spent) -> Chart {
    let is_priced = total.cost > Usd::default();
    let value = |spent: &Spent| match is_priced {
        true => u64::try_from(spent.cost.0).unwrap_or(0),
        false => spent.usage.total(),
    };
    let words = |amount: u64| match is_priced {
        true => dollars(Usd(i64::try_from(amount).unwrap_or(i64::MAX))),
        false => times::grouped(amount),
    };
    let all = (days.from.0..days.to.0).map(Day).map(|day| {
        let group = by_day.groups.iter().find(|group| group.day == Some(day));
        (day.to_string(), group.map_or(0, |group| value(&group.spent)))
    });
    Chart::of(if is_priced { "Cost by day" } else { "Tokens by day" }, all.collect(), words)
}

fn table(sheet: &mut Sheet, title: &'static str, of: &'static str, sums: &Sums, total: Spent) -> Result<()> {
    let about = match sums.groups.len() as i64 >= GROUPS_MAX && of != "Day" {
        true => format!("The first {GROUPS_MAX}."),
        false => String::new(),
    };
    sheet.add(&Heading { title, about })?;
    let mut table = Table::new(title, &[of, "", "#Calls", "#Tokens in", "#Tokens out", "#Cost"]);
    let mut groups: Vec<&Sum> = sums.groups.iter().collect();
    match of {
        "Day" => groups.reverse(),
        _ => groups.sort_by_key(|group| std::cmp::Reverse((group.spent.cost, group.spent.usage.total()))),
    }
    let share = |spent: &Spent| match total.cost > Usd::default() {
        true => parts(u64::try_from(spent.cost.0).unwrap_or(0), u64::try_from(total.cost.0).unwrap_or(0)),
        false => parts(spent.usage.total(), total.usage.total()),
    };
    table.rows = groups
        .into_iter()
        .map(|group| {
            let spent = &group.spent;
            vec![
                name(group, &sums.names),
                Cell::Meter(share(spent)),
                Cell::Number(format!("{}{}", times::grouped(spent.calls), if spent.reported > 0 { "*" } else { "" })),
                Cell::Number(times::grouped(spent.usage.input_total())),
                Cell::Number(times::grouped(spent.usage.output)),
                Cell::Number(cost(spent)),
            ]
        })
        .collect();
    sheet.add(&table)
}

/// What the group is of.
fn name(group: &Sum, names: &Names) -> Cell {
    if let Some(day) = group.day {
        return Cell::text(day.to_string());
    }
    if let Some(id) = group.agent {
        let name = names.agents.get(&id).cloned().unwrap_or_else(|| id.to_string());
        return Cell::link(format!("/console/agents/{id}"), name);
    }
    if let Some(id) = group.key {
        return match names.keys.get(&id) {
            Some(name) => Cell::text(name.clone()),
            None if id.0.is_nil() => Cell::text("People, without a key"),
            None => Cell::Code(id.to_string()),
        };
    }
    let model = group.model.clone().unwrap_or_default();
    match group.provider.as_deref() {
        Some(provider) if !provider.is_empty() => Cell::text(format!("{model}, by {provider}")),
        _ => Cell::text(model),
    }
}

/// Thousandths of the whole.
fn parts(value: u64, whole: u64) -> u64 {
    u64::try_from(u128::from(value) * 1_000 / u128::from(whole.max(1))).unwrap_or(1_000).min(1_000)
}

/// The known cost. A plus says that some calls have no price.
fn cost(spent: &Spent) -> String {
    match spent.unpriced {
        0 => dollars(spent.cost),
        calls if calls == spent.calls => "unknown".into(),
        _ => format!("{}+", dollars(spent.cost)),
    }
}

/// Dollars with cents, and with more digits below a cent.
fn dollars(amount: Usd) -> String {
    let dollars = amount.dollars();
    match dollars {
        _ if amount == Usd::default() => "$0".into(),
        ..0.01 => format!("${dollars:.5}"),
        ..1.0 => format!("${dollars:.3}"),
        _ => format!("${dollars:.2}"),
    }
}
