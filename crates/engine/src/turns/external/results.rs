//! Results of calls that the program ran itself.

use domain::{Error, Result, external::Answer, message::ToolResult};
use store::Tx;

use super::{call::Work, step::Known};
use crate::turns::results;

/// Stores the results. If only a client's calls are left, the turn waits.
pub(super) async fn add(tx: &mut Tx, work: &mut Work<'_>, given: Vec<ToolResult>) -> Result<Answer> {
    let Known { progress, open, asked_others, .. } = Known::of(tx, &work.turn).await?;
    let (clients, mut own): (Vec<_>, Vec<_>) = open.into_iter().partition(|call| progress.is_clients(call));
    for (i, mut result) in given.into_iter().enumerate() {
        let renamed = &work.row.progress.renamed;
        let by_own_id = renamed.iter().find(|(id, _)| *id == result.tool_call_id).map(|(_, stored)| stored.clone());
        let at = |id: &str| own.iter().position(|call| call.id == id);
        let at = at(&result.tool_call_id).or_else(|| by_own_id.as_deref().and_then(at)).ok_or_else(|| {
            Error::field(format!("results.{i}.tool_call_id"), "must name a call of the program without a result")
        })?;
        let call = own.remove(at);
        result.tool_call_id = call.id;
        let is_last = own.is_empty() && clients.is_empty();
        results::add(&mut work.journal, &work.turn, &call.name, result, None, is_last, work.inner);
    }
    let held = !own.is_empty() || !asked_others;
    match (held, clients.is_empty()) {
        (true, _) => {}
        (false, false) => work.wait(tx).await?,
        // The client was faster, or built-in tools have run, and only the next claim has the results.
        (false, true) => work.hand_over(tx).await?,
    }
    if !work.has_unread {
        work.row.progress.reads = work.journal.thread.last_seq;
    }
    let again = !held && clients.is_empty();
    let waiting = clients.into_iter().map(|call| call.id).collect();
    Ok(Answer { calls: own.into_iter().map(|call| call.id).collect(), waiting, held, again })
}
