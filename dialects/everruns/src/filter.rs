//! The filter of event types.

use domain::{Error, Result, event::Event};

/// Most values of each of the two parameters.
const VALUES_MAX: usize = 64;

/// Every type of the vendor's contract, because a client may name any of them.
const VENDOR: &[&str] = &[
    "input.message",
    "output.message.started",
    "output.message.delta",
    "output.message.replaced",
    "output.message.completed",
    "turn.started",
    "turn.completed",
    "turn.failed",
    "turn.cancelled",
    "turn.sealed",
    "reason.started",
    "reason.completed",
    "reason.item",
    "reason.recovered",
    "reason.thinking.started",
    "reason.thinking.delta",
    "reason.thinking.completed",
    "act.started",
    "act.completed",
    "tool.started",
    "tool.completed",
    "tool.progress",
    "tool.output.delta",
    "tool.call_requested",
    "tool.call_repaired",
    "tool.hosted_call",
    "tool.nested_call",
    "llm.generation",
    "session.started",
    "session.activated",
    "session.idled",
    "session.title.updated",
    "session.model.changed",
    "capability.usage",
    "transcript.repaired",
    "context.compacting",
    "context.compacted",
    "file.written",
    "budget.warning",
    "budget.paused",
    "budget.exhausted",
    "budget.resumed",
    "task.created",
    "task.updated",
    "task.message.sent",
    "task.message.received",
    "conversation.message",
    "dreaming.activity",
];

/// Families of types that the contract does not list completely. None of them is sent here.
const FAMILIES: &[&str] = &["voice.", "timer.", "sandbox.", "environment."];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Empty: all.
    types: Vec<String>,
    exclude: Vec<String>,
}

impl Filter {
    /// # Errors
    /// `invalid_parameter` for an unknown type, and for too many.
    pub fn new(types: Vec<String>, exclude: Vec<String>) -> Result<Self> {
        check("types", &types)?;
        check("exclude", &exclude)?;
        Ok(Self { types, exclude })
    }

    pub fn lets(&self, kind: &str) -> bool {
        let names = |list: &[String]| list.iter().any(|name| name == kind);
        (self.types.is_empty() || names(&self.types)) && !names(&self.exclude)
    }
}

fn check(parameter: &str, names: &[String]) -> Result<()> {
    if names.len() > VALUES_MAX {
        return Err(Error::field(parameter, format!("must have at most {VALUES_MAX} values")));
    }
    match names.iter().find(|name| !is_known(name)) {
        Some(unknown) => {
            let shown: String = unknown.chars().take(64).collect();
            Err(Error::field(parameter, format!("`{shown}` is not a type of event")))
        }
        None => Ok(()),
    }
}

fn is_known(name: &str) -> bool {
    let of_family = |family: &&str| name.strip_prefix(*family).is_some_and(|rest| !rest.is_empty());
    VENDOR.contains(&name) || Event::KINDS.contains(&name) || name == Event::INTERNAL || FAMILIES.iter().any(of_family)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(types: &[&str], exclude: &[&str], kind: &str) -> Option<bool> {
        let list = |names: &[&str]| names.iter().map(|name| String::from(*name)).collect();
        Filter::new(list(types), list(exclude)).ok().map(|filter| filter.lets(kind))
    }

    #[test]
    fn types_are_let_through_and_then_excluded() {
        assert_eq!(check(&[], &[], "turn.started"), Some(true));
        assert_eq!(check(&["turn.started"], &[], "turn.started"), Some(true));
        assert_eq!(check(&["turn.started"], &[], "turn.completed"), Some(false));
        assert_eq!(check(&[], &["turn.started"], "turn.started"), Some(false));
        assert_eq!(check(&["turn.started"], &["turn.started"], "turn.started"), Some(false));
        assert_eq!(check(&["thread.closed"], &[], "thread.closed"), Some(true));
        assert_eq!(check(&[], &["voice.session.started", "llm.generation"], "turn.started"), Some(true));
    }

    #[test]
    fn unknown_types_and_too_many_are_refused() {
        for unknown in ["", "turn", "voice.", "Turn.Started", "turn.started ", "message.created,turn.started"] {
            assert_eq!(check(&[unknown], &[], ""), None, "{unknown}");
            assert_eq!(check(&[], &[unknown], ""), None, "{unknown}");
        }
        assert_eq!(check(&["turn.started"; 64], &[], "turn.started"), Some(true));
        assert_eq!(check(&["turn.started"; 65], &[], "turn.started"), None);
    }
}
