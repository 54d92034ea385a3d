//! Reports of the program that holds a turn.

use domain::{Caller, Error, Result, TurnId};

use super::{Act, Replied, check};
use crate::{
    App,
    turns::external::{Call, Outcome},
};

/// A call of the program, without its content.
#[derive(Clone, Copy, Debug)]
pub struct Report {
    pub turn: TurnId,
    /// The attempt in which the program holds the turn.
    pub attempt: i64,
    /// The number of the call in its attempt: 1 for the first. The same number is the same call. Absent only for a
    /// heartbeat.
    pub n: Option<i64>,
    /// The position up to which the program has read the log. Absent: as before.
    pub reads: Option<i64>,
    /// The hash of the whole call.
    pub fingerprint: [u8; 32],
}

impl App {
    /// Carries out a call once, and answers each repetition the same. A refused call has no effect and does not count.
    /// Every other call renews the hold.
    ///
    /// # Errors
    /// `forbidden` without `agent`; `not_found` for an unknown turn, or one of another agent than the key's; `invalid`
    /// for a field. `conflict` for a turn that has ended (`turn_ended`), an attempt that no longer holds it
    /// (`attempt_over`), a number that is not the next (`call_out_of_order`), a number that was used for another call
    /// (`origin_key_reused`), and a report that must wait for results of tool calls (`open_calls`).
    #[crate::boxed]
    pub async fn report(&self, caller: &Caller, report: Report, act: Act) -> Result<Replied> {
        caller.require_external_agent()?;
        if report.attempt < 1 {
            return Err(Error::field("attempt", "must be at least 1"));
        }
        match (report.n, &act) {
            (Some(n), _) if n < 1 => return Err(Error::field("n", "must be at least 1")),
            (None, act) if !matches!(act, Act::Heartbeat) => return Err(Error::field("n", "required")),
            _ => {}
        }
        check::act(&act, &self.limits)?;
        let mut call = self.call(caller, &report, act);
        loop {
            match self.store.write(call.clone()).await? {
                Outcome::Done(replied) => return Ok(replied),
                Outcome::Wait(pause) => tokio::time::sleep(pause).await,
            }
            call.is_paced = true;
        }
    }

    pub(super) fn call(&self, caller: &Caller, report: &Report, act: Act) -> Call {
        let Report { turn, attempt, n, reads, fingerprint } = *report;
        let (inner, caller) = (self.inner().clone(), caller.clone());
        Call { inner, caller, turn, attempt, n, fingerprint, reads, act, is_paced: false }
    }
}
