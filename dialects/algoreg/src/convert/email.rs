//! Converts incoming messages.

use dialect_kit::Given;
use domain::{
    Error, Result, codes,
    envelope::Envelope,
    message::{Body, Part},
};
use engine::{
    Origin,
    app::{
        messages::amend::MessagePatch,
        reminders::NewReminder,
        tickets::file::{Email, NewFile},
    },
};

use super::thread_id;
use crate::wire;

/// # Errors
/// `not_found` for a malformed thread id; `invalid` for a malformed list of addresses or file.
pub fn email(input: wire::MessageInput, origin: Option<Origin>) -> Result<Email> {
    let envelope = Envelope {
        from: input.from,
        from_customer_id: input.from_customer_id,
        to: addresses("to", input.to.as_deref())?,
        cc: addresses("cc", input.cc.as_deref())?,
        bcc: addresses("bcc", input.bcc.as_deref())?,
        subject: input.subject,
        mailbox: input.mailbox_id,
        external_id: input.ext_msg_id,
        reply_to_external_id: input.reply_to_ext_msg_id,
        priority: input.priority,
        read: input.read,
        delivery_requested: input.delivery.map(|delivery| delivery.0),
    };
    let text = input.content.filter(|text| !text.is_empty()).map(|text| Part::Text { text });
    let content = text.into_iter().collect();
    let files = input.attachments.unwrap_or_default().into_iter().enumerate();
    Ok(Email {
        thread: input.thread_id.as_deref().map(thread_id).transpose()?,
        body: Body { content, envelope: Some(envelope), door: Some("algoreg".into()), ..Body::default() },
        reminder: reminder(input.set_reminder),
        files: files.map(|(i, sent)| file(i, sent)).collect::<Result<_>>()?,
        origin,
    })
}

/// The engine's names of a message's fields, each with this API's name.
const FIELDS: &[(&str, &str)] = &[
    ("envelope.external_id", "ext_msg_id"),
    ("envelope.reply_to_external_id", "reply_to_ext_msg_id"),
    ("envelope.mailbox", "mailbox_id"),
    ("envelope.delivery_requested", "delivery"),
    ("envelope.from", "from"),
    ("envelope.from_customer_id", "from_customer_id"),
    ("envelope.to", "to"),
    ("envelope.cc", "cc"),
    ("envelope.bcc", "bcc"),
    ("envelope.subject", "subject"),
    ("reminder.delay_s", "set_reminder.delay"),
    ("reminder", "set_reminder"),
];

/// The engine's error about a message, with this API's field names.
pub fn refusal(error: Error) -> Error {
    let file = error.fields.first().and_then(|field| field.path.strip_prefix("files.")?.strip_suffix(".bytes"));
    match file.map(|i| (format!("files.{i}.bytes"), format!("attachments.{i}.file"))) {
        Some((bytes, file)) => error.renamed(&[(&bytes, &file)]),
        None => error.renamed(FIELDS).renamed(&[("files", "attachments")]),
    }
}

pub(super) fn reminder(sent: Given<wire::ThreadReminderInput>) -> Option<Option<NewReminder>> {
    match sent {
        Given::Absent => None,
        Given::Null => Some(None),
        Given::Value(new) => Some(Some(NewReminder { delay_s: new.delay, number_left: new.number_left })),
    }
}

pub fn patch(update: wire::MessageUpdate) -> MessagePatch {
    MessagePatch {
        text: update.content,
        subject: update.subject,
        delivery_requested: update.delivery.map(|delivery| delivery.0),
        priority: update.priority,
        read: update.read,
    }
}

fn file(i: usize, sent: wire::MessageInputAttachment) -> Result<NewFile> {
    let bytes = sent.file.0.ok_or_else(|| {
        let words = "must be Base64 of the standard alphabet, with padding and without white space";
        Error { code: codes::ATTACHMENT_INVALID, ..Error::field(format!("attachments.{i}.file"), words) }
    })?;
    Ok(NewFile { name: sent.name, bytes })
}

/// Splits a string at commas or semicolons outside of quotes; one may be at the end. The engine checks each address.
fn addresses(field: &str, list: Option<&str>) -> Result<Vec<String>> {
    let Some(list) = list else { return Ok(Vec::new()) };
    let mut quoted = false;
    let separates = |c: char| {
        quoted ^= c == '"';
        !quoted && matches!(c, ',' | ';')
    };
    let mut addresses: Vec<String> = list.split(separates).map(|one| one.trim_matches(' ').to_owned()).collect();
    if addresses.len() > 1 && addresses.last().is_some_and(String::is_empty) {
        addresses.pop();
    }
    match addresses.iter().any(String::is_empty) {
        true => Err(Error::field(field, "must be e-mail addresses separated by commas or semicolons")),
        false => Ok(addresses),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_addresses_is_split_outside_of_quotes() {
        let check = |list: &str, expect: Option<&[&str]>| {
            let read = addresses("to", Some(list)).ok();
            assert_eq!(
                read.as_deref(),
                expect.map(|all| all.iter().map(|a| (*a).into()).collect::<Vec<String>>()).as_deref(),
                "{list}"
            );
        };
        check("a@b", Some(&["a@b"]));
        check("a@b, c@d;e@f", Some(&["a@b", "c@d", "e@f"]));
        check("a@b;", Some(&["a@b"]));
        check("a@b , ", Some(&["a@b"]));
        check(r#""Lee, Ann" <a@b>; c@d"#, Some(&[r#""Lee, Ann" <a@b>"#, "c@d"]));
        check(r#""Lee, Ann <a@b>, c@d"#, Some(&[r#""Lee, Ann <a@b>, c@d"#]));
        check("", None);
        check(" ", None);
        check(",", None);
        check("a@b,,c@d", None);
        check(";a@b", None);
        check("a@b,;", None);
    }
}
