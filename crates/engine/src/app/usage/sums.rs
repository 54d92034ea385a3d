//! The model calls of a project by day, agent, key and model.

use std::collections::BTreeMap;

use domain::{AgentId, Caller, KeyId, Result, caller::Scope, spent::Spent};
pub use store::usage_sums::{By, Days, Sum};
use store::{Operation, Tx, usage_sums};

use crate::App;

/// The question for the sums of a period.
#[derive(Clone, Copy, Debug)]
pub struct SumsQuestion {
    pub days: Days,
    pub by: By,
    /// Number of groups that are left out at the beginning.
    pub offset: i64,
    pub limit: i64,
}

/// The answer to a [`SumsQuestion`].
#[derive(Clone, Debug)]
pub struct Sums {
    /// In the order of day, agent, key, provider and model.
    pub groups: Vec<Sum>,
    /// The present names of the agents and keys in the groups.
    pub names: Names,
    /// The sum of the whole period.
    pub total: Spent,
}

/// Names of agents and keys.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub agents: BTreeMap<AgentId, String>,
    pub keys: BTreeMap<KeyId, String>,
}

impl App {
    /// The sums of the calls of the caller's project. A call is in them as soon as it is stored.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn usage_sums(&self, caller: &Caller, question: SumsQuestion) -> Result<Sums> {
        caller.require(Scope::Read)?;
        self.store.read_long(Ask { caller: caller.clone(), question }).await
    }
}

struct Ask {
    caller: Caller,
    question: SumsQuestion,
}

impl Operation for Ask {
    type Out = Sums;

    async fn run(self, tx: &mut Tx) -> Result<Sums> {
        let Self { caller, question: SumsQuestion { days, by, offset, limit } } = self;
        let project = caller.project;
        let groups = usage_sums::list(tx, project, days, by, offset, limit).await?;
        let whole = usage_sums::list(tx, project, days, By::default(), 0, 1).await?;
        let mut names = Names::default();
        for id in groups.iter().filter_map(|group| group.agent) {
            if !names.agents.contains_key(&id)
                && let Some(agent) = store::agents::find(tx, project, id).await?
            {
                names.agents.insert(id, agent.name);
            }
        }
        for id in groups.iter().filter_map(|group| group.key) {
            if !names.keys.contains_key(&id)
                && let Some(key) = store::keys::find(tx, project, id).await?
            {
                names.keys.insert(id, key.name);
            }
        }
        let total = whole.first().map_or_else(Spent::default, |sum| sum.spent);
        Ok(Sums { groups, names, total })
    }
}
