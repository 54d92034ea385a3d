//! Converts between Capy's types and the domain's.

mod filter;
mod project;
mod snapshot;
mod tag;
mod thread;
mod usage;

use dialect_kit::{IdempotencyKey, fields::Text, json::Source};
use domain::{
    Error, Limits, Result, SnapshotId, ThreadId, codes,
    controls::{self, Controls, Policy},
    error::Field,
    message::{Body, Message, Part, Role},
};
use engine::{
    App, OriginKind,
    app::messages::{Send, WhenClosed},
};

use crate::wire::{
    self,
    field::{Email, Model, Uri},
};

pub use filter::{Wanted, wanted};
pub use project::project;
pub use snapshot::{detail as snapshot, listed as listed_snapshot, new as new_snapshot, patch as snapshot_patch};
pub use tag::{known as known_tag, tag, tags};
pub use thread::{beginning, begun, status, thread};
pub use usage::{usage, usage_query};

/// The operation's name in stored fingerprints.
const SEND: &str = "capy.sendThreadMessage";

/// The message for the engine. It waits while a turn runs, and reopens a closed thread.
///
/// # Errors
/// `invalid` for an address longer than any member's, a model of another revision, or a malformed snapshot id.
pub fn send(
    app: &App,
    thread: ThreadId,
    body: wire::SendThreadMessageBody,
    source: &Source,
    key: IdempotencyKey,
) -> Result<Send> {
    let chosen = Chosen {
        model: body.model,
        speed: body.speed,
        reasoning: body.reasoning,
        build_model: body.build_model,
        build_speed: body.build_speed,
        build_reasoning: body.build_reasoning,
    };
    let client_id = body.message_id.map(|key| key.0);
    let origin = match client_id.clone() {
        Some(name) => Some(key.of_message(OriginKind::Client, name, source.fingerprint_of_body(SEND))),
        None => key.with_body(SEND, source),
    };
    let body_said = Body {
        controls: chosen.controls(app, body.browser_snapshot_ids)?,
        client_id,
        when_busy: body.mode.map(policy),
        ..said(body.message, body.attachment_urls)
    };
    Ok(Send {
        impersonate: body.impersonate_user_email.map(|email| member(email, app.limits())).transpose()?,
        origin,
        when_closed: WhenClosed::Reopen,
        default_snapshots: true,
        ..Send::new(thread, body_said, Policy::Queue)
    })
}

/// A text, followed by links.
fn said(text: Text, links: Option<Vec<Uri>>) -> Body {
    let links = links.unwrap_or_default().into_iter().map(|uri| Part::Link { url: uri.0 });
    let content = std::iter::once(Part::Text { text: text.0 }).chain(links).collect();
    Body { content, door: Some("capy".into()), ..Body::default() }
}

/// The address of the member for whom a key speaks or acts.
///
/// # Errors
/// `invalid` for an address longer than any member's.
pub fn member(email: Email, limits: &Limits) -> Result<String> {
    match email.0.len() as u64 <= limits.address_chars {
        true => Ok(email.0),
        false => {
            Err(Error::field("impersonateUserEmail", format!("must have at most {} characters", limits.address_chars)))
        }
    }
}

/// The settings that a message, or the first message of a thread, chooses for its turn.
struct Chosen {
    model: Option<Model>,
    speed: Option<wire::Speed>,
    reasoning: Option<wire::Reasoning>,
    build_model: Option<Model>,
    build_speed: Option<wire::Speed>,
    build_reasoning: Option<wire::Reasoning>,
}

impl Chosen {
    fn controls(self, app: &App, snapshots: Option<Vec<String>>) -> Result<Controls> {
        Ok(Controls {
            model: model("model", self.model, app)?,
            speed: self.speed.map(speed),
            reasoning: self.reasoning.map(reasoning),
            build_model: model("buildModel", self.build_model, app)?,
            build_speed: self.build_speed.map(speed),
            build_reasoning: self.build_reasoning.map(reasoning),
            browser_snapshots: snapshots.map(snapshot_ids).transpose()?,
            ..Controls::default()
        })
    }
}

/// # Errors
/// `invalid` for a model of another revision, unless the operator allows them.
fn model(field: &str, chosen: Option<Model>, app: &App) -> Result<Option<String>> {
    match chosen {
        Some(model) if model.is_former() => app.former_model(field),
        chosen => Ok(chosen.map(|model| model.0)),
    }
}

fn speed(speed: wire::Speed) -> controls::Speed {
    match speed {
        wire::Speed::Fast => controls::Speed::Fast,
        wire::Speed::Standard => controls::Speed::Standard,
    }
}

fn reasoning(reasoning: wire::Reasoning) -> controls::Reasoning {
    use wire::ReasoningMode as Mode;
    match reasoning.mode {
        Mode::Off => controls::Reasoning::Off,
        Mode::On => controls::Reasoning::On,
        Mode::None => controls::Reasoning::None,
        Mode::Minimal => controls::Reasoning::Minimal,
        Mode::Low => controls::Reasoning::Low,
        Mode::Medium => controls::Reasoning::Medium,
        Mode::High => controls::Reasoning::High,
        Mode::Xhigh => controls::Reasoning::Xhigh,
        Mode::Max => controls::Reasoning::Max,
    }
}

fn policy(mode: wire::Mode) -> Policy {
    match mode {
        wire::Mode::Interrupt => Policy::Interrupt,
        wire::Mode::Queue => Policy::Queue,
    }
}

fn snapshot_ids(ids: Vec<String>) -> Result<Vec<SnapshotId>> {
    let parse = |(at, id): (usize, String)| {
        let unknown = || Error::field(format!("browserSnapshotIds.{at}"), "is not a browser snapshot of this project");
        SnapshotId::parse(&id).ok_or_else(|| Error { code: codes::SNAPSHOT_NOT_FOUND, ..unknown() })
    };
    ids.into_iter().enumerate().map(parse).collect()
}

/// Renames the fields of an error about a message to those of Capy's body.
pub fn in_wire_names(mut error: Error) -> Error {
    for Field { path, message, takes } in &mut error.fields {
        *path = wire_name(path);
        if path == "speed" && !takes.is_empty() {
            takes.retain(|word| matches!(*word, "fast" | "standard"));
            *message = format!("must be a word that the model takes: {}", takes.join(", "));
        }
    }
    if let [Field { path, message, .. }] = error.fields.as_slice() {
        error.message = format!("{path}: {message}");
    }
    error
}

fn wire_name(path: &str) -> String {
    // A thread and its first message are one body here.
    let path = path.strip_prefix("message.").unwrap_or(path);
    let name = match path {
        "author" => "impersonateUserEmail",
        "browser_snapshots" | "controls.browser_snapshots" => "browserSnapshotIds",
        "controls.model" => "model",
        "controls.build_model" => "buildModel",
        "controls.reasoning" => "reasoning.mode",
        "controls.speed" => "speed",
        // A thread's metadata contains its repositories.
        "metadata" => "repos",
        // The text is one part, so too many parts are too many links.
        "content" => "attachmentUrls",
        other => return link_name(other).unwrap_or_else(|| other.into()),
    };
    name.into()
}

/// Links follow the text, which is part 0: `content.2.url` is `attachmentUrls.1`.
fn link_name(path: &str) -> Option<String> {
    let at: usize = path.strip_prefix("content.")?.strip_suffix(".url")?.parse().ok()?;
    at.checked_sub(1).map(|link| format!("attachmentUrls.{link}"))
}

/// A listed message. A member's message to a customer belongs to the agent's side of the thread.
pub fn listed(message: &Message) -> wire::ListedMessage {
    wire::ListedMessage {
        id: message.id.to_string(),
        source: match message.role {
            Role::User => wire::Source::User,
            Role::Agent | Role::Tool => wire::Source::Assistant,
        },
        content: message.body.plain_text(),
        created_at: message.at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_field_has_the_name_that_the_client_sent() {
        for (path, expected) in [
            ("author", "impersonateUserEmail"),
            ("content", "attachmentUrls"),
            ("content.1.url", "attachmentUrls.0"),
            ("content.20.url", "attachmentUrls.19"),
            ("browser_snapshots", "browserSnapshotIds"),
            ("controls.browser_snapshots", "browserSnapshotIds"),
        ] {
            let error = in_wire_names(Error::field(path, "is wrong"));
            assert_eq!(error.fields[0].path, expected);
            assert_eq!(error.message, format!("{expected}: is wrong"));
        }
    }
}
