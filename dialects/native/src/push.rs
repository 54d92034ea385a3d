//! Turns that are pushed to an endpoint, and the events by which the endpoint answers.

use dialect_kit::json;
use domain::{Error, Limits, Result, external::Claimed};
use engine::{Payload, PushWording, app::external::Act};
use serde::de::DeserializeOwned;

use crate::{convert, wire};

pub struct Words;

impl PushWording for Words {
    fn word(&self, claimed: Claimed, token: &str) -> Payload {
        let pushed = wire::Pushed { turns: [convert::external::claimed(claimed, None)], token: token.to_owned() };
        let body = serde_json::to_vec(&pushed).expect("its keys are texts, and it holds no map of others");
        Payload { content_type: "application/json", body }
    }

    fn cost(&self, data: &str) -> u64 {
        json::cost(data.as_bytes())
    }

    /// The event has the name of a call, and as its data the body of that call without `attempt` and `n`.
    fn read(&self, event: &str, data: &str, limits: &Limits) -> Result<(Option<i64>, Act)> {
        Ok(match event {
            "deltas" => {
                let wire::Deltas { reads, deltas, .. } = body(data, limits)?;
                (reads, Act::Deltas(convert::external::pieces(deltas)))
            }
            "messages" => {
                let wire::Reports { reads, messages, .. } = body(data, limits)?;
                (reads, Act::Messages(convert::external::reported(messages)?))
            }
            "tool-results" => {
                let wire::OwnResults { reads, results, .. } = body(data, limits)?;
                (reads, Act::Results(convert::tool_results::tool_results(results)?))
            }
            "complete" => {
                let wire::Completion { reads, messages, .. } = body(data, limits)?;
                (reads, Act::Complete(convert::external::reported(messages.unwrap_or_default())?))
            }
            "fail" => {
                let wire::Failed { reason, .. } = body(data, limits)?;
                (None, Act::Fail(reason))
            }
            "release" => {
                let wire::Release { .. } = body(data, limits)?;
                (None, Act::Release)
            }
            _ => {
                let known = "deltas, messages, tool-results, complete, fail, release";
                return Err(Error::field("event", format!("must be one of {known}")));
            }
        })
    }
}

/// Reads the data as the body of a call. The server counts the calls of a stream itself.
fn body<T: DeserializeOwned>(data: &str, limits: &Limits) -> Result<T> {
    let wrong = || Error::field("data", "must be a JSON object");
    let rest = data.trim_start().strip_prefix('{').ok_or_else(wrong)?;
    let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
    json::from_bytes(format!("{{\"attempt\":1,\"n\":1{comma}{rest}").as_bytes(), limits)
}
