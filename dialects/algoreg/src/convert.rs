//! Between Algoreg's words and the domain's.

use dialect_kit::Given;
use domain::{
    AttachmentId, Error, Result, ThreadId,
    author::Author,
    envelope::Envelope,
    message::{Body, Message, Part, Role},
    reminder::{Delivery, DeliveryState},
};
use engine::{
    Origin, OriginKind,
    app::{
        correspondence::Correspondence,
        letters::{Letter, NewFile, NewReminder},
    },
};

use crate::wire;

/// The sender's name for a message, and what it was sent with.
pub fn origin(ext_msg_id: String, fingerprint: [u8; 32]) -> Origin {
    Origin { kind: OriginKind::External, operation: "", key: ext_msg_id, fingerprint }
}

/// # Errors
/// `not_found` for a thread's id of a wrong form; `invalid` for a list of addresses or a file that is none.
pub fn letter(input: wire::MessageInput, origin: Option<Origin>) -> Result<Letter> {
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
    Ok(Letter {
        thread: input.thread_id.as_deref().map(thread_id).transpose()?,
        body: Body { content, envelope: Some(envelope), door: Some("algoreg".into()), ..Body::default() },
        reminder: reminder(input.set_reminder),
        files: files.map(|(i, sent)| file(i, sent)).collect::<Result<_>>()?,
        origin,
    })
}

/// An id of a wrong form is the id of no thread.
///
/// # Errors
/// `not_found`.
pub fn thread_id(text: &str) -> Result<ThreadId> {
    ThreadId::parse(text).ok_or_else(thread_not_found)
}

pub fn thread_not_found() -> Error {
    Error::not_found("thread_not_found", "Thread")
}

fn reminder(sent: Given<wire::ThreadReminderInput>) -> Option<Option<NewReminder>> {
    match sent {
        Given::Absent => None,
        Given::Null => Some(None),
        Given::Value(new) => Some(Some(NewReminder { delay_s: new.delay, number_left: new.number_left })),
    }
}

fn file(i: usize, sent: wire::MessageInputAttachment) -> Result<NewFile> {
    let bytes = sent.file.0.ok_or_else(|| {
        let words = "must be Base64 of the standard alphabet, with padding and without white space";
        Error { code: "attachment_invalid", ..Error::field(format!("attachments.{i}.file"), words) }
    })?;
    Ok(NewFile { name: sent.name, bytes })
}

/// One string, its addresses separated by commas or semicolons outside of quotes; one may stand at the end. What an address
/// is, the engine says.
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

pub fn messages(page: &Correspondence) -> wire::Messages {
    wire::Messages { messages: page.messages.iter().map(|one| message(page, one)).collect(), total: page.total }
}

fn message(page: &Correspondence, message: &Message) -> wire::Message {
    let nothing = Envelope::default();
    let envelope = message.body.envelope.as_ref().unwrap_or(&nothing);
    let delivery = page.deliveries.iter().rfind(|delivery| delivery.message == message.id);
    wire::Message {
        agent_id: agent_id(page, message),
        attachments: message.body.content.iter().filter_map(|part| attachment(page, part)).collect(),
        bcc: list(&envelope.bcc),
        cc: list(&envelope.cc),
        content: text(&message.body),
        created_at: message.at,
        delivery: delivery.map(|delivery| delivery.state.as_str()),
        error_when_trying_to_send: delivery.and_then(send_error),
        external_message_id: envelope.external_id.clone(),
        from: envelope.from.clone().or_else(|| address(&message.author)),
        id: message.id.to_string(),
        mailbox_id: envelope.mailbox.clone(),
        origin: message.body.door.clone(),
        priority: envelope.priority.unwrap_or(0),
        raw_message: None,
        read_by_agents: page
            .agent_numbers
            .get(&page.thread.agent)
            .filter(|_| envelope.read == Some(true))
            .copied()
            .into_iter()
            .collect(),
        reply_to_external_message_id: envelope.reply_to_external_id.clone(),
        subject: envelope.subject.clone(),
        to: list(&envelope.to),
    }
}

/// What a person or a program says towards a customer, it says for the thread's agent.
fn agent_id(page: &Correspondence, message: &Message) -> Option<i64> {
    let agent = match (message.role, &message.author) {
        (Role::User, _) => return None,
        (_, Author::Agent { agent }) => *agent,
        (_, _) => page.thread.agent,
    };
    page.agent_numbers.get(&agent).copied()
}

fn address(author: &Author) -> Option<String> {
    match author {
        Author::Customer { address, .. } => address.clone(),
        Author::Member { email, .. } => Some(email.clone()),
        Author::Key { .. } | Author::Guest {} | Author::Agent { .. } => None,
    }
}

fn list(addresses: &[String]) -> Option<String> {
    (!addresses.is_empty()).then(|| addresses.join(", "))
}

fn send_error(delivery: &Delivery) -> Option<String> {
    match delivery.state {
        DeliveryState::Failed => Some("The message could not be delivered".into()),
        DeliveryState::Pending | DeliveryState::Sent => None,
    }
}

/// The message as text. Parts that stand among the attachments are not named once more.
fn text(body: &Body) -> String {
    let content = body.content.iter().filter(|part| attached(part).is_none()).cloned().collect();
    Body { content, ..Body::default() }.plain_text()
}

/// The stored bytes that a part stands for.
fn attached(part: &Part) -> Option<AttachmentId> {
    match part {
        Part::File { attachment, .. } | Part::ImageFile { attachment, .. } => Some(*attachment),
        Part::Image { attachment, .. } => *attachment,
        Part::Text { .. } | Part::Link { .. } | Part::ToolCall(_) | Part::ToolResult(_) => None,
    }
}

fn attachment(page: &Correspondence, part: &Part) -> Option<wire::Attachment> {
    let id = attached(part)?;
    let (name, media_type, size) = match part {
        Part::File { name, media_type, size_bytes, .. } => (name, media_type, *size_bytes),
        _ => {
            let picture = page.pictures.iter().find(|picture| picture.id == id)?;
            (&picture.name, &picture.media_type, picture.size_bytes)
        }
    };
    Some(wire::Attachment {
        attachment_movements: wire::AttachmentMovements::default(),
        file_mime: media_type.clone(),
        file_name: name.clone(),
        file_not_dangerous: None,
        file_size: size,
        file_type: media_type.split('/').next().unwrap_or_default().into(),
        id: id.to_string(),
    })
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
