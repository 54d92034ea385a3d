//! In whose name the caller acts: a member in the own one, a key in that of a member whom it chooses.

use domain::{Caller, MemberId, Result, caller::Scope, handling::Person};
use engine::App;

use super::names;

/// Members that a form offers.
const MEMBERS_MAX: i64 = 200;

/// A member that a form offers.
#[derive(Clone, Debug)]
pub struct Choice {
    pub id: String,
    pub name: String,
}

/// Those in whose name the caller may act.
#[derive(Clone, Debug, Default)]
pub struct Acting {
    /// The member who is signed in.
    pub own: Option<(MemberId, String)>,
    /// The members among whom a key chooses.
    pub choices: Vec<Choice>,
}

impl Acting {
    pub async fn of(app: &App, caller: &Caller) -> Result<Self> {
        let scopes = caller.scopes;
        if !scopes.has(Scope::Write) {
            return Ok(Self::default());
        }
        if let Some(id) = caller.member() {
            let member = app.member(caller, id).await?;
            return Ok(Self { own: Some((id, names::of_person(&Person::from(&member)))), choices: Vec::new() });
        }
        let choices = if scopes.has(Scope::Impersonate) { members(app, caller).await? } else { Vec::new() };
        Ok(Self { own: None, choices })
    }

    /// Tells whether the caller may act in anybody's name.
    pub fn may(&self) -> bool {
        self.own.is_some() || !self.choices.is_empty()
    }

    /// Tells whether this member is the one who is signed in.
    pub fn is(&self, member: MemberId) -> bool {
        self.own.as_ref().is_some_and(|(own, _)| *own == member)
    }
}

/// The project's members, as a form offers them.
pub async fn members(app: &App, caller: &Caller) -> Result<Vec<Choice>> {
    let members = app.list_members(caller, None, MEMBERS_MAX).await?;
    let choice =
        |member| Choice { id: Person::from(&member).id.to_string(), name: names::of_person(&(&member).into()) };
    Ok(members.into_iter().map(choice).collect())
}

/// The member of a form: the one who is signed in, or the one that a key has chosen.
pub fn named(caller: &Caller, chosen: Option<String>) -> String {
    caller.member().map_or_else(|| chosen.unwrap_or_default(), |own| own.to_string())
}
