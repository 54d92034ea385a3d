//! How a thread's ticket moves: the one table that every door and every service goes by.

use crate::thread::Ticket;

/// What moves a ticket by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Someone wrote who is to be answered.
    Received,
    /// The project wrote to its customers.
    Sent,
    /// A turn has ended.
    TurnEnded,
    /// The thread's reminder came due.
    Reminded,
}

/// What has to happen to a thread when a person sets its ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Nothing: it stands there already.
    Nothing,
    /// The ticket changes, and nothing else.
    Change,
    /// The thread is closed, with its open turns cancelled.
    Close,
    /// The thread is opened again, with this ticket.
    Reopen,
}

impl Ticket {
    /// Where the ticket stands after `cause`. Only a message opens a closed one. While a turn is open the thread waits for
    /// the project, whatever else happens; what a person has set meanwhile outlives the turn's end.
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

    /// What a person's choice of `wanted` comes to. Any of the four may follow any other.
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
        // From; then what comes of it: received, sent, turn ended, reminded; and of the last three while a turn is open.
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
