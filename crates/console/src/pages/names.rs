//! Names of those who speak. Names of agents are looked up once a page.

use std::collections::BTreeMap;

use domain::{AgentId, Caller, Result, agent::Agent, author::Author, handling::Person, message::Message};
use engine::App;

use crate::texts as t;

/// Agents that a choice offers.
const AGENTS_MAX: i64 = 200;

#[derive(Default)]
pub struct Names(BTreeMap<AgentId, String>);

impl Names {
    /// The agent's display name, or its name.
    pub async fn of(&mut self, app: &App, caller: &Caller, id: AgentId) -> Result<String> {
        if let Some(name) = self.0.get(&id) {
            return Ok(name.clone());
        }
        let name = of_agent(&app.agent(caller, id).await?);
        self.0.insert(id, name.clone());
        Ok(name)
    }

    /// The author's name, and the class of the author's colour.
    pub async fn of_author(&mut self, app: &App, caller: &Caller, author: &Author) -> Result<(String, &'static str)> {
        Ok(match author {
            Author::Agent { agent } => (self.of(app, caller, *agent).await?, "by-agent"),
            Author::Member { email, name, .. } => (name.clone().unwrap_or_else(|| email.clone()), "by-person"),
            Author::Customer { address, .. } => (address.clone().unwrap_or_else(|| t::CUSTOMER.into()), "by-customer"),
            Author::Guest {} => (t::GUEST.into(), "by-customer"),
            Author::Key { .. } => (t::PROGRAM.into(), "by-customer"),
        })
    }

    /// The speaker of a message, as [`Names::of_author`]. A program may say for whom it speaks.
    pub async fn of_message(
        &mut self,
        app: &App,
        caller: &Caller,
        message: &Message,
    ) -> Result<(String, &'static str)> {
        let actor = message.body.external_actor.as_ref().and_then(|actor| actor.actor_name.clone());
        match (&message.author, actor) {
            (Author::Key { .. }, Some(name)) => Ok((name, "by-customer")),
            (author, _) => self.of_author(app, caller, author).await,
        }
    }
}

/// The agent's display name, or its name.
pub fn of_agent(agent: &Agent) -> String {
    agent.settings.display_name.as_ref().unwrap_or(&agent.name).clone()
}

/// The agents of the project as choices: id and name.
pub async fn agent_choices(app: &App, caller: &Caller) -> Result<Vec<(String, String)>> {
    let agents = app.list_agents(caller, false, None, AGENTS_MAX).await?.rows;
    Ok(agents.iter().map(|agent| (agent.id.to_string(), of_agent(agent))).collect())
}

/// The member's name, or the address.
pub fn of_person(person: &Person) -> String {
    person.name.clone().unwrap_or_else(|| person.email.clone())
}
