//! The faces of a thread: who speaks in it, as the people outside the project are told. They learn kinds and display
//! names, and never ids, addresses, notes or reasons.

use domain::{
    AgentId, Caller, MemberId, Result, ThreadId,
    author::Author,
    caller::Scope,
    handling::{Handling, is_of_team},
    message::Message,
    thread::Thread,
};
use store::{Operation, Tx};

use crate::{App, app::access::bounds};

/// A side of a conversation, for the people outside the project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The customer's side.
    Visitor,
    /// The thread's agent.
    Assistant,
    /// A person, or a program of the project in place of the agent.
    Person,
}

/// The speaker of a message. The name is a display name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Speaker {
    pub side: Side,
    pub name: Option<String>,
}

/// Who speaks in a thread at present.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faces {
    pub handling: Handling,
    /// The display name of the side that speaks at present: the agent's, or that of the member who holds the thread.
    pub name: Option<String>,
    /// True while somebody has asked for a person and none has come.
    pub wanted: bool,
    agent: (AgentId, Option<String>),
    shows_names: bool,
}

impl App {
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn faces(&self, caller: &Caller, thread: ThreadId) -> Result<Faces> {
        caller.require_bound(Scope::Read)?;
        self.store.read(Look { caller: caller.clone(), thread }).await
    }
}

impl Faces {
    /// Tells whether people outside the project see the display names of members.
    pub fn shows_names(&self) -> bool {
        self.shows_names
    }

    /// The speaker of a message of the thread.
    pub fn speaker(&self, message: &Message) -> Speaker {
        let shown = |name: &Option<String>| name.clone().filter(|_| self.shows_names);
        match (&message.author, is_of_team(message.role, &message.author)) {
            (Author::Member { name, .. }, true) => Speaker { side: Side::Person, name: shown(name) },
            (_, true) => Speaker { side: Side::Person, name: None },
            (Author::Agent { agent }, false) => {
                let (own, name) = &self.agent;
                Speaker { side: Side::Assistant, name: name.clone().filter(|_| agent == own) }
            }
            (_, false) => Speaker { side: Side::Visitor, name: None },
        }
    }
}

struct Look {
    caller: Caller,
    thread: ThreadId,
}

impl Operation for Look {
    type Out = Faces;

    async fn run(self, tx: &mut Tx) -> Result<Faces> {
        let thread = bounds::find(tx, &self.caller, self.thread).await?;
        of(tx, &thread).await
    }
}

async fn of(tx: &mut Tx, thread: &Thread) -> Result<Faces> {
    let agent = store::agents::find(tx, thread.project, thread.agent).await?;
    let settings = agent.map(|agent| agent.settings);
    let shows_names = settings.as_ref().is_none_or(|own| own.guests.as_ref().is_none_or(|guests| guests.shows_names()));
    let display_name = settings.and_then(|settings| settings.display_name);
    let holder: Option<MemberId> = thread.people.holder();
    let name = match holder {
        None => display_name.clone(),
        Some(_) if !shows_names => None,
        Some(member) => store::members::find(tx, thread.project, member).await?.and_then(|member| member.name),
    };
    Ok(Faces {
        handling: thread.people.handling(),
        name,
        wanted: thread.people.wanted.is_some(),
        agent: (thread.agent, display_name),
        shows_names,
    })
}
