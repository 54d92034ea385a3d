//! The transitions of a thread's ticket. All dialects and services use this one table.

use crate::thread::Ticket;

/// Automatic causes of a transition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A customer wrote and expects an answer.
    Received,
    /// The project wrote to its customers.
    Sent,
    /// A turn ended.
    TurnEnded,
    /// The thread's reminder became due.
    Reminded,
}

/// The effect of a ticket that a person sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// None, because the ticket has this state already.
    Nothing,
    /// Only the ticket changes.
    Change,
    /// The thread is closed, and its open turns are cancelled.
    Close,
    /// The thread is reopened with this ticket.
    Reopen,
}

impl Ticket {
    /// The ticket after `cause`. Only a message reopens a closed one. While a turn is open, the ticket stays with the
    /// project, except that a person's choice outlives the turn's end.
    pub fn after(self, cause: Cause, turn_open: bool) -> Self {
        match (cause, self) {
            (Cause::Received, _) => Self::Open,
            (_, Self::Closed) => Self::Closed,
            (_, now) if turn_open => now,
            (Cause::Sent, _) | (Cause::TurnEnded, Self::Open) => Self::Waiting,
            (Cause::TurnEnded, now) => now,
            (Cause::Reminded, _) => Self::Reminder,
        }
    }

    /// The effect of a person's choice of `wanted`. Any state may follow any other.
    pub fn set(self, wanted: Self) -> Setting {
        match (self, wanted) {
            (now, wanted) if now == wanted => Setting::Nothing,
            (_, Self::Closed) => Setting::Close,
            (Self::Closed, _) => Setting::Reopen,
            (_, _) => Setting::Change,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cause::*, Ticket::*, *};

    #[test]
    fn every_cause_moves_every_ticket_as_the_table_says() {
        // The first column is the present state. The rest are the results of received, sent, turn ended and reminded,
        // and the last three again while a turn is open.
        for (from, idle, busy) in [
            (Open, [Open, Waiting, Waiting, Reminder], [Open, Open, Open]),
            (Waiting, [Open, Waiting, Waiting, Reminder], [Waiting, Waiting, Waiting]),
            (Reminder, [Open, Waiting, Reminder, Reminder], [Reminder, Reminder, Reminder]),
            (Closed, [Open, Closed, Closed, Closed], [Closed, Closed, Closed]),
        ] {
            assert_eq!([Received, Sent, TurnEnded, Reminded].map(|cause| from.after(cause, false)), idle, "{from:?}");
            assert_eq!([Sent, TurnEnded, Reminded].map(|cause| from.after(cause, true)), busy, "{from:?}");
            assert_eq!(from.after(Received, true), Open);
        }
    }

    #[test]
    fn a_person_may_set_every_ticket_from_every_other() {
        use Setting::{Change, Close, Nothing, Reopen};
        for (from, settings) in [
            (Open, [Nothing, Change, Change, Close]),
            (Waiting, [Change, Nothing, Change, Close]),
            (Reminder, [Change, Change, Nothing, Close]),
            (Closed, [Reopen, Reopen, Reopen, Nothing]),
        ] {
            assert_eq!([Open, Waiting, Reminder, Closed].map(|wanted| from.set(wanted)), settings, "{from:?}");
        }
    }
}
