//! End users: customers who write by themselves, each with a token.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    Caller, CustomerId, Error, Kind, Result,
    caller::{Scope, Subject},
    codes,
    customer::{Customer, Writes},
};
use store::{Operation, Tx, customers};

use super::customers::{add, addresses};
use crate::{
    App,
    app::{access::tokens::Token, keyed::Keyed},
    inner::Inner,
    validate,
};

/// A customer to let in, with defaults of the customer's messages.
#[derive(Clone, Debug, Default)]
pub struct EndUser {
    /// The project's own id of the customer.
    pub external_id: Option<String>,
    /// The customer's addresses. An address that belongs to nobody is added to the customer.
    pub emails: Vec<String>,
    pub writes: Writes,
}

impl App {
    fn finding(&self, caller: &Caller, user: EndUser) -> Result<Find> {
        caller.require(Scope::Write)?;
        let limits = &self.limits;
        if user.external_id.is_none() && user.emails.is_empty() {
            return Err(Error::field("emails", "required unless external_id is given"));
        }
        user.external_id
            .as_deref()
            .map_or(Ok(()), |id| validate::identifier("external_id", id, limits.customer_id_chars))?;
        let addresses = addresses(&user.emails, limits)?;
        if let Some(to) = &user.writes.to {
            validate::address("writes.to", to, limits)?;
        }
        let mailbox = user.writes.mailbox.as_deref();
        mailbox.map_or(Ok(()), |id| validate::identifier("writes.mailbox", id, limits.address_chars))?;
        validate::tag_names(&user.writes.tags, limits)?;
        Ok(Find { inner: self.inner().clone(), caller: caller.clone(), user, addresses })
    }
}

impl Keyed<'_> {
    /// A token for the customer with this id and these addresses. A missing customer is created.
    /// A replay creates another token for the same customer, because tokens are not stored.
    ///
    /// # Errors
    /// `forbidden` without `write`. `invalid` without id and address, and for a field beyond its limit. `conflict`
    /// (`contact_taken`) if the id and the addresses belong to different customers, and for a reused origin key.
    #[crate::boxed]
    pub async fn let_in_end_user(&self, caller: &Caller, user: EndUser) -> Result<Token> {
        let find = self.app.finding(caller, user)?;
        let look = || self.once(caller, None, find.clone(), |customer| customer.0);
        let mut found = look().await;
        for _ in 1..TRIES {
            match found {
                Err(error) if error.code == codes::CUSTOMER_OVERTAKEN => found = look().await,
                _ => break,
            }
        }
        self.app.let_in(caller, Subject::Customer(found?.customer())).await
    }
}

/// Number of lookups if other requests create the customer between lookup and insert. The second lookup usually finds
/// the customer.
const TRIES: u32 = 5;

/// Another transaction was faster: this one is rolled back, and the next lookup finds the customer.
fn overtaken() -> Error {
    Error {
        code: codes::CUSTOMER_OVERTAKEN,
        ..Error::unavailable("Another request is creating this customer, try again")
    }
}

#[derive(Clone)]
struct Find {
    inner: Arc<Inner>,
    caller: Caller,
    user: EndUser,
    addresses: BTreeSet<String>,
}

impl Operation for Find {
    type Out = CustomerId;

    async fn run(self, tx: &mut Tx) -> Result<CustomerId> {
        let Self { inner, caller, user, mut addresses } = self;
        let project = caller.project;
        // Contacts first: a transaction that created a contact has created its customer before, so that one is found
        // too.
        let mut contacts = Vec::new();
        for address in &addresses {
            contacts
                .extend(customers::find_contact(tx, project, address).await?.map(|contact| (address.clone(), contact)));
        }
        let mut found = match &user.external_id {
            Some(external) => customers::find_by_external_id(tx, project, external).await?,
            None => None,
        };
        for (address, contact) in contacts {
            if found.is_none() && user.external_id.is_none() {
                found = Some(contact.customer);
            }
            if found != Some(contact.customer) {
                return Err(Error::conflict(
                    codes::CONTACT_TAKEN,
                    format!("Another customer has the address {address}"),
                ));
            }
            addresses.remove(&address);
        }
        let (id, external_id) = (CustomerId(inner.clock.id()), user.external_id);
        let created_at = inner.clock.now();
        let mut customer = Customer::new(project, id, external_id, created_at);
        match found {
            Some(id) => customer.id = id,
            None if !customers::insert(tx, &customer).await? => {
                return Err(overtaken());
            }
            None => {}
        }
        // The addresses belonged to nobody a moment ago.
        add(tx, &inner, &customer, addresses).await.map_err(|error| match error.kind {
            Kind::Conflict => overtaken(),
            _ => error,
        })?;
        customers::set_writes(tx, project, customer.id, &user.writes).await?;
        Ok(customer.id)
    }
}
