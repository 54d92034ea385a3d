//! Lets the agent speak again: a turn over the unanswered messages.

use std::sync::Arc;

use domain::{Result, TurnId, controls::Policy, event::Event, turn::State};
use store::Tx;

use super::hand_back::Answer;
use crate::{app::messages::accept::Begin, app::threads::windows, inner::Inner, journal::Journal};

/// Ends the silence by `event`. If `answer` says so, a turn answers the unanswered messages, with the controls of the
/// newest one. A paused agent gets no turn.
pub(super) async fn resume(
    tx: &mut Tx,
    journal: &mut Journal,
    event: Event,
    answer: Answer,
    inner: &Arc<Inner>,
) -> Result<Option<(TurnId, State)>> {
    windows::begin(tx, journal, inner).await?;
    let agent = journal.agent(tx).await?;
    let thread = journal.thread.id;
    let mut messages = match (answer, journal.thread.people.unanswered) {
        (Answer::Auto | Answer::Now, Some(first)) if !agent.settings.paused => {
            store::messages::unanswered(tx, thread, first.seq, inner.limits.transcript as i64).await?
        }
        _ => Vec::new(),
    };
    messages.retain(|message| !message.body.unasked);
    let opens = !agent.settings.paused && (answer == Answer::Now || !messages.is_empty());
    if !opens {
        let seq = journal.append(None, event);
        journal.models_read(seq);
        return Ok(None);
    }
    let turn = TurnId(inner.clock.id());
    for message in &mut messages {
        store::messages::give_to(tx, thread, message.seq, turn).await?;
        message.turn = Some(turn);
    }
    let controls = messages.last().map(|newest| newest.body.controls.clone()).unwrap_or_default();
    let place = journal.append(Some(turn), event);
    journal.models_read(place);
    let begin = Begin { turn, place, policy: Policy::Queue, controls, agent };
    let turn = begin.write(tx, journal, &messages, inner).await?;
    Ok(Some((turn.id, turn.state)))
}
