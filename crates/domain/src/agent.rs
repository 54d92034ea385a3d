//! Agents: instructions, a model and tools.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    AgentId, GuestId, Map, ProjectId, Timestamp,
    budget::Budget,
    controls::{Controls, words},
    script::Reply,
};

pub use crate::{
    guests::Guests,
    tool::{Tool, ToolKind},
};

/// An agent, which answers in threads.
#[derive(Clone, Debug, PartialEq)]
pub struct Agent {
    pub id: AgentId,
    pub project: ProjectId,
    /// 1, 2, 3 … within the project. Algoreg identifies agents by this number.
    pub number: i64,
    /// Unique within the project: `[a-z0-9]+(-[a-z0-9]+)*`, at most 64 characters.
    pub name: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub archived_at: Option<Timestamp>,
    /// The id by which guests know the agent. The server assigns it when the agent first lets guests in, and it never
    /// changes.
    pub guest_id: Option<GuestId>,
    pub settings: Settings,
}

/// All settings of an agent. The database stores them as one document.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The side that answers: a model, or the user's own program.
    #[serde(skip_serializing_if = "Kind::is_model")]
    pub kind: Kind,
    /// Seconds for which a turn waits for the program of an external agent. Default: the limit's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unclaimed_s: Option<i64>,
    /// The endpoint to which an external agent's turns are pushed. Absent: programs claim them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub push: Option<Push>,
    pub instructions: String,
    /// A name of the catalogue, or `scripted`. Default: `echo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The replies of the model `scripted`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub script: Vec<Reply>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Defaults for the controls of messages.
    #[serde(skip_serializing_if = "Controls::is_empty")]
    pub controls: Controls,
    /// Length of the inactivity window in seconds: a thread that has one closes this long after its last message.
    /// Default: the limit's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window_s: Option<i64>,
    /// Seconds for which a customer waits in a thread that a member holds, until the thread is overdue. It counts for
    /// takes that come later. Default: the limit's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hold_idle_s: Option<i64>,
    /// The side to which a customer's message reopens a closed thread.
    #[serde(skip_serializing_if = "Reopen::is_agent")]
    pub reopen: Reopen,
    /// True if the agent may be silent when it asks for a person by the tool `ask_person`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ask_silent: bool,
    /// Most model calls in one turn. One more fails the turn. Default: the limit's default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_steps: Option<u32>,
    /// The most that calls of the agent's models may use, all its threads together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<Budget>,
    /// Lets in people without a key. Absent: nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guests: Option<Guests>,
    /// The message of a failed turn, by language (BCP 47). Default: [`FAILURE_TEXT`].
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub failure_texts: BTreeMap<String, String>,
    /// True while a person has taken over: messages start no turn.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
    /// Labels by which people sort their agents.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Map>,
    /// True if a budget of a project, a key, a customer or a thread may hold for the agent's turns. Never stored: the
    /// store says it where it reads an agent for a thread.
    #[serde(skip)]
    pub is_budgeted: bool,
}

/// The default message of a failed turn. It tells nobody the reason.
pub const FAILURE_TEXT: &str = "I could not answer. Please try again.";

impl Settings {
    /// Tells whether a budget may hold for the agent's turns.
    pub fn may_be_budgeted(&self) -> bool {
        let of_guests = self.guests.as_ref().is_some_and(|guests| !guests.budgets.is_empty());
        self.is_budgeted || of_guests || !self.budgets.is_empty()
    }

    /// The message of a failed turn in this language: by the language tag, by a shorter form of it, or in English.
    pub fn failure_text(&self, locale: Option<&str>) -> &str {
        let plain = |tag: &str| tag.replace('_', "-").to_ascii_lowercase();
        let named = |tag: &str| self.failure_texts.iter().find(|(language, _)| plain(language) == tag);
        let asked = plain(locale.unwrap_or_default());
        let tags = std::iter::successors(Some(asked.as_str()), |tag| Some(tag.rsplit_once('-')?.0));
        tags.chain(["en"]).find_map(named).map_or(FAILURE_TEXT, |(_, text)| text)
    }
}

words! {
    /// The side to which a customer's message reopens a closed thread.
    #[derive(Default)]
    Reopen {
        #[default]
        Agent = "agent",
        /// A person is wanted, and the agent goes on.
        Person = "person",
    }
}

impl Reopen {
    pub fn is_agent(&self) -> bool {
        *self == Self::Agent
    }
}

words! {
    /// The side that answers for an agent.
    #[derive(Default)]
    Kind {
        /// A model that the server calls.
        #[default]
        Model = "model",
        /// The user's own program, which claims the turns.
        External = "external",
    }
}

impl Kind {
    /// True if a model answers.
    pub fn is_model(&self) -> bool {
        *self == Self::Model
    }
}

/// The endpoint of an external agent. The server claims the agent's turns and posts each claim there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// An http or https URL.
    pub url: String,
    /// The name from which the signing secret is derived. Absent until somebody asks for the secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signs_by: Option<Uuid>,
    /// The name of the secret before, which signs too until the time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<(Uuid, Timestamp)>,
}

impl Push {
    /// An endpoint whose secret nobody has asked for.
    pub fn to(url: impl Into<String>) -> Self {
        Self { url: url.into(), signs_by: None, former: None }
    }
}

impl Settings {
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|t| t.name == name)
    }

    /// The model of a turn: the message's choice, else the agent's. An agent with a script keeps its model whatever a
    /// message chooses, because no other model reads the script.
    pub fn chosen_model<'c>(&'c self, controls: &'c Controls) -> Option<&'c str> {
        match self.model.as_deref() {
            Some(crate::model::SCRIPTED) => Some(crate::model::SCRIPTED),
            own => controls.model.as_deref().or(own),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_in_the_nearest_language_that_the_agent_has() {
        let mut settings = Settings::default();
        assert_eq!(settings.failure_text(Some("uk-UA")), FAILURE_TEXT);
        for (language, text) in [("uk", "Вибачте."), ("pt-BR", "Desculpe."), ("en", "Sorry.")] {
            settings.failure_texts.insert(language.into(), text.into());
        }
        for (asked, text) in [
            (None, "Sorry."),
            (Some("uk"), "Вибачте."),
            (Some("UK_UA"), "Вибачте."),
            (Some("pt-br-x"), "Desculpe."),
            (Some("pt"), "Sorry."),
            (Some("en-GB"), "Sorry."),
            (Some("de"), "Sorry."),
        ] {
            assert_eq!(settings.failure_text(asked), text, "{asked:?}");
        }
    }
}
