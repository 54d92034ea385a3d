//! Pages around a chat: the origins whose pages may frame the chat with an agent.

use domain::{GuestId, Result};

use crate::App;

impl App {
    /// The origins that the agent of this guest id lists.
    ///
    /// # Errors
    /// `not_found` for an agent that is unknown, archived, or lets nobody in, without a difference.
    #[crate::boxed]
    pub async fn guest_origins(&self, agent: GuestId) -> Result<Vec<String>> {
        let found = self.store.read(store::op(move |tx| Box::pin(store::agents::find_for_guests(tx, agent)))).await?;
        let open = found.filter(|agent| agent.archived_at.is_none()).and_then(|agent| agent.settings.guests);
        open.map(|guests| guests.origins).ok_or_else(crate::unknown::agent)
    }
}
