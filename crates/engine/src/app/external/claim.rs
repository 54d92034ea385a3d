//! Claims of turns.

use std::time::Duration;

use domain::{
    AgentId, Caller, Error, KeyId, ProjectId, Result, Timestamp,
    agent::{Agent, Kind as AgentKind},
    caller::Subject,
    codes,
    controls::Controls,
    message::{Message, is_blank},
    snapshot::Snapshot,
    turn::Turn,
    variables::{self, Variables},
};
use futures_util::future::BoxFuture;
use store::{Operation, Tx};
use tokio::time::{Instant, sleep_until};

pub use domain::external::Claimed;

use super::{Act, Report};
use crate::{
    App,
    persist::{look_up, persist},
    turns::{
        external::{By, Take, Taken, transcript},
        run::Halt,
    },
};

/// Longest pause between two looks. A program waits for it only after a lost wake-up, or for an offer of another node.
const BACKSTOP: Duration = Duration::from_secs(2);

/// The turns that a program asks for.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Agents by id or name. Empty: all agents of the key.
    pub agents: Vec<String>,
    /// The number of turns, at least 1.
    pub most: u64,
    /// The time to wait until there is one.
    pub wait: Duration,
}

impl App {
    /// Claims turns of external agents. Waits until there is one, at most the wanted time or until `stop`; then the list
    /// is empty. Beside the number wanted, the stored text of a page bounds the list.
    ///
    /// # Errors
    /// `forbidden` without `agent`; `invalid` for an agent that is none of the key's, or a number beyond the limit;
    /// `unauthenticated` once the key has become invalid.
    #[crate::boxed]
    pub async fn claim_turns(
        &self,
        caller: &Caller,
        wanted: Wanted,
        stop: BoxFuture<'static, ()>,
    ) -> Result<Vec<Claimed>> {
        caller.require_external_agent()?;
        if let Subject::Attempt { .. } = caller.subject {
            return Err(Error::forbidden("This token is valid only for its turn"));
        }
        let most = self.limits.claim_turns;
        if !(1..=most).contains(&wanted.most) {
            return Err(Error::field("most", format!("must be between 1 and {most}")));
        }
        let named = Named { caller: caller.clone(), agents: wanted.agents };
        let agents = self.store.read(named).await?;
        let (until, watch) = (Instant::now() + wanted.wait, self.watch(caller, None));
        let mut stop = stop;
        loop {
            // Registered before the look, so that no offer falls between.
            let mut waiter = self.offers.wait(&agents);
            let claimed = self.claim(caller, &agents, wanted.most).await?;
            let now = Instant::now();
            if !claimed.is_empty() || now >= until {
                return Ok(claimed);
            }
            tokio::select! {
                () = waiter.woken() => {}
                () = sleep_until(until.min(now + BACKSTOP)) => {}
                () = watch.over() => return Err(Error::unauthenticated()),
                () = &mut stop => return Ok(claimed),
            }
        }
    }

    /// Claims offered turns, longest offered first.
    async fn claim(&self, caller: &Caller, agents: &[AgentId], most: u64) -> Result<Vec<Claimed>> {
        let (mut claimed, mut bytes) = (Vec::new(), 0);
        let look = Offers { project: caller.project, agents: agents.to_vec(), limit: most as i64 };
        for (_, turn, thread) in self.store.read(look).await? {
            if claimed.len() as u64 == most || bytes >= self.limits.page_bytes {
                break;
            }
            let (inner, project, by) = (self.inner().clone(), caller.project, By::Key(caller.key));
            let take = Take { inner, project, by, thread, turn };
            let Some(taken) = self.store.write(take).await? else { continue };
            if let Some(one) = self.described(caller, taken).await? {
                bytes += size(&one.transcript);
                claimed.push(one);
            }
        }
        Ok(claimed)
    }

    /// The claimed turn with its transcript. `None` if the transcript cannot be made, which ends the turn.
    pub(super) async fn described(&self, caller: &Caller, taken: Taken) -> Result<Option<Claimed>> {
        let turn = taken.turn.clone();
        let (code, reason) = match transcript(&turn, taken.reads, self.inner()).await {
            Ok(transcript) => return self.describe(taken, transcript).await.map(Some),
            Err(Halt::Leave(error)) => return Err(error),
            Err(Halt::Fenced) => return Ok(None),
            Err(Halt::Fail { code, reason }) => (code, reason),
        };
        let report = Report { turn: turn.id, attempt: turn.attempt, n: None, reads: None, fingerprint: [0; 32] };
        persist(self.inner(), self.call(caller, &report, Act::Broken { code, reason })).await.map(|_| None)
    }

    async fn describe(&self, taken: Taken, transcript: Vec<Message>) -> Result<Claimed> {
        let Taken { turn, agent, reads, lease_until, is_answered, left } = taken;
        let controls = turn.controls.clone().over(&agent.settings.controls);
        let beside = look_up(self.inner(), Beside { turn: turn.clone(), controls: controls.clone() }).await?;
        let (variables, snapshots) = beside;
        let own = &agent.settings.instructions;
        let bytes_max = usize::try_from(self.limits.filled_bytes).unwrap_or(usize::MAX);
        let text = match variables::has_places(own) {
            true => variables::fill(own, &variables, bytes_max),
            false => own.clone(),
        };
        let instructions = if is_blank(&text) { String::new() } else { text };
        Ok(Claimed {
            turn,
            agent,
            lease_until,
            reads,
            is_answered,
            controls,
            instructions,
            variables,
            snapshots,
            left,
            transcript,
        })
    }
}

fn size(transcript: &[Message]) -> u64 {
    transcript.iter().map(|message| store::json(&message.body).map_or(0, |text| text.len() as u64)).sum()
}

/// The external agents that a program asks for, by the key's list.
struct Named {
    caller: Caller,
    agents: Vec<String>,
}

impl Operation for Named {
    type Out = Vec<AgentId>;

    async fn run(self, tx: &mut Tx) -> Result<Vec<AgentId>> {
        let own = of_key(tx, self.caller.project, self.caller.key).await?;
        if self.agents.is_empty() {
            return Ok(own.into_iter().map(|agent| agent.id).collect());
        }
        let find = |(i, text): (usize, &String)| {
            let is_it = |agent: &&Agent| agent.name == *text || agent.id.to_string() == *text;
            let unknown = || Error {
                code: codes::AGENT_NOT_FOUND,
                ..Error::field(format!("agents.{i}"), "names no external agent of this key")
            };
            own.iter().find(is_it).map(|agent| agent.id).ok_or_else(unknown)
        };
        self.agents.iter().enumerate().map(find).collect()
    }
}

async fn of_key(tx: &mut Tx, project: ProjectId, key: KeyId) -> Result<Vec<Agent>> {
    let mut agents = Vec::new();
    for id in store::key_agents::of_key(tx, project, key).await? {
        agents.extend(store::agents::find(tx, project, id).await?);
    }
    agents.retain(|agent| agent.settings.kind == AgentKind::External);
    Ok(agents)
}

/// Turns that a program may claim, longest offered first.
struct Offers {
    project: ProjectId,
    agents: Vec<AgentId>,
    limit: i64,
}

impl Operation for Offers {
    type Out = Vec<(Timestamp, domain::TurnId, domain::ThreadId)>;

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let mut found = Vec::new();
        for agent in &self.agents {
            let offered = store::external_turns::offered(tx, self.project, *agent, self.limit).await?;
            found.extend(offered.into_iter().map(|offered| (offered.1, offered.0, offered.2)));
        }
        found.sort();
        Ok(found)
    }
}

/// What stands beside the transcript.
#[derive(Clone)]
struct Beside {
    turn: Turn,
    controls: Controls,
}

impl Operation for Beside {
    type Out = (Variables, Vec<Snapshot>);

    async fn run(self, tx: &mut Tx) -> Result<Self::Out> {
        let (project, thread) = (self.turn.project, self.turn.thread);
        let variables = store::variables::of_thread(tx, project, thread).await?;
        let mut snapshots = Vec::new();
        for id in self.controls.browser_snapshots.unwrap_or_default() {
            snapshots.extend(store::snapshots::find(tx, project, id).await?);
        }
        Ok((variables, snapshots))
    }
}
