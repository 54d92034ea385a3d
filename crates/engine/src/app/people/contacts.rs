//! The contact data of guests: what they say about themselves. Nobody has checked the data, so they join no customer.

use std::sync::Arc;

use domain::{
    Caller, Error, Kind, Result, ThreadId, Timestamp,
    caller::{Scope, Subject},
    codes,
};
use serde::{Deserialize, Serialize};
use store::{Operation, Tx, guests};

use crate::{App, app::access::bounds, inner::Inner, journal::Journal, unknown, validate};

/// What a guest says about themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Contact {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The time of the last change. Absent: the guest has said nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<Timestamp>,
}

/// A change of contact data. An absent field stays, and `Some(None)` removes one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactChange {
    pub name: Option<Option<String>>,
    pub email: Option<Option<String>>,
}

impl App {
    /// Changes the contact data of the thread's guest, and returns them.
    ///
    /// # Errors
    /// `not_found`; `invalid` for a malformed field; `forbidden` for anybody but a token of the thread, and for a field
    /// for which the agent does not ask (`guests_may_not`).
    #[crate::boxed]
    pub async fn change_contact(&self, caller: &Caller, thread: ThreadId, change: ContactChange) -> Result<Contact> {
        caller.require_bound(Scope::Write)?;
        let ContactChange { name, email } = change;
        if let Some(Some(name)) = &name {
            validate::label("name", name, self.limits.customer_id_chars)?;
        }
        let stored = |email: String| validate::plain_address("email", &email, &self.limits);
        let email = email.map(|email| email.map(stored).transpose()).transpose()?;
        let change = ContactChange { name, email };
        self.store.write(Change { inner: self.inner().clone(), caller: caller.clone(), thread, change }).await
    }

    /// The contact data of the thread's guest.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn contact(&self, caller: &Caller, thread: ThreadId) -> Result<Contact> {
        caller.require_bound(Scope::Read)?;
        self.store.read(Look { caller: caller.clone(), thread }).await
    }
}

async fn of(tx: &mut Tx, caller: &Caller, thread: ThreadId) -> Result<Contact> {
    let Some(text) = guests::contact(tx, caller.project, thread).await? else { return Ok(Contact::default()) };
    serde_json::from_str(&text).map_err(Error::internal)
}

struct Change {
    inner: Arc<Inner>,
    caller: Caller,
    thread: ThreadId,
    change: ContactChange,
}

impl Operation for Change {
    type Out = Contact;

    async fn run(self, tx: &mut Tx) -> Result<Contact> {
        let Self { inner, caller, thread, change: ContactChange { name, email } } = self;
        bounds::check(tx, &caller, thread).await?;
        let journal = Journal::named(tx, caller.project, thread, inner.clock.now()).await?;
        if !matches!(caller.subject, Subject::Thread(_)) {
            return Err(Error::forbidden("Only the token of a guest changes the contact data"));
        }
        let agent = store::agents::find(tx, caller.project, journal.thread.agent).await?.ok_or_else(unknown::agent)?;
        let asked = agent.settings.guests.and_then(|guests| guests.contact).unwrap_or_default();
        for (is_sent, is_asked, what) in [(name.is_some(), asked.name, "name"), (email.is_some(), asked.email, "email")]
        {
            if is_sent && !is_asked {
                let message = format!("The agent does not ask its guests for the field `{what}`");
                return Err(Error::new(Kind::Forbidden, codes::GUESTS_MAY_NOT, message));
            }
        }
        let before = of(tx, &caller, thread).await?;
        let contact = Contact {
            name: name.unwrap_or_else(|| before.name.clone()),
            email: email.unwrap_or_else(|| before.email.clone()),
            changed_at: Some(journal.now),
        };
        let is_changed = (&contact.name, &contact.email) != (&before.name, &before.email);
        if !is_changed {
            return Ok(before);
        }
        let text = serde_json::to_string(&contact).map_err(Error::internal)?;
        guests::set_contact(tx, caller.project, thread, &text).await?;
        Ok(contact)
    }
}

struct Look {
    caller: Caller,
    thread: ThreadId,
}

impl Operation for Look {
    type Out = Contact;

    async fn run(self, tx: &mut Tx) -> Result<Contact> {
        bounds::find(tx, &self.caller, self.thread).await?;
        of(tx, &self.caller, self.thread).await
    }
}
