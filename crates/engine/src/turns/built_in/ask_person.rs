//! The tool `ask_person`: the agent asks for a person.

use domain::{Limits, Timestamp, message::ToolCall};
use serde::{Deserialize, Serialize};

use super::{Calling, Effect, Outcome};
use crate::{journal::Journal, turns::wanting::Request, validate};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    reason: String,
    silent: Option<bool>,
    /// By RFC 3339.
    until: Option<String>,
}

/// The result says what happened and when, and no instruction: models repeat instructions for ever.
#[derive(Serialize)]
struct Asked {
    asked_at: Timestamp,
    /// True if a person was wanted before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    repeated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    silent_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_silent: Option<&'static str>,
}

const NOT_ALLOWED: &str = "this agent's settings do not allow a silence";
const TOO_SOON: &str = "the last silence of this agent began too recently";

/// Checks the call. A silence that is not allowed becomes a request without one, so that no request for a person is lost.
pub(super) fn look(journal: &mut Journal, calling: Calling<'_>, call: &ToolCall, limits: &Limits) -> Outcome {
    let Arguments { reason, silent, until } = match serde_json::from_str(call.arguments.text()) {
        Ok(arguments) => arguments,
        Err(error) => return Outcome::refused(format!("The arguments do not fit: {error}")),
    };
    if let Err(error) = validate::text("reason", &reason, limits.wanted_chars) {
        return Outcome::refused(error.message);
    }
    let now = journal.now;
    let until = match (until, silent) {
        (None, _) => None,
        (Some(_), None | Some(false)) => return Outcome::refused("until: must not be given without `silent`"),
        (Some(until), Some(true)) => match Timestamp::parse(&until).filter(|until| *until > now) {
            None => return Outcome::refused("until: must be a time to come, as 2026-12-01T10:00:00Z"),
            until => until,
        },
    };
    if journal.thread.closed_at(journal.now).is_some() {
        return Outcome::refused("The conversation is closed");
    }
    let repeated = journal.thread.people.wanted.is_some();
    let not_silent = silent.unwrap_or(false).then(|| refusal(journal, calling, now, limits)).flatten();
    let silent_until = (silent == Some(true) && not_silent.is_none()).then(|| {
        let longest = now.plus_s(seconds(limits.ask_silent_s));
        until.map_or(longest, |until| until.min(longest))
    });
    if silent_until.is_some() {
        journal.thread.people.agent_silent_at = Some(now);
    }
    let asked = Asked { asked_at: journal.next_at(), repeated, silent_until, not_silent };
    let result = domain::Kept::of(&asked).map_err(|error| error.message);
    let by = Some(calling.turn.author());
    Outcome { result, effect: Effect::Want(Request { by, reason, until: silent_until, say: None }) }
}

/// The reason why the agent may not be silent now.
fn refusal(journal: &Journal, calling: Calling<'_>, now: Timestamp, limits: &Limits) -> Option<&'static str> {
    if !calling.agent.settings.ask_silent {
        return Some(NOT_ALLOWED);
    }
    let again_at = journal.thread.people.agent_silent_at?.plus_s(seconds(limits.ask_silent_again_s));
    (now < again_at).then_some(TOO_SOON)
}

fn seconds(limit: u64) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
