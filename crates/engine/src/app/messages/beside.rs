//! Data beside messages that dialects show: deliveries and receipts.

use domain::{
    Caller, MessageId, ProjectId, Result, ThreadId,
    author::Author,
    message::{Message, Role},
    receipt::Receipt,
    reminder::Delivery,
};
use store::{Operation, Tx};

use crate::App;

/// Data beside messages of one thread.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BesideMessages {
    /// The messages' deliveries to the outside, in the log's order.
    pub deliveries: Vec<Delivery>,
    /// Receipts of the project's readable messages.
    pub receipts: Vec<(MessageId, Receipt)>,
}

impl App {
    /// Data beside messages of one thread that the caller already has.
    ///
    /// # Errors
    /// Errors of the store.
    #[crate::boxed]
    pub async fn beside_messages(&self, caller: &Caller, messages: &[Message]) -> Result<BesideMessages> {
        match Said::of(caller.project, messages) {
            Some(said) => self.store.read(said).await,
            // People's messages have neither deliveries nor receipts.
            None => Ok(BesideMessages::default()),
        }
    }
}

/// The project's messages in a thread between two entries, both included.
struct Said {
    project: ProjectId,
    thread: ThreadId,
    from: i64,
    to: i64,
    /// True if a person wrote some of it, because only such messages have deliveries.
    goes_out: bool,
}

impl Said {
    fn of(project: ProjectId, messages: &[Message]) -> Option<Self> {
        let said = || messages.iter().filter(|message| message.role == Role::Agent);
        let from = said().map(|message| message.seq).min()?;
        let to = said().map(|message| message.seq).max()?;
        let goes_out = said().any(|message| !matches!(message.author, Author::Agent { .. }));
        Some(Self { project, thread: messages.first()?.thread, from, to, goes_out })
    }
}

impl Operation for Said {
    type Out = BesideMessages;

    async fn run(self, tx: &mut Tx) -> Result<BesideMessages> {
        let Self { project, thread, from, to, goes_out } = self;
        let deliveries = match goes_out {
            true => store::deliveries::of_messages(tx, project, thread, from, to).await?,
            false => Vec::new(),
        };
        let receipts = store::receipts::between(tx, thread, from, to).await?;
        Ok(BesideMessages { deliveries, receipts })
    }
}
