//! End users: customers who are let in to write by themselves, each with a token of its own.

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

/// A customer to be let in, and what comes with the letters that they write.
#[derive(Clone, Debug, Default)]
pub struct EndUser {
    /// The project's own name for the customer.
    pub external_id: Option<String>,
    /// Their addresses: those that are nobody's become theirs.
    pub emails: Vec<String>,
    pub writes: Writes,
}

impl App {
    /// A token for the customer of that name and these addresses, who is made if there is none.
    ///
    /// # Errors
    /// `forbidden` without `write`; `invalid` without a name and an address, and for a field beyond its limit; `conflict`
    /// (`contact_taken`) when the name and the addresses are of different customers.
    #[crate::boxed]
    pub async fn let_in_end_user(&self, caller: &Caller, user: EndUser) -> Result<Token> {
        self.keyed(None).let_in_end_user(caller, user).await
    }

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
    /// A replay makes another token for the same customer: none is stored.
    ///
    /// # Errors
    /// As [`App::let_in_end_user`]; `conflict` for a reused origin key.
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

/// How often the customer is looked for when somebody makes them between the look and the deed. The second look finds them,
/// unless they are gone again.
const TRIES: u32 = 5;

/// Whoever else was faster has committed: what was made here is rolled back, and the next look finds theirs.
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
        // The contacts first: whoever made one since the transaction began has made its customer before, and that is found too.
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
        let mut customer =
            Customer { id, project, external_id, name: None, created_at, contacts: Vec::new(), writes: None };
        match found {
            Some(id) => customer.id = id,
            None if !customers::insert(tx, &customer).await? => {
                return Err(overtaken());
            }
            None => {}
        }
        // They were nobody's a moment ago.
        add(tx, &inner, &customer, addresses).await.map_err(|error| match error.kind {
            Kind::Conflict => overtaken(),
            _ => error,
        })?;
        customers::set_writes(tx, project, customer.id, &user.writes).await?;
        Ok(customer.id)
    }
}
