//! Names of those who speak. Names of agents are looked up once a page.

use std::collections::BTreeMap;

use domain::{AgentId, Caller, Result, author::Author, handling::Person, message::Message};
use engine::App;

use crate::texts as t;

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

/// The member's name, or the address.
pub fn of_person(person: &Person) -> String {
    person.name.clone().unwrap_or_else(|| person.email.clone())
}
