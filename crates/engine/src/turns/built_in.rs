//! Runs calls of built-in tools, in the transaction that stores their results.
//!
//! A tool looks first and says its result. Its effect follows the result in the log, because an effect may end the turn.

mod ask_person;

use std::sync::Arc;

use domain::{
    Kept, Result,
    agent::{Agent, Settings, ToolKind},
    built_in::BuiltIn,
    message::{ToolCall, ToolResult},
    turn::Turn,
};
use store::Tx;

use super::{
    results,
    wanting::{self, Request},
};
use crate::{inner::Inner, journal::Journal};

/// The turn and the agent that call.
#[derive(Clone, Copy)]
pub(super) struct Calling<'c> {
    pub(super) turn: &'c Turn,
    pub(super) agent: &'c Agent,
}

/// The outcome of a call.
struct Outcome {
    /// The result for the model, or the error that it reads.
    result: std::result::Result<Kept, String>,
    effect: Effect,
}

/// The effect of a call.
enum Effect {
    Nothing,
    /// A person is wanted.
    Want(Request),
}

impl Outcome {
    /// A call that has no effect, because the model called wrongly.
    fn refused(error: impl Into<String>) -> Self {
        Self { result: Err(error.into()), effect: Effect::Nothing }
    }
}

/// Runs the call, and appends its result and its effect. `is_last`: no other call of the turn is without a result.
pub(super) async fn run(
    tx: &mut Tx,
    journal: &mut Journal,
    calling: Calling<'_>,
    call: &ToolCall,
    is_last: bool,
    inner: &Arc<Inner>,
) -> Result<()> {
    let Outcome { result, effect } = match BuiltIn::parse(&call.name) {
        Some(BuiltIn::AskPerson) => ask_person::look(journal, calling, call, &inner.limits),
        None => Outcome::refused(format!("There is no tool named {}", call.name)),
    };
    let (result, error) = match result {
        Ok(result) => (Some(result), None),
        Err(error) => (None, Some(error)),
    };
    let result = ToolResult { tool_call_id: call.id.clone(), result, error };
    results::add(journal, calling.turn, &call.name, result, None, is_last, inner);
    match effect {
        Effect::Nothing => Ok(()),
        Effect::Want(request) => wanting::want(tx, journal, request, inner).await,
    }
}

/// The ids of the calls of the agent's built-in tools.
pub(super) fn among(calls: &[ToolCall], settings: &Settings) -> Vec<String> {
    let is_built_in = |call: &&ToolCall| settings.tool(&call.name).is_some_and(|tool| tool.kind == ToolKind::BuiltIn);
    calls.iter().filter(is_built_in).map(|call| call.id.clone()).collect()
}
