//! The shown part of an unfinished message.

use domain::{
    MessageId, Result, ThreadId,
    event::{DeltaKind, Event},
    message::{Body, Part, Role},
    turn::Turn,
};
use store::Tx;

use crate::journal::Journal;

/// Stores the shown part of an unfinished message as an interrupted message.
pub(crate) async fn keep(tx: &mut Tx, journal: &mut Journal, turn: &Turn) -> Result<Option<MessageId>> {
    let deltas = store::deltas::all(tx, turn.thread).await?;
    let Some(id) = deltas.last().map(|d| d.message) else { return Ok(None) };
    journal.prune_deltas(tx).await?;
    let joined = |kind: DeltaKind| -> String {
        deltas.iter().filter(|d| d.message == id && d.kind == kind).map(|d| d.text.as_str()).collect()
    };
    let (text, thinking) = (joined(DeltaKind::Text), joined(DeltaKind::Thinking));
    if text.is_empty() {
        return Ok(None);
    }
    let thinking = (!thinking.is_empty()).then_some(Part::Thinking { text: thinking, signature: None });
    let content = thinking.into_iter().chain([Part::Text { text }]).collect();
    let body = Body { content, model: model_of(tx, turn, id).await?, interrupted: true, ..Body::default() };
    let said =
        journal.say(Some(turn.id), Event::MessageCompleted { record: None }, id, (Role::Agent, turn.author()), body);
    Ok(Some(said.id))
}

/// The model that was called for the message.
async fn model_of(tx: &mut Tx, turn: &Turn, id: MessageId) -> Result<Option<String>> {
    let entries = store::events::of_turn(tx, turn.thread, turn.id, turn.first_seq).await?;
    Ok(entries.into_iter().rev().find_map(|entry| match entry.event {
        Event::StepStarted { message, model, .. } if message == id => model,
        _ => None,
    }))
}

/// Removes the deltas of a dead attempt. Returns their number of characters.
pub(crate) async fn discard(tx: &mut Tx, thread: ThreadId) -> Result<i64> {
    let deltas = store::deltas::all(tx, thread).await?;
    if !deltas.is_empty() {
        store::deltas::prune(tx, thread).await?;
    }
    Ok(deltas.iter().filter(|d| d.kind == DeltaKind::Text).map(|d| d.text.chars().count() as i64).sum())
}
