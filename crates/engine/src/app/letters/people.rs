//! Who wrote a letter, and who may get it.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    Caller, ContactId, CustomerId, Error, ProjectId, Result, author::Author, caller::Scope, customer::Contact,
};
use store::{Tx, customers, members, threads};

use super::check::Parties;
use crate::{app::Inner, journal::Journal};

/// Whether the letter goes from the project to its customers: no customer is named, and the sender is absent or a member.
/// Everybody else is a customer.
///
/// # Errors
/// `forbidden` when it is from a member and the key may not speak for members.
pub(super) async fn is_outbound(tx: &mut Tx, caller: &Caller, parties: &Parties) -> Result<bool> {
    match (&parties.customer, &parties.from) {
        (Some(_), _) => Ok(false),
        (None, None) => Ok(true),
        (None, Some(from)) => {
            let is_member = members::find_by_email(tx, caller.project, from).await?.is_some();
            if is_member {
                caller.require(Scope::Impersonate)?;
            }
            Ok(is_member)
        }
    }
}

/// The customer who wrote the letter, made if new, and now part of the thread. Somebody else's address stays somebody else's:
/// it is then the letter's, and no contact of the customer who is named.
pub(super) async fn customer(tx: &mut Tx, inner: &Arc<Inner>, journal: &Journal, parties: &Parties) -> Result<Author> {
    let (project, thread) = (journal.thread.project, journal.thread.id);
    let named = match &parties.customer {
        Some(external) => Some(named_customer(tx, inner, journal, external).await?),
        None => None,
    };
    let contact = match &parties.from {
        Some(address) => Some(contact(tx, inner, journal, address, named).await?.0),
        None => None,
    };
    let id = named.or(contact.as_ref().map(|c| c.customer));
    let id = id.ok_or_else(|| Error::internal("a letter without sender and customer was taken for a customer's"))?;
    threads::add_customer(tx, project, thread, id).await?;
    let contact = contact.filter(|c| c.customer == id).map(|c| c.id);
    Ok(Author::Customer { customer: id, contact, address: parties.from.clone() })
}

/// A letter goes only to contacts of the thread's customers. A thread that has none yet gets them from its first letter:
/// whoever is known is attached with their addresses, all others are one new customer.
///
/// # Errors
/// `invalid` (`contact_not_in_thread`), naming the field.
pub(super) async fn admit_recipients(
    tx: &mut Tx,
    inner: &Arc<Inner>,
    journal: &Journal,
    parties: &Parties,
) -> Result<()> {
    let (project, thread) = (journal.thread.project, journal.thread.id);
    if !threads::customers(tx, project, thread).await?.is_empty() {
        let contacts = customers::contacts_of_thread(tx, project, thread).await?;
        let stranger = parties.recipients.iter().find(|(_, r)| !contacts.iter().any(|c| c.address == *r));
        return stranger.map_or(Ok(()), |(field, address)| Err(not_in_thread(field, address)));
    }
    // In the order of addresses, whatever the letter's: two transactions that make the same contacts do not deadlock.
    let recipients: BTreeSet<&str> = parties.recipients.iter().map(|(_, address)| address.as_str()).collect();
    let mut newcomer = None;
    for address in recipients {
        let (contact, is_new) = contact(tx, inner, journal, address, newcomer).await?;
        newcomer = newcomer.or(is_new.then_some(contact.customer));
        threads::add_customer(tx, project, thread, contact.customer).await?;
    }
    Ok(())
}

fn not_in_thread(field: &str, address: &str) -> Error {
    let error = Error::field(field, format!("{address} is no contact of this thread's customers"));
    Error { code: "contact_not_in_thread", ..error }
}

/// The customer of that external id, made if there is none. Another transaction may make it at the same moment: the insert
/// waits for it, and then its customer is found.
async fn named_customer(tx: &mut Tx, inner: &Arc<Inner>, journal: &Journal, external: &str) -> Result<CustomerId> {
    let project: ProjectId = journal.thread.project;
    if let Some(id) = customers::find_by_external_id(tx, project, external).await? {
        return Ok(id);
    }
    let id = CustomerId(inner.clock.id());
    if customers::insert(tx, id, project, Some(external), journal.now).await? {
        return Ok(id);
    }
    let found = customers::find_by_external_id(tx, project, external).await?;
    found.ok_or_else(|| Error::internal("customers.external_id: one that was there is gone"))
}

/// The contact of that address, and whether it is new: then it is `owner`'s, or a new customer's.
async fn contact(
    tx: &mut Tx,
    inner: &Arc<Inner>,
    journal: &Journal,
    address: &str,
    owner: Option<CustomerId>,
) -> Result<(Contact, bool)> {
    let project = journal.thread.project;
    if let Some(known) = customers::find_contact(tx, project, address).await? {
        return Ok((known, false));
    }
    let customer = owner.unwrap_or_else(|| CustomerId(inner.clock.id()));
    let made = Contact { id: ContactId(inner.clock.id()), customer, address: address.into() };
    if !customers::insert_contact(tx, project, &made).await? {
        let found = customers::find_contact(tx, project, address).await?;
        let known = found.ok_or_else(|| Error::internal("contacts.address: one that was there is gone"))?;
        return Ok((known, false));
    }
    if owner.is_none() {
        customers::insert(tx, customer, project, None, journal.now).await?;
    }
    Ok((made, true))
}
