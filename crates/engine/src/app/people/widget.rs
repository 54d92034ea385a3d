//! The settings of an agent's chat widget, as its guests read them.

use domain::{GuestId, Result, Timestamp, agent::Agent, guests::Guests};
use store::{Operation, Tx};

use super::{arrivals::open_agent, guests::may_come_from};
use crate::App;

/// An agent in the view of its guests.
#[derive(Clone, Debug, PartialEq)]
pub struct Widget {
    pub guest_id: GuestId,
    pub display_name: Option<String>,
    pub guests: Guests,
    /// True if guests may ask for a person at this time.
    pub is_open: bool,
}

impl App {
    /// The widget of the agent with this guest id. `page` is the origin of the requesting page; absent for a program.
    ///
    /// # Errors
    /// As [`App::begin_as_guest`].
    #[crate::boxed]
    pub async fn widget(&self, agent: GuestId, page: Option<&str>) -> Result<Widget> {
        let look = Look { agent, page: page.map(str::to_owned), now: self.clock.now() };
        self.store.read(look).await
    }
}

struct Look {
    agent: GuestId,
    page: Option<String>,
    now: Timestamp,
}

impl Operation for Look {
    type Out = Widget;

    async fn run(self, tx: &mut Tx) -> Result<Widget> {
        let Self { agent: guest_id, page, now } = self;
        let Agent { settings, .. } = open_agent(tx, guest_id).await?;
        may_come_from(settings.guests.as_ref(), page.as_deref())?;
        let guests = settings.guests.unwrap_or_default();
        let ask = guests.ask.as_ref();
        let is_open = ask.is_some_and(|ask| ask.hours.as_ref().is_none_or(|hours| hours.is_open(now)));
        Ok(Widget { guest_id, display_name: settings.display_name, guests, is_open })
    }
}
