//! A planted bug: the turn is created after its message is committed, so that a crash in between loses the answer.

use std::sync::Arc;

use domain::{Result, TurnId, message::Message, turn::State};
use store::{Operation, Tx, planted::WINDOW};

use super::Begin;
use crate::{inner::Inner, journal::Journal};

pub(super) fn begin_later(tx: &mut Tx, inner: &Arc<Inner>, begin: Begin, message: Message) -> (TurnId, State) {
    let turn = begin.turn;
    let inner = inner.clone();
    tx.on_commit(move || {
        inner.clone().workers.spawn(async move {
            tokio::time::sleep(WINDOW).await;
            if let Err(error) = inner.store.clone().write(Late { inner, begin, message }).await {
                tracing::error!(?error, "a planted bug's turn was not written");
            }
        });
    });
    (turn, State::Queued)
}

struct Late {
    inner: Arc<Inner>,
    begin: Begin,
    message: Message,
}

impl Operation for Late {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { inner, begin, message } = self;
        let project = begin.agent.project;
        let mut journal = Journal::named(tx, project, message.thread, inner.clock.now()).await?;
        journal.growth.exempt();
        begin.write(tx, &mut journal, std::slice::from_ref(&message), &inner).await?;
        journal.write(tx, &inner).await.map(drop)
    }
}
