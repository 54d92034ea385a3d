//! Checks of an e-mail message before anything is stored.

use domain::{Caller, Error, Limits, Result, caller::Subject, codes, envelope::Envelope};

use super::{Email, NewFile};
use crate::{app::reminders, validate};

/// Sender and recipients of a message, with bare addresses in lower case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parties {
    /// The project's own id of the customer who wrote the message.
    pub customer: Option<String>,
    pub from: Option<String>,
    /// Field and address, in the order of the envelope.
    pub recipients: Vec<(&'static str, String)>,
}

/// # Errors
/// `forbidden` for a field that only the project may set, and for a guest, who sends no e-mail.
pub(crate) fn bound(caller: &Caller, email: &Email) -> Result<()> {
    let envelope = email.body.envelope.as_ref();
    let named = envelope.is_some_and(|one| one.external_id.is_some() || one.reply_to_external_id.is_some());
    let plain = envelope.is_none_or(|one| one.bcc.is_empty() && one.delivery_requested.is_none());
    let theirs = email.reminder.is_none() && email.origin.is_none() && !named && plain;
    match caller.subject {
        Subject::Project => Ok(()),
        Subject::Customer(_) if theirs => Ok(()),
        Subject::Customer(_)
        | Subject::Thread(_)
        | Subject::Agent(_)
        | Subject::EndUser { .. }
        | Subject::ExternalAgent
        | Subject::Attempt { .. } => {
            Err(Error::forbidden("This token may send text and files to the project, but must not set anything else"))
        }
    }
}

/// # Errors
/// `invalid`, naming the field.
pub(crate) fn email(email: &Email, limits: &Limits) -> Result<Parties> {
    let nobody = Envelope::default();
    let envelope = email.body.envelope.as_ref().unwrap_or(&nobody);
    validate::envelope(envelope, limits)?;
    names(envelope, limits)?;
    validate::json_bytes("envelope.delivery_requested", &envelope.delivery_requested, limits.metadata_bytes)?;
    validate::at_most("files", "attachments", email.files.len(), limits.attachments)?;
    email.files.iter().enumerate().try_for_each(|(i, one)| file(i, one, limits))?;
    if email.body.content.is_empty() && email.files.is_empty() {
        return Err(Error::field("content", "a message needs content or attachments"));
    }
    if let Some(Some(new)) = email.reminder {
        reminders::check("reminder", new, limits)?;
    }
    parties(envelope, limits)
}

/// Checks the external ids: one visible line each, without line breaks (`validate::envelope`).
fn names(envelope: &Envelope, limits: &Limits) -> Result<()> {
    for (field, name, chars_max) in [
        ("envelope.external_id", &envelope.external_id, limits.origin_key_chars),
        ("envelope.reply_to_external_id", &envelope.reply_to_external_id, limits.origin_key_chars),
        ("envelope.mailbox", &envelope.mailbox, limits.address_chars),
        ("envelope.from_customer_id", &envelope.from_customer_id, limits.customer_id_chars),
    ] {
        name.as_deref().map_or(Ok(()), |name| validate::identifier(field, name, chars_max))?;
    }
    Ok(())
}

/// Folders in a name are allowed, because some programs send whole paths; the stored name has none. Refused are
/// characters that break or hide the rest of a line, and names that would have to be shortened.
fn file(i: usize, file: &NewFile, limits: &Limits) -> Result<()> {
    let name = format!("files.{i}.name");
    validate::identifier(&name, &file.name, limits.attachment_name_chars)
        .map_err(|error| Error { code: codes::ATTACHMENT_INVALID, ..error })?;
    if file.bytes.is_empty() {
        let error = Error::field(format!("files.{i}.bytes"), "must not be empty");
        return Err(Error { code: codes::ATTACHMENT_INVALID, ..error });
    }
    match file.bytes.len() as u64 <= limits.upload_bytes {
        true => Ok(()),
        false => Err(Error::too_large(format!("The attachment {i} is larger than {} bytes", limits.upload_bytes))),
    }
}

fn parties(envelope: &Envelope, limits: &Limits) -> Result<Parties> {
    let from = envelope.from.as_deref().map(|from| validate::address("envelope.from", from, limits)).transpose()?;
    let mut recipients = Vec::new();
    for (field, addresses) in
        [("envelope.to", &envelope.to), ("envelope.cc", &envelope.cc), ("envelope.bcc", &envelope.bcc)]
    {
        for one in addresses {
            recipients.push((field, validate::address(field, one, limits)?));
        }
    }
    Ok(Parties { customer: envelope.from_customer_id.clone(), from, recipients })
}
