//! Between Capy's words and the domain's.

use dialect_kit::json::Source;
use domain::{
    Error, Limits, Result, SnapshotId, ThreadId,
    controls::{self, Controls},
    error::Field,
    message::{Body, Message, Part, Role},
    snapshot::Snapshot,
    turn::Policy,
};
use engine::{
    Origin, OriginKind,
    app::messages::{Send, WhenClosed},
    app::snapshots::NewSnapshot,
};

use crate::wire;

/// A message as the engine takes it. It waits while a turn runs, and reopens a closed thread.
///
/// # Errors
/// `invalid` for an address longer than any member's, or a snapshot's id that is none.
pub fn send(thread: ThreadId, body: wire::SendThreadMessageBody, source: &Source, limits: &Limits) -> Result<Send> {
    let impersonate = body.impersonate_user_email.map(|email| email.0);
    if impersonate.as_ref().is_some_and(|email| email.len() as u64 > limits.address_chars) {
        return Err(Error::field(
            "impersonateUserEmail",
            format!("must have at most {} characters", limits.address_chars),
        ));
    }
    let controls = Controls {
        model: body.model.map(|model| model.0),
        speed: body.speed.map(speed),
        reasoning: body.reasoning.map(reasoning),
        build_model: body.build_model.map(|model| model.0),
        build_speed: body.build_speed.map(speed),
        build_reasoning: body.build_reasoning.map(reasoning),
        browser_snapshots: snapshot_ids(body.browser_snapshot_ids.unwrap_or_default())?,
        ..Controls::default()
    };
    let links = body.attachment_urls.unwrap_or_default().into_iter().map(|uri| Part::Link { url: uri.0 });
    let client_id = body.message_id.map(|key| key.0);
    let origin = client_id.clone().map(|key| Origin {
        kind: OriginKind::Client,
        operation: "",
        key,
        fingerprint: source.fingerprint("capy.sendThreadMessage"),
    });
    let body = Body {
        content: std::iter::once(Part::Text { text: body.message.0 }).chain(links).collect(),
        controls,
        door: Some("capy".into()),
        client_id,
        when_busy: body.mode.map(policy),
        ..Body::default()
    };
    Ok(Send { impersonate, origin, when_closed: WhenClosed::Reopen, ..Send::new(thread, body, Policy::Queue) })
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
        let unknown = || Error::field(format!("browserSnapshotIds.{at}"), "is no browser snapshot of this project");
        SnapshotId::parse(&id).ok_or_else(|| Error { code: "snapshot_not_found", ..unknown() })
    };
    ids.into_iter().enumerate().map(parse).collect()
}

/// The refusal of a message with its fields under the names that Capy's body has for them.
pub fn in_wire_names(mut error: Error) -> Error {
    for Field { path, .. } in &mut error.fields {
        *path = wire_name(path);
    }
    if let [Field { path, message }] = error.fields.as_slice() {
        error.message = format!("{path}: {message}");
    }
    error
}

fn wire_name(path: &str) -> String {
    let name = match path {
        "author" => "impersonateUserEmail",
        "browser_snapshots" | "controls.browser_snapshots" => "browserSnapshotIds",
        "controls.model" => "model",
        "controls.build_model" => "buildModel",
        // The text is one part; too many parts are too many links.
        "content" => "attachmentUrls",
        other => return link_name(other).unwrap_or_else(|| other.into()),
    };
    name.into()
}

/// The links follow the text, which is part 0: `content.2.url` is `attachmentUrls.1`.
fn link_name(path: &str) -> Option<String> {
    let at: usize = path.strip_prefix("content.")?.strip_suffix(".url")?.parse().ok()?;
    at.checked_sub(1).map(|link| format!("attachmentUrls.{link}"))
}

/// A message as it is listed: a member's words towards a customer are the agent's side of the thread.
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

pub fn new_snapshot(body: wire::CreateBrowserSnapshotBody) -> NewSnapshot {
    NewSnapshot {
        name: body.name,
        state: body.storage_state,
        is_default: body.is_default.unwrap_or(false),
        is_private: body.is_private.unwrap_or(false),
    }
}

/// The snapshot without its state.
pub fn snapshot(snapshot: Snapshot) -> wire::BrowserSnapshotDetail {
    wire::BrowserSnapshotDetail {
        id: snapshot.id.to_string(),
        project_id: snapshot.project.to_string(),
        name: snapshot.name,
        domains: Some(snapshot.domains),
        is_private: snapshot.is_private,
        is_default: snapshot.is_default,
        created_at: snapshot.created_at,
        updated_at: snapshot.updated_at,
        storage_state: None,
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
