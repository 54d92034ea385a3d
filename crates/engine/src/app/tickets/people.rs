//! Senders and recipients of e-mail.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    Caller, ContactId, CustomerId, Error, ProjectId, Result, Timestamp,
    author::Author,
    caller::{Scope, Subject},
    codes,
    customer::{Contact, Customer},
    message::Body,
};
use store::{Tx, customers, members, threads};

use super::file::check::Parties;
use crate::{app::threads::tags, inner::Inner, journal::Journal};

/// Tells whether the message goes from the project to its customers: it names no customer, and its sender is absent or
/// a member. All others are customers.
///
/// # Errors
/// `forbidden` if it is from a member and the key may not speak for members.
pub(crate) async fn is_outbound(tx: &mut Tx, caller: &Caller, parties: &Parties) -> Result<bool> {
    if caller.subject != Subject::Project {
        return Ok(false);
    }
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

/// The customer who wrote the message, created if unknown, and added to the thread. If another customer owns the
/// address, only the message has it; it does not become a contact of the named customer.
pub(crate) async fn customer(tx: &mut Tx, inner: &Arc<Inner>, journal: &Journal, parties: &Parties) -> Result<Author> {
    let (project, thread) = (journal.thread.project, journal.thread.id);
    let named = match &parties.customer {
        Some(external) => Some(named_customer(tx, inner, project, external, journal.now).await?),
        None => None,
    };
    let contact = match &parties.from {
        Some(address) => Some(contact(tx, inner, journal, address, named).await?.0),
        None => None,
    };
    let id = named.or(contact.as_ref().map(|c| c.customer));
    let id = id.ok_or_else(|| Error::internal("a message without sender and customer was taken for a customer's"))?;
    threads::add_customer(tx, project, thread, id).await?;
    let contact = contact.filter(|c| c.customer == id).map(|c| c.id);
    Ok(Author::Customer { customer: id, contact, address: parties.from.clone() })
}

/// A customer with a token, who writes directly with the defaults that the project has set.
///
/// # Errors
/// `forbidden` for another customer's id or address; `unauthenticated` for a deleted customer.
pub(crate) async fn itself(
    tx: &mut Tx,
    journal: &mut Journal,
    own: CustomerId,
    parties: &Parties,
    mut body: Body,
) -> Result<(Author, Body)> {
    let project = journal.thread.project;
    let customer = customers::find(tx, project, own).await?.ok_or_else(Error::unauthenticated)?;
    let named = parties.customer.as_ref().is_none_or(|name| customer.external_id.as_ref() == Some(name));
    let contact = parties.from.as_ref().map(|from| customer.contacts.iter().find(|one| one.address == *from));
    if !named || contact == Some(None) {
        return Err(Error::forbidden(
            "This token is valid for one customer only, under that customer's name and addresses",
        ));
    }
    threads::add_customer(tx, project, journal.thread.id, own).await?;
    let writes = customers::writes(tx, project, own).await?.unwrap_or_default();
    let mut envelope = body.envelope.take().unwrap_or_default();
    envelope.mailbox = envelope.mailbox.or(writes.mailbox);
    if envelope.to.is_empty() {
        envelope.to.extend(writes.to);
    }
    body.envelope = Some(envelope);
    // The log has only its first entry: the message starts the thread.
    if journal.thread.last_seq == 1 && !writes.tags.is_empty() {
        tags::put(tx, journal, writes.tags, false).await?;
    }
    let contact = contact.flatten().or(customer.contacts.first());
    let address = contact.map(|one| one.address.clone());
    Ok((Author::Customer { customer: own, contact: contact.map(|one| one.id), address }, body))
}

/// Admits recipients. A message goes only to contacts of the thread's customers, and to all of them without recipients.
/// A thread without customers gets them from its first message: known addresses add their customers, and all unknown
/// ones become one new customer.
///
/// # Errors
/// `invalid`, naming the field: `contact_not_in_thread`, or a message to nobody.
pub(crate) async fn admit_recipients(
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
    if parties.recipients.is_empty() {
        return Err(Error::field(
            "envelope.to",
            "required, because no customer takes part in the thread and nobody would get the message",
        ));
    }
    // Sorted, so that two transactions that create the same contacts take locks in the same order and do not deadlock.
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
    let error = Error::field(field, format!("{address} is not a contact of this thread's customers"));
    Error { code: codes::CONTACT_NOT_IN_THREAD, ..error }
}

/// The customer with this external id, created if unknown. If another transaction creates it at the same moment, the
/// insert waits for that one, and its customer is found.
pub(crate) async fn named_customer(
    tx: &mut Tx,
    inner: &Inner,
    project: ProjectId,
    external: &str,
    now: Timestamp,
) -> Result<CustomerId> {
    if let Some(id) = customers::find_by_external_id(tx, project, external).await? {
        return Ok(id);
    }
    let id = CustomerId(inner.clock.id());
    if customers::insert(tx, &Customer::new(project, id, Some(external.into()), now)).await? {
        return Ok(id);
    }
    let found = customers::find_by_external_id(tx, project, external).await?;
    found.ok_or_else(|| Error::internal("customers.external_id: one that was there is gone"))
}

/// The contact with this address, and whether it is new. A new one belongs to `owner`, or to a new customer.
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
        customers::insert(tx, &Customer::new(project, customer, None, journal.now)).await?;
    }
    Ok((made, true))
}
