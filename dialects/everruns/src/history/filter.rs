//! The filter of a list of events.

use domain::{
    Error, Result, Timestamp, TurnId,
    event::{Entry, Event},
    fold,
};

use crate::{
    filter, ids,
    stream::{self, Around, Told},
    wire,
};

/// Most values of a repeated parameter.
const VALUES_MAX: usize = 64;

/// The filter: an event must match all given parameters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    kinds: filter::Filter,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    turn: Option<TurnId>,
    tool: Option<String>,
    /// One of these. Empty: any or none.
    tags: Vec<String>,
    /// The folded text.
    words: Option<String>,
    /// True if no event can match.
    nothing: bool,
}

impl Filter {
    /// # Errors
    /// `invalid`, naming the parameter.
    pub fn new(query: &wire::EventsQuery) -> Result<Self> {
        if query.tags.len() > VALUES_MAX {
            return Err(Error::field("tags", format!("must have at most {VALUES_MAX} values")));
        }
        let turn =
            |id: &str| ids::parse_turn(id).ok_or_else(|| Error::field("turn_id", "must be turn_ and 32 hex digits"));
        Ok(Self {
            kinds: filter::Filter::new(query.types.clone(), query.exclude.clone())?,
            from: query.from_ts.as_deref().map(|text| time("from_ts", text)).transpose()?,
            to: query.to_ts.as_deref().map(|text| time("to_ts", text)).transpose()?,
            turn: query.turn_id.as_deref().map(turn).transpose()?,
            tool: query.tool_name.clone(),
            tags: query.tags.clone(),
            words: query.q.as_deref().map(fold::fold),
            nothing: query.exec_id.is_some() || query.trace_id.is_some(),
        })
    }

    /// Tells whether every entry matches.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Tells whether any event of the entry matches.
    pub fn lets(&self, entry: &Entry) -> bool {
        if self.nothing
            || self.from.is_some_and(|from| entry.at < from)
            || self.to.is_some_and(|to| entry.at > to)
            || self.turn.is_some_and(|turn| entry.turn != Some(turn))
            || self.tool.as_ref().is_some_and(|name| tool(&entry.event) != Some(name))
        {
            return false;
        }
        // The shown events depend on nothing around the entry, and contain the text themselves.
        stream::listed(entry, &Around::default()).any(|told| self.shows(&told))
    }

    /// Tells whether this event of a matching entry is shown.
    pub fn shows(&self, told: &Told) -> bool {
        let tagged = || told.tags.iter().any(|tag| self.tags.contains(tag));
        let says = |words: &String| serde_json::to_string(&told.data).is_ok_and(|json| fold::contains(&json, words));
        self.kinds.lets(told.kind) && (self.tags.is_empty() || tagged()) && self.words.as_ref().is_none_or(says)
    }
}

fn tool(event: &Event) -> Option<&str> {
    match event {
        Event::ToolCalled { call, .. } => Some(&call.name),
        Event::ToolCompleted { name, .. } => Some(name),
        _ => None,
    }
}

fn time(name: &str, text: &str) -> Result<Timestamp> {
    Timestamp::parse(text).ok_or_else(|| Error::field(name, "must be a time in RFC 3339"))
}
