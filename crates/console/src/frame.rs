//! What stands around a page: the title, the rail, and who is signed in.

use domain::{Caller, Result};
use engine::App;

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
}

/// The entry of the rail that a page belongs to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Inbox,
    Threads,
    /// Without a rail.
    Outside,
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
        Ok(Self { who, project, ..Self::outside(place, title) })
    }

    /// For a page without a caller.
    pub fn outside(place: Place, title: impl Into<String>) -> Self {
        let [css, script, desk, icon] = ["app.css", "console.js", "desk.js", "icon.svg"].map(crate::assets::url);
        let (who, project) = Default::default();
        Self { title: title.into(), place, who, project, css, script, desk, icon }
    }

    pub fn is_in(&self, place: Place) -> bool {
        self.place == place
    }
}
