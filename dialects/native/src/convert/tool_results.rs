//! Results of tools that the client runs.

use domain::{Error, Result, message::ToolResult};

use crate::wire;

/// # Errors
/// `invalid` for one that is both a result and an error.
pub fn tool_results(results: Vec<wire::ToolResult>) -> Result<Vec<ToolResult>> {
    let read = |(i, wire): (usize, wire::ToolResult)| match (&wire.result, &wire.error) {
        (Some(_), Some(_)) => Err(Error::field(format!("results.{i}.error"), "must not be combined with `result`")),
        _ => Ok(ToolResult { tool_call_id: wire.tool_call_id, result: wire.result, error: wire.error }),
    };
    results.into_iter().enumerate().map(read).collect()
}
