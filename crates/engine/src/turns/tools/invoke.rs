//! Runs one call, within its time.

use std::{sync::Arc, time::Duration};

use domain::{
    Kept,
    agent::{Agent, Settings, Tool, ToolKind},
    message::ToolCall,
    tool::Approval,
    turn::Turn,
};
use tokio::time::{Instant, timeout};
use tools::{Failed, Output, arguments};

use super::{
    http,
    outcome::{self, Told},
};
use crate::inner::Inner;

/// The error of a call that a dead worker may have run.
const INTERRUPTED: &str =
    "Outcome unknown: this call may have run before the server was interrupted, and it is not safe to repeat";

/// A call that the server runs.
pub(super) struct Invoking {
    pub(super) inner: Arc<Inner>,
    pub(super) turn: Turn,
    pub(super) tool: Option<Tool>,
    pub(super) call: ToolCall,
    /// True if a dead worker may have run the call.
    pub(super) repeated: bool,
}

/// A call that has ended.
#[derive(Clone)]
pub(super) struct Ran {
    pub(super) call: ToolCall,
    /// Absent for a built-in tool, which runs in the transaction of its result.
    pub(super) told: Option<Told>,
    pub(super) duration_ms: i64,
}

/// The reason why a call does not run, in words for the model. No runner is asked then, and no client.
pub(crate) fn refusal(settings: &Settings, call: &ToolCall) -> Option<String> {
    let tool = settings.tool(&call.name);
    // The model wrote something else, which is kept as its text.
    if tool.is_none() && !call.arguments.is_string() {
        return Some(format!("There is no tool named {}", call.name));
    }
    if tool.is_some_and(|tool| tool.kind == ToolKind::BuiltIn) && !call.arguments.is_string() {
        // A built-in tool reads its arguments itself.
        return None;
    }
    let schema = tool.and_then(|tool| tool.parameters.as_ref());
    if let Err(why) = arguments::check(schema, &call.arguments) {
        return Some(why);
    }
    let approval = tool.and_then(|tool| tool.approval).unwrap_or(Approval::Never);
    let needs = "The call did not run: the tool needs a person's approval, which nobody can give yet";
    (approval != Approval::Never).then(|| needs.into())
}

impl Invoking {
    pub(super) async fn run(self, agent: Arc<Agent>) -> Ran {
        let begun = Instant::now();
        let outcome = match (refusal(&agent.settings, &self.call), &self.tool) {
            (Some(why), _) => Err(why),
            (None, None) => Err(format!("There is no tool named {}", self.call.name)),
            (None, Some(tool)) if self.repeated && !may_repeat(tool) => Err(INTERRUPTED.into()),
            (None, Some(tool)) => self.bounded(tool).await,
        };
        let told = outcome::told(&self.inner, &self.turn, &self.call, outcome).await;
        Ran { call: self.call, told: Some(told), duration_ms: begun.elapsed().as_millis() as i64 }
    }

    /// Runs the tool to the end of its time.
    async fn bounded(&self, tool: &Tool) -> Result<Output, String> {
        let most = self.inner.limits.tool_s;
        let own = tool.timeout_s.and_then(|own| u64::try_from(own).ok());
        let longest = Duration::from_secs(own.map_or(most, |own| own.min(most)));
        match timeout(longest, self.routed(tool, longest)).await {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(Failed::Said(why))) => Err(why),
            Ok(Err(Failed::Unknown(why))) if tool.repeat_safe => Err(why),
            Ok(Err(Failed::Unknown(why))) => Err(format!("Outcome unknown: the call may have had its effect. {why}")),
            Err(_) => {
                let unknown = tool.kind != ToolKind::Scripted && !tool.repeat_safe;
                let prefix = if unknown { "Outcome unknown: the call may have had its effect. " } else { "" };
                Err(format!("{prefix}The tool did not end within {} seconds", longest.as_secs()))
            }
        }
    }

    async fn routed(&self, tool: &Tool, longest: Duration) -> Result<Output, Failed> {
        match tool.kind {
            ToolKind::Scripted => scripted(tool, &self.call).await,
            ToolKind::Http => http::call(&self.inner, &self.turn, tool, &self.call, longest).await,
            // Another runner than the one that was announced: the agent has changed.
            ToolKind::Client | ToolKind::BuiltIn | ToolKind::External => {
                Err(Failed::Said(format!("The tool {} has another runner now", tool.name)))
            }
        }
    }
}

/// Tells whether a call that may have run may run again. The agent may have given the tool another runner since.
fn may_repeat(tool: &Tool) -> bool {
    tool.repeat_safe && matches!(tool.kind, ToolKind::Scripted | ToolKind::Http)
}

async fn scripted(tool: &Tool, call: &ToolCall) -> Result<Output, Failed> {
    tokio::time::sleep(Duration::from_millis(tool.delay_ms.unwrap_or(0))).await;
    let result: Kept = match (&tool.error, &tool.result) {
        (Some(error), _) => return Err(Failed::Said(error.clone())),
        (None, Some(result)) => result.clone(),
        (None, None) => call.arguments.clone(),
    };
    Ok(Output::Json(result))
}
