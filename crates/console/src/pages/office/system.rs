//! The system: version, health, limits and settings as they stand.

use std::sync::Arc;

use axum::{Extension, extract::State};
use dialect_kit::{Answer, Authed};
use domain::{Kind, Limits, Result};
use engine::{App, app::system::Condition};

use super::sheet::{Cell, Facts, Heading, Sheet, Table};
use crate::{
    Setting,
    frame::{Frame, Place},
    times,
};

const LEAD: &str = "The server as it stands.";

pub async fn show(
    State(app): State<App>,
    Authed(caller): Authed,
    Extension(settings): Extension<Arc<[Setting]>>,
) -> Answer {
    let mut sheet = Sheet::new(Frame::of(&app, &caller, Place::System, "System").await?, LEAD);
    // The node's own things are told to who administers the installation.
    let condition = match app.condition(&caller).await {
        Ok(condition) => Some(condition),
        Err(error) if error.kind == Kind::Forbidden => None,
        Err(error) => return Err(error.into()),
    };
    let mut rows = vec![("Version".to_owned(), Cell::text(env!("CARGO_PKG_VERSION")))];
    if let Some(condition) = &condition {
        rows.push(("Health".into(), health(&app).await));
        rows.extend(of_node(condition));
    }
    sheet.add(&Facts { rows })?;
    if condition.is_some() && !settings.is_empty() {
        add_settings(&mut sheet, &settings)?;
    }
    add_limits(&mut sheet, app.limits())?;
    sheet.answer(None)
}

/// Whether the server takes requests, as `/readyz` tells supervisors.
async fn health(app: &App) -> Cell {
    match app.ready().await {
        Ok(()) => Cell::State(crate::pages::state::Word { text: "Takes requests", class: "is-person" }),
        Err(_) => {
            Cell::State(crate::pages::state::Word { text: "The database or the disk does not answer", class: "is-bad" })
        }
    }
}

fn of_node(condition: &Condition) -> Vec<(String, Cell)> {
    let size = |bytes: u64| times::size(i64::try_from(bytes).unwrap_or(i64::MAX));
    let of = |(used, all): (u64, u64)| format!("{} of {}", times::grouped(used), times::grouped(all));
    let due = match condition.due {
        1_000.. => "1,000+".to_owned(),
        due => times::grouped(due.max(0) as u64),
    };
    let disk = condition.disk.map(|(free, all)| format!("{} free of {}", size(free), size(all)));
    vec![
        ("Database".into(), Cell::text(if condition.is_postgres { "PostgreSQL" } else { "SQLite" })),
        ("Disk of the data folder".into(), Cell::maybe(disk)),
        ("Busy workers".into(), Cell::text(of(condition.workers))),
        ("Turns that wait".into(), Cell::text(due)),
        (
            "Memory of requests".into(),
            Cell::text(format!("{} lent; the process may have {}", size(condition.memory.0), size(condition.memory.1))),
        ),
    ]
}

fn add_settings(sheet: &mut Sheet, settings: &[Setting]) -> Result<()> {
    let about = "The values of this process, and where each comes from. Settings that nobody has set are left out.";
    sheet.add(&Heading { title: "Settings", about: about.into() })?;
    let mut table = Table::new("Settings", &["Setting", "Value", "From"]);
    let is_set = |setting: &&Setting| setting.value.is_some() && !setting.name.starts_with("limits.");
    table.rows = settings
        .iter()
        .filter(is_set)
        .map(|setting| {
            let value = setting.value.clone().map_or(Cell::Nothing, Cell::Code);
            vec![Cell::Code(setting.name.clone()), value, Cell::text(setting.origin.clone())]
        })
        .collect();
    sheet.add(&table)
}

fn add_limits(sheet: &mut Sheet, limits: &Limits) -> Result<()> {
    let about = "Bounds that hold for every project. The operator sets them.";
    sheet.add(&Heading { title: "Limits", about: about.into() })?;
    let mut table = Table::new("Limits", &["Limit", "#Value", "#Default", "Meaning"]);
    table.rows = Limits::TABLE
        .iter()
        .zip(limits.values())
        .map(|((name, default, meaning), (_, value))| {
            let shown = times::grouped(value);
            let value = if value == *default { Cell::Number(shown) } else { Cell::Changed(shown) };
            vec![
                Cell::Code((*name).to_owned()),
                value,
                Cell::Number(times::grouped(*default)),
                Cell::Plain((*meaning).to_owned()),
            ]
        })
        .collect();
    sheet.add(&table)
}
