//! Every later version reads the documents that are stored now. A file contains rows as one version wrote them, one per
//! line. An existing file never changes.

#![allow(clippy::unwrap_used, reason = "by it a test says what must hold")]

use domain::{agent::Settings, event::Event, fit::Fit, message::Body, provider::RouteSettings};
use serde::{Serialize, de::DeserializeOwned};

/// Each row is read, and would be written again as it stands.
fn check<T: DeserializeOwned + Serialize>(rows: &str) {
    for row in rows.lines() {
        let read: T = serde_json::from_str(row).unwrap_or_else(|why| panic!("{why}: {row}"));
        assert_eq!(serde_json::to_string(&read).unwrap(), row);
    }
}

#[test]
fn entries_of_every_version_are_read() {
    check::<Event>(include_str!("golden/events-0.1.jsonl"));
    check::<Event>(include_str!("golden/events-0.2.jsonl"));
    check::<Event>(include_str!("golden/events-0.3.jsonl"));
    check::<Event>(include_str!("golden/events-0.3-budgets.jsonl"));
    check::<Event>(include_str!("golden/events-0.4.jsonl"));
}

#[test]
fn every_type_of_entry_has_a_row() {
    let rows = [
        include_str!("golden/events-0.1.jsonl"),
        include_str!("golden/events-0.3.jsonl"),
        include_str!("golden/events-0.3-budgets.jsonl"),
        include_str!("golden/events-0.4.jsonl"),
    ];
    let rows = rows.into_iter().flat_map(str::lines);
    let kinds: Vec<&str> = rows.map(|row| serde_json::from_str::<Event>(row).unwrap().kind()).collect();
    let missing: Vec<_> = Event::KINDS.iter().filter(|kind| !kinds.contains(kind)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn messages_of_every_version_are_read() {
    let (kept, with_thinking): (Vec<&str>, Vec<&str>) =
        include_str!("golden/bodies-0.1.jsonl").lines().partition(|row| !row.contains(r#""thinking":"#));
    check::<Body>(&kept.join("\n"));
    check::<Body>(include_str!("golden/bodies-0.3.jsonl"));
    // Thinking stood beside the parts, and is now the first of them.
    let read = |row: &str| serde_json::from_str::<Body>(row).unwrap();
    let parts = include_str!("golden/bodies-0.3.jsonl").lines().next().unwrap();
    assert_eq!(with_thinking.into_iter().map(read).collect::<Vec<Body>>(), [read(parts)]);
    check::<Body>(include_str!("golden/bodies-0.2.jsonl"));
    check::<Body>(include_str!("golden/bodies-0.4.jsonl"));
}

#[test]
fn agents_of_every_version_are_read() {
    check::<Settings>(include_str!("golden/settings-0.1.jsonl"));
    check::<Settings>(include_str!("golden/settings-0.2.jsonl"));
    check::<Settings>(include_str!("golden/settings-0.3.jsonl"));
    check::<Settings>(include_str!("golden/settings-0.3-budgets.jsonl"));
    check::<Settings>(include_str!("golden/settings-0.4.jsonl"));
}

#[test]
fn fits_of_every_version_are_read() {
    check::<Fit>(include_str!("golden/fits-0.3.jsonl"));
}

#[test]
fn routes_of_every_version_are_read() {
    check::<RouteSettings>(include_str!("golden/routes-0.3.jsonl"));
}

#[test]
fn a_row_that_lacks_what_its_type_needs_is_no_entry() {
    for row in [r#"{"type":"thread.updated"}"#, r#"{"type":"turn.lost"}"#, r#"{"type":"tool.called","kind":"client"}"#]
    {
        assert!(serde_json::from_str::<Event>(row).is_err(), "{row}");
    }
    for body in [r#"{"content":[{"type":"text"}]}"#, r#"{"content":[{"type":"audio"}]}"#, r#"{"content":[{}]}"#] {
        assert!(serde_json::from_str::<Body>(body).is_err(), "{body}");
    }
}
