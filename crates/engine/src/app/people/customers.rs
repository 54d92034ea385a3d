//! Customers: people outside a project, with their addresses.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    Caller, ContactId, CustomerId, Error, Limits, ProjectId, Result, ThreadId,
    budget::Budget,
    caller::Scope,
    codes,
    customer::{Contact, Customer},
};
use store::{Operation, Tx, customers, op};
use uuid::Uuid;

use crate::{
    App, Origin,
    app::keyed::{Keyed, Outcome},
    inner::Inner,
    origin::{self, Taken},
    unknown, validate,
};

/// A new customer.
#[derive(Clone, Debug, Default)]
pub struct NewCustomer {
    /// The project's own id of the customer, unique within the project.
    pub external_id: Option<String>,
    pub name: Option<String>,
    /// Bare addresses; case does not matter. Each belongs to one customer only.
    pub contacts: Vec<String>,
    pub origin: Option<Origin>,
}

/// The fields of a customer to change. Absent fields stay unchanged.
#[derive(Clone, Debug, Default)]
pub struct CustomerPatch {
    /// `Some(None)` removes it.
    pub external_id: Option<Option<String>>,
    pub name: Option<Option<String>>,
    /// Replaces all addresses. An address that is kept keeps its id.
    pub contacts: Option<Vec<String>>,
    /// Replaces all budgets.
    pub budgets: Option<Vec<Budget>>,
}

/// The filter of a list of customers. Absent fields match all.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub external_id: Option<String>,
    /// One of the customer's addresses.
    pub contact: Option<String>,
}

/// A reference to a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomerRef {
    Id(CustomerId),
    /// A malformed id, which no customer has.
    Nobody,
    /// The project's own id of the customer.
    External(String),
}

impl CustomerRef {
    /// The customer with this hyphenated id.
    pub fn by_id(text: &str) -> Self {
        CustomerId::parse(text).map_or(Self::Nobody, Self::Id)
    }

    pub(crate) async fn find(&self, tx: &mut Tx, project: ProjectId) -> Result<Option<CustomerId>> {
        match self {
            Self::Id(id) => Ok(customers::find(tx, project, *id).await?.map(|customer| customer.id)),
            Self::Nobody => Ok(None),
            Self::External(name) => customers::find_by_external_id(tx, project, name).await,
        }
    }
}

impl App {
    /// # Errors
    /// `forbidden` without `write`. `invalid` for a field beyond its limit or a malformed address. `conflict` if
    /// another customer has the external id (`customer_exists`) or an address (`contact_taken`), and for a reused
    /// origin key.
    #[crate::boxed]
    pub async fn create_customer(&self, caller: &Caller, new: NewCustomer) -> Result<Customer> {
        caller.require(Scope::Write)?;
        names(new.external_id.as_deref(), new.name.as_deref(), &self.limits)?;
        let addresses = addresses(&new.contacts, &self.limits)?;
        let (id, created_at) = (CustomerId(self.clock.id()), self.clock.now());
        let NewCustomer { external_id, name, origin, .. } = new;
        let customer = Customer {
            id,
            project: caller.project,
            external_id,
            name,
            created_at,
            contacts: Vec::new(),
            writes: None,
            budgets: Vec::new(),
        };
        let create = Create { inner: self.inner().clone(), caller: caller.clone(), customer, addresses, origin };
        self.store.write(create).await
    }

    /// # Errors
    /// `not_found` for an unknown or foreign id.
    #[crate::boxed]
    pub async fn customer(&self, caller: &Caller, id: CustomerId) -> Result<Customer> {
        caller.require(Scope::Read)?;
        let project = caller.project;
        let find = op(move |tx| Box::pin(async move { customers::find(tx, project, id).await }));
        self.store.read(find).await?.ok_or_else(unknown::customer)
    }

    /// Customers of the caller's project, oldest first.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn list_customers(
        &self,
        caller: &Caller,
        filter: Filter,
        after: Option<CustomerId>,
        limit: i64,
    ) -> Result<Vec<Customer>> {
        caller.require(Scope::Read)?;
        self.store.read(List { project: caller.project, filter, after, limit }).await
    }

    /// The customers who take part in a thread.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn thread_customers(&self, caller: &Caller, thread: ThreadId) -> Result<Vec<Customer>> {
        caller.require(Scope::Read)?;
        let project = caller.project;
        let list = op(move |tx| {
            Box::pin(async move {
                store::threads::find(tx, project, thread).await?.ok_or_else(unknown::thread)?;
                of_thread(tx, project, thread).await
            })
        });
        self.store.read(list).await
    }

    /// # Errors
    /// As [`App::create_customer`]; `not_found` for an unknown or foreign id.
    #[crate::boxed]
    pub async fn update_customer(&self, caller: &Caller, id: CustomerId, patch: CustomerPatch) -> Result<Customer> {
        self.store.write(self.updating_customer(caller, id, patch)?).await
    }

    fn updating_customer(&self, caller: &Caller, id: CustomerId, patch: CustomerPatch) -> Result<Update> {
        caller.require(Scope::Write)?;
        validate::budgets("budgets", patch.budgets.as_deref().unwrap_or_default(), &self.limits)?;
        let (external_id, name) = (patch.external_id.clone().flatten(), patch.name.clone().flatten());
        names(external_id.as_deref(), name.as_deref(), &self.limits)?;
        let addresses = patch.contacts.as_ref().map(|all| addresses(all, &self.limits)).transpose()?;
        Ok(Update { inner: self.inner().clone(), project: caller.project, id, patch, addresses })
    }

    /// Removes the customer with all contacts, also from threads. The customer's messages keep their author.
    ///
    /// # Errors
    /// `forbidden` without `write`; `not_found`.
    #[crate::boxed]
    pub async fn delete_customer(&self, caller: &Caller, id: CustomerId) -> Result<()> {
        caller.require(Scope::Write)?;
        let (project, inner) = (caller.project, self.inner().clone());
        let delete = op(move |tx| {
            Box::pin(async move {
                let deleted = customers::delete(tx, project, id, inner.clock.now()).await?;
                tx.on_commit(move || inner.unfinished.notify_one());
                Ok(deleted)
            })
        });
        match self.store.write(delete).await? {
            true => Ok(()),
            false => Err(unknown::customer()),
        }
    }
}

impl Keyed<'_> {
    /// # Errors
    /// As [`App::update_customer`]; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn update_customer(&self, caller: &Caller, id: CustomerId, patch: CustomerPatch) -> Result<Customer> {
        let (project, update) = (caller.project, self.app.updating_customer(caller, id, patch)?);
        match self.once(caller, None, update, |_| Uuid::nil()).await? {
            Outcome::Done(customer) => Ok(customer),
            Outcome::Before(_) => {
                let find = op(move |tx| Box::pin(async move { customers::find(tx, project, id).await }));
                self.app.store.read(find).await?.ok_or_else(unknown::customer)
            }
        }
    }
}

pub(crate) async fn of_thread(tx: &mut Tx, project: ProjectId, thread: ThreadId) -> Result<Vec<Customer>> {
    let mut found = customers::of_thread(tx, project, thread).await?;
    for customer in &mut found {
        customer.contacts = customers::contacts(tx, project, customer.id).await?;
    }
    Ok(found)
}

fn names(external_id: Option<&str>, name: Option<&str>, limits: &Limits) -> Result<()> {
    external_id.map_or(Ok(()), |id| validate::identifier("external_id", id, limits.customer_id_chars))?;
    name.map_or(Ok(()), |name| validate::label("name", name, limits.title_chars))
}

/// The bare addresses without duplicates, sorted. Two transactions that create the same contacts then take locks in the
/// same order and do not deadlock.
pub(crate) fn addresses(contacts: &[String], limits: &Limits) -> Result<BTreeSet<String>> {
    validate::at_most("contacts", "addresses", contacts.len(), limits.contacts)?;
    let bare = |(i, text): (usize, &String)| validate::plain_address(&format!("contacts.{i}"), text, limits);
    contacts.iter().enumerate().map(bare).collect()
}

struct Create {
    inner: Arc<Inner>,
    caller: Caller,
    customer: Customer,
    addresses: BTreeSet<String>,
    origin: Option<Origin>,
}

impl Operation for Create {
    type Out = Customer;

    async fn run(self, tx: &mut Tx) -> Result<Customer> {
        let Self { inner, caller, mut customer, addresses, origin } = self;
        let taken = origin::take(tx, &caller, origin.as_ref(), None, customer.id.0, customer.created_at).await?;
        if let Taken::Replay(id) = taken {
            return customers::find(tx, caller.project, CustomerId(id)).await?.ok_or_else(unknown::customer);
        }
        if !customers::insert(tx, &customer).await? {
            return Err(exists());
        }
        add(tx, &inner, &customer, addresses).await?;
        customer.contacts = customers::contacts(tx, caller.project, customer.id).await?;
        Ok(customer)
    }
}

fn exists() -> Error {
    Error::conflict(codes::CUSTOMER_EXISTS, "The project already has a customer with this external id")
}

pub(crate) async fn add(
    tx: &mut Tx,
    inner: &Arc<Inner>,
    customer: &Customer,
    addresses: BTreeSet<String>,
) -> Result<()> {
    for address in addresses {
        let contact = Contact { id: ContactId(inner.clock.id()), customer: customer.id, address };
        if !customers::insert_contact(tx, customer.project, &contact).await? {
            let words = format!("Another customer has the address {}", contact.address);
            return Err(Error::conflict(codes::CONTACT_TAKEN, words));
        }
    }
    Ok(())
}

struct List {
    project: ProjectId,
    filter: Filter,
    after: Option<CustomerId>,
    limit: i64,
}

impl Operation for List {
    type Out = Vec<Customer>;

    async fn run(self, tx: &mut Tx) -> Result<Vec<Customer>> {
        let Self { project, filter, after, limit } = self;
        let address = filter.contact.map(|address| validate::spelled_as_stored(&address));
        let mut found = match &filter.external_id {
            None => customers::list(tx, project, address.as_deref(), after, limit).await?,
            Some(external) => {
                let id = customers::find_by_external_id(tx, project, external).await?;
                let one = match id.filter(|id| after.is_none_or(|after| *id > after)) {
                    Some(id) => customers::find(tx, project, id).await?,
                    None => None,
                };
                let has =
                    |c: &Customer| address.as_ref().is_none_or(|a| c.contacts.iter().any(|own| own.address == *a));
                one.filter(has).into_iter().collect()
            }
        };
        for customer in &mut found {
            customer.contacts = customers::contacts(tx, project, customer.id).await?;
        }
        Ok(found)
    }
}

struct Update {
    inner: Arc<Inner>,
    project: ProjectId,
    id: CustomerId,
    patch: CustomerPatch,
    addresses: Option<BTreeSet<String>>,
}

impl Operation for Update {
    type Out = Customer;

    async fn run(self, tx: &mut Tx) -> Result<Customer> {
        let Self { inner, project, id, patch, addresses } = self;
        if !customers::lock(tx, project, id).await? {
            return Err(unknown::customer());
        }
        let mut customer = customers::find(tx, project, id).await?.ok_or_else(unknown::customer)?;
        customer.external_id = patch.external_id.unwrap_or(customer.external_id);
        customer.name = patch.name.unwrap_or(customer.name);
        if !customers::save(tx, &customer).await? {
            return Err(exists());
        }
        if let Some(budgets) = patch.budgets {
            store::budgets::set_of_customer(tx, project, id, &budgets).await?;
            customer.budgets = budgets;
        }
        if let Some(mut wanted) = addresses {
            for contact in &customer.contacts {
                if !wanted.remove(&contact.address) {
                    customers::delete_contact(tx, project, contact.id).await?;
                }
            }
            add(tx, &inner, &customer, wanted).await?;
            customer.contacts = customers::contacts(tx, project, id).await?;
        }
        Ok(customer)
    }
}
