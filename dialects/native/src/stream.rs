//! What of a thread's items a reader wants, and how it stands on a stream.

use dialect_kit::Frame;
use domain::{
    Error, Result,
    event::{Event, Item},
};

use crate::convert;

/// The type under which a stream shows a piece of a message that is still being said.
pub const DELTA: &str = "message.delta";

/// The types of events that a reader wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Types(Option<Vec<String>>);

impl Types {
    /// Reads the parameter `types`: repeated, or with commas. Absent: all.
    ///
    /// # Errors
    /// `invalid` for a type that is none.
    pub fn parse(given: &[String]) -> Result<Self> {
        if given.is_empty() {
            return Ok(Self(None));
        }
        let mut types: Vec<String> = given.iter().flat_map(|list| list.split(',')).map(String::from).collect();
        types.sort_unstable();
        types.dedup();
        match types.iter().all(|name| name == DELTA || Event::KINDS.contains(&name.as_str())) {
            true => Ok(Self(Some(types))),
            false => Err(Error::field("types", format!("must be some of {}, {DELTA}", Event::KINDS.join(", ")))),
        }
    }

    pub fn want(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|types| types.iter().any(|wanted| wanted == name))
    }

    pub fn is_all(&self) -> bool {
        self.0.is_none()
    }

    /// Whether a list of entries could hold any of them: deltas are on streams alone.
    pub fn is_only_deltas(&self) -> bool {
        self.0.as_ref().is_some_and(|types| types.iter().all(|name| name == DELTA))
    }
}

/// The item's type.
pub fn name(item: &Item) -> &'static str {
    match item {
        Item::Entry(entry) => entry.event.kind(),
        Item::Delta(_) => DELTA,
    }
}

/// The item on a stream: its position as `id:`, its type as `event:`.
pub fn frame(item: &Item) -> Frame {
    let event = convert::event::item(item.clone());
    Frame {
        event: Some(name(item).into()),
        id: Some(item.position().to_string()),
        data: Some(serde_json::to_string(&event).expect("its keys are texts, and it holds no map of others")),
        ..Frame::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(given: &[&str]) -> Result<Types> {
        Types::parse(&given.iter().map(|text| String::from(*text)).collect::<Vec<_>>())
    }

    #[test]
    fn types_are_repeated_or_joined_by_commas() {
        let some = types(&["turn.completed,message.delta", "turn.failed"]).unwrap();
        assert!(some.want("turn.completed") && some.want("turn.failed") && some.want(DELTA));
        assert!(!some.want("message.created") && !some.is_all() && !some.is_only_deltas());
        assert!(types(&[]).unwrap().is_all() && types(&[]).unwrap().want("thread.created"));
        assert!(types(&[DELTA]).unwrap().is_only_deltas());
        for bad in ["", "turn", "turn.*", "Turn.completed", "turn.completed,", "turn.completed, turn.failed"] {
            assert_eq!(types(&[bad]).expect_err(bad).fields[0].path, "types");
        }
    }
}
