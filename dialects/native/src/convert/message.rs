//! Messages on their way out.

use std::collections::HashMap;

use domain::{author, message, message::Part};
use engine::app::messages::{beside::BesideMessages, search};
use uuid::Uuid;

use crate::wire::{self, Id};

/// A message that a search for the text found.
pub fn hit(message: message::Message, text: &str) -> wire::MessageHit {
    let places = search::places(&message, text).into_iter();
    let places = places.map(|search::Place { part, start, end }| wire::Place { part, start, end }).collect();
    wire::MessageHit { message: self::message(message), places }
}

/// The message, without what stands beside it.
pub fn message(message: message::Message) -> wire::Message {
    let body = message.body;
    wire::Message {
        id: Id(message.id.0),
        thread: Id(message.thread.0),
        seq: message.seq,
        role: message.role,
        author: author(message.author),
        thinking: thinking(&body),
        content: body.content.into_iter().map(part).collect(),
        controls: Some(body.controls).filter(|controls| !controls.is_empty()).map(Into::into),
        metadata: body.metadata,
        tags: body.tags,
        external_actor: body.external_actor.map(external_actor),
        addressed_to: body.addressed_to,
        envelope: body.envelope.map(Into::into),
        door: body.door,
        client_id: body.client_id,
        when_busy: body.when_busy,
        interrupted: body.interrupted,
        error_code: body.error_code,
        model: body.model,
        turn: message.turn.map(|id| Id(id.0)),
        delivery: None,
        receipt: None,
        created_at: message.at,
    }
}

/// The messages, each with the newest of its deliveries, and how it stands.
pub fn messages(messages: Vec<message::Message>, beside: BesideMessages) -> Vec<wire::Message> {
    let mut shown: Vec<wire::Message> = messages.into_iter().map(message).collect();
    let places: HashMap<Uuid, usize> = shown.iter().enumerate().map(|(i, message)| (message.id.0, i)).collect();
    for delivery in beside.deliveries {
        if let Some(i) = places.get(&delivery.message.0) {
            shown[*i].delivery = Some(delivery.into());
        }
    }
    for (id, receipt) in beside.receipts {
        if let Some(i) = places.get(&id.0) {
            shown[*i].receipt = Some(receipt.into());
        }
    }
    shown
}

pub fn author(author: author::Author) -> wire::Author {
    match author {
        author::Author::Key { key } => wire::Author::Key { key: Id(key.0) },
        author::Author::Member { member, email, name, impersonated_by } => {
            let (member, impersonated_by) = (Id(member.0), impersonated_by.map(|key| Id(key.0)));
            wire::Author::Member { member, email, name, impersonated_by }
        }
        author::Author::Customer { customer, contact, address } => {
            wire::Author::Customer { customer: Id(customer.0), contact: contact.map(|contact| Id(contact.0)), address }
        }
        author::Author::Guest {} => wire::Author::Guest {},
        author::Author::Agent { agent } => wire::Author::Agent { agent: Id(agent.0) },
    }
}

fn part(part: Part) -> wire::Part {
    match part {
        Part::Text { text } => wire::Part::Text { text },
        Part::Thinking { text, .. } => wire::Part::Thinking { text },
        Part::Image { url, attachment, media_type } => {
            wire::Part::Image { url, attachment: attachment.map(|id| Id(id.0)), media_type }
        }
        Part::ImageFile { attachment, filename } => wire::Part::ImageFile { attachment: Id(attachment.0), filename },
        Part::File { attachment, name, media_type, size_bytes } => {
            wire::Part::File { attachment: Id(attachment.0), name, media_type, size_bytes }
        }
        Part::Link { url } => wire::Part::Link { url },
        Part::ToolCall(call) => wire::Part::ToolCall(tool_call(call)),
        Part::ToolResult(result) => wire::Part::ToolResult(wire::ToolResult {
            tool_call_id: result.tool_call_id,
            result: result.result,
            error: result.error,
        }),
    }
}

pub fn tool_call(call: message::ToolCall) -> wire::ToolCall {
    wire::ToolCall { id: call.id, name: call.name, arguments: call.arguments }
}

fn thinking(body: &message::Body) -> Option<wire::Thinking> {
    let (text, signature) = (body.thinking(), body.thinking_signature().map(str::to_owned));
    (text.is_some() || signature.is_some()).then(|| wire::Thinking { text: text.unwrap_or_default(), signature })
}

fn external_actor(actor: author::ExternalActor) -> wire::ExternalActor {
    wire::ExternalActor {
        actor_id: actor.actor_id,
        source: actor.source,
        actor_name: actor.actor_name,
        metadata: actor.metadata,
    }
}
