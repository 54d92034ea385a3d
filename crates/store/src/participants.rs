//! A thread's participants in its head, one line each: `id kind first_at last_at`. A search finds an id without parsing
//! lines.

use domain::{
    Timestamp,
    participant::{Kind, Participant},
};
use uuid::Uuid;

use crate::{Column, Value, value::Mismatch};

pub(crate) struct Lines(pub(crate) Vec<Participant>);

pub(crate) fn lines(participants: &[Participant]) -> String {
    let line = |p: &Participant| format!("{} {} {} {}", p.id, p.kind.as_str(), p.first_at.0, p.last_at.0);
    participants.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The LIKE pattern of texts whose first line is of `id`.
pub(crate) fn begins_with(id: Uuid) -> String {
    format!("{id} %")
}

/// The LIKE pattern of texts with a line of `id`.
pub(crate) fn has(id: Uuid) -> String {
    format!("%{id} %")
}

impl Column for Lines {
    fn read(value: Value<'_>) -> Result<Self, Mismatch> {
        let Value::Text(text) = value else {
            return Err(Mismatch(format!("expected participants, found {}", value.kind())));
        };
        let all: Option<Vec<_>> = text.lines().map(read_line).collect();
        all.map(Self).ok_or_else(|| Mismatch("a line that is no participant".into()))
    }
}

fn read_line(line: &str) -> Option<Participant> {
    let mut words = line.split(' ');
    let participant = Participant {
        id: Uuid::try_parse(words.next()?).ok()?,
        kind: Kind::parse(words.next()?)?,
        first_at: Timestamp(words.next()?.parse().ok()?),
        last_at: Timestamp(words.next()?.parse().ok()?),
    };
    words.next().is_none().then_some(participant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_read_back() {
        let one = |n: u128, kind| Participant {
            id: Uuid::from_u128(n),
            kind,
            first_at: Timestamp(n as i64),
            last_at: Timestamp(-1),
        };
        for all in [vec![], vec![one(1, Kind::Key)], vec![one(2, Kind::Member), one(3, Kind::Customer)]] {
            assert_eq!(Lines::read(Value::Text(&lines(&all))).unwrap().0, all);
        }
        for broken in
            ["x", "\n", "00000000-0000-0000-0000-000000000001 key 1", &format!("{} 5", lines(&[one(1, Kind::Key)]))]
        {
            assert!(Lines::read(Value::Text(broken)).is_err(), "{broken:?}");
        }
    }
}
