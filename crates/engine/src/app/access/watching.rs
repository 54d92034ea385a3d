//! Watches the validity of credentials.

use domain::{Caller, ThreadId, caller::Subject};
use store::credentials::Ground;

use crate::{App, watches::Watch};

impl App {
    /// Watches the caller's credential. With a thread, it also watches whether a caller below the project may still
    /// know of the thread.
    pub fn watch(&self, caller: &Caller, thread: Option<ThreadId>) -> Watch {
        let (thread, line, customer) = match caller.subject {
            Subject::Project | Subject::ExternalAgent | Subject::Attempt { .. } => (None, None, None),
            Subject::Thread(own) => (Some(own), None, None),
            Subject::Agent(_) => (thread, Some(caller.line), None),
            Subject::Customer(customer) | Subject::EndUser { customer, .. } => (thread, None, Some(customer)),
        };
        let key = Some(caller.key).filter(|key| !key.0.is_nil());
        let agent = caller.subject.agent();
        let sign_in = caller.sign_in.map(|sign_in| sign_in.id);
        let ground = Ground {
            project: caller.project,
            key,
            sign_in,
            thread,
            agent,
            line,
            customer,
            generation: matches!(caller.subject, Subject::Thread(_)).then_some(caller.generation),
        };
        self.watches.begin((ground, caller.until))
    }
}
