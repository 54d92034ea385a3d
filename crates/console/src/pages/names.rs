//! Names of agents, looked up once a page.

use std::collections::BTreeMap;

use domain::{AgentId, Caller, Result};
use engine::App;

#[derive(Default)]
pub struct Names(BTreeMap<AgentId, String>);

impl Names {
    /// The agent's display name, or its name.
    pub async fn of(&mut self, app: &App, caller: &Caller, id: AgentId) -> Result<String> {
        if let Some(name) = self.0.get(&id) {
            return Ok(name.clone());
        }
        let agent = app.agent(caller, id).await?;
        let name = agent.settings.display_name.unwrap_or(agent.name);
        self.0.insert(id, name.clone());
        Ok(name)
    }
}
