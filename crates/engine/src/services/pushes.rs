//! Pushes turns to the endpoints of external agents, as the webhooks' senders do: each agent with due turns waits for a
//! place, and projects take turns.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use domain::{
    AgentId, ProjectId, Result,
    shares::{Holder, Place},
};
use store::{on_behalf_of, op};
use tokio::task::{JoinError, JoinSet};

use super::{Next, Round, Service};
use crate::{App, app::external::Push, inner::Inner, outbox::holder};

/// Agents in one round. The others follow when one of these has its place.
const ROUND: i64 = 256;
/// Pause of an agent whose turn could not be claimed.
const FAILED: Duration = Duration::from_secs(1);

#[derive(Default)]
pub struct Pushes {
    tasks: JoinSet<Done>,
    /// Agents with a task that waits for a place.
    waiting: HashSet<AgentId>,
    /// Number of pushes in progress for each agent.
    busy: HashMap<AgentId, usize>,
}

enum Done {
    Claimed { agent: AgentId, push: Option<(Box<Push>, Place)> },
    Answered(AgentId),
}

impl Service for Pushes {
    const NAME: &'static str = "pushes";
    const CLAIMS: bool = true;

    fn is_over(inner: &Inner) -> bool {
        inner.pushes.is_closed()
    }

    async fn rung(&mut self, inner: &Arc<Inner>) {
        tokio::select! {
            () = inner.pushes.rung.notified() => {}
            () = self.make_room() => {}
        }
    }

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        let nothing = Round { did: 0, next: Next::At(None) };
        if inner.push_wording.get().is_none() {
            return Ok(nothing);
        }
        let now = inner.clock.now();
        let due = op(move |tx| Box::pin(async move { store::external_turns::pushed(tx, ROUND).await }));
        for store::external_turns::Pushed(agent, project, due) in inner.store.read(due).await? {
            if due > now {
                // The list is in this order.
                return Ok(Round { did: 0, next: Next::At(Some(due)) });
            }
            let busy = self.busy.get(&agent).copied().unwrap_or(0);
            if busy < inner.pushes.posts_each() && self.waiting.insert(agent) {
                let claim = claim(App::of(inner.clone()), project, agent);
                self.tasks.spawn(on_behalf_of(Holder::project(project), claim));
            }
        }
        Ok(nothing)
    }

    /// Waits for requests in progress only in tests. A server that stops ends them, and the turns' holds end.
    async fn settle(&mut self, inner: &Arc<Inner>) {
        while !inner.pushes.is_closed()
            && let Some(done) = self.tasks.join_next().await
        {
            self.took(done);
        }
    }
}

impl Pushes {
    /// Starts the pushes of claimed turns. Returns when more may be due.
    async fn make_room(&mut self) {
        match self.tasks.join_next().await {
            Some(done) => self.took(done),
            None => std::future::pending().await,
        }
    }

    fn took(&mut self, done: std::result::Result<Done, JoinError>) {
        match done {
            Ok(Done::Claimed { agent, push }) => {
                self.waiting.remove(&agent);
                if let Some((push, place)) = push {
                    *self.busy.entry(agent).or_insert(0) += 1;
                    let holder = place.holder();
                    self.tasks.spawn(on_behalf_of(holder, async move {
                        push.run(place).await;
                        Done::Answered(agent)
                    }));
                }
            }
            Ok(Done::Answered(agent)) => {
                let left = self.busy.get(&agent).map_or(0, |n| n.saturating_sub(1));
                match left {
                    0 => self.busy.remove(&agent),
                    left => self.busy.insert(agent, left),
                };
            }
            Err(error) => {
                // The task's agent is unknown, so all counts restart.
                tracing::error!(%error, "a push panicked");
                self.waiting.clear();
                self.busy.clear();
            }
        }
    }
}

/// Waits for a place, and claims a turn.
async fn claim(app: App, project: ProjectId, agent: AgentId) -> Done {
    let Some(place) = app.pushes.places.take(holder(project, agent.0), 1).await else {
        return Done::Claimed { agent, push: None };
    };
    match Push::take(&app, project, agent).await {
        Ok(push) => Done::Claimed { agent, push: push.map(|push| (Box::new(push), place)) },
        // A fault of one agent must not delay the others.
        Err(error) => {
            tracing::error!(?error, %agent, "a turn could not be claimed for the agent's endpoint");
            drop(place);
            tokio::time::sleep(FAILED).await;
            Done::Claimed { agent, push: None }
        }
    }
}
