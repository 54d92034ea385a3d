//! What stands around a page: the title, the rail, and who is signed in.

mod rail;

use domain::{Caller, Result, caller::Scopes};
use engine::App;

pub use self::rail::{Group, Place};
use crate::texts;

pub struct Frame {
    pub title: String,
    pub place: Place,
    /// The member's name or address, or that a key signed in.
    pub who: String,
    pub project: String,
    pub css: String,
    pub script: String,
    pub desk: String,
    pub icon: String,
    scopes: Scopes,
}

impl Frame {
    pub async fn of(app: &App, caller: &Caller, place: Place, title: impl Into<String>) -> Result<Self> {
        let who = match caller.member() {
            Some(member) => {
                let member = app.member(caller, member).await?;
                member.name.unwrap_or(member.email)
            }
            None => texts::WITH_A_KEY.into(),
        };
        let project = app.project(caller).await?.name;
        Ok(Self { who, project, scopes: caller.scopes, ..Self::outside(place, title) })
    }

    /// For a page without a caller.
    pub fn outside(place: Place, title: impl Into<String>) -> Self {
        let [css, script, desk, icon] = ["app.css", "console.js", "desk.js", "icon.svg"].map(crate::assets::url);
        let (who, project, scopes) = Default::default();
        Self { title: title.into(), place, who, project, css, script, desk, icon, scopes }
    }

    pub fn is_in(&self, place: Place) -> bool {
        self.place == place
    }

    /// Tells whether the page is one of those that a narrow screen reaches by `More`.
    pub fn is_in_more(&self) -> bool {
        self.place == Place::More || rail::GROUPS[1..].iter().any(|group| group.has(self.place))
    }

    /// The rail, without the pages that the caller may not open.
    pub fn groups(&self) -> Vec<Group> {
        rail::open_to(self.scopes)
    }
}
