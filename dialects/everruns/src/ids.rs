//! The form of ids: a prefix and the 32 hex digits of the UUID.

use domain::{AgentId, AttachmentId, CustomerId, MessageId, ModelId, ProjectId, ThreadId, TurnId, id};
use uuid::Uuid;

/// The only harness, because sessions and steps must name one.
pub const HARNESS: &str = "harness_00000000000000000000000000000001";
/// The id of the built-in harness in the vendor's clients. It is the same harness.
const VENDORS_HARNESS: &str = "harness_01933b5a000070008000000000000602";

/// Tells whether the text is an id of the harness.
pub fn is_harness(text: &str) -> bool {
    [HARNESS, VENDORS_HARNESS].contains(&text)
}

pub fn session(id: ThreadId) -> String {
    id.prefixed("session_")
}

pub fn message(id: MessageId) -> String {
    id.prefixed("message_")
}

pub fn turn(id: TurnId) -> String {
    id.prefixed("turn_")
}

/// The id of a public name of a model. `None` for `scripted`, which only agents of other dialects have.
pub fn model_named(name: &str) -> Option<String> {
    (name != domain::model::SCRIPTED).then(|| model(domain::model::id(name)))
}

pub fn model(id: ModelId) -> String {
    id.prefixed("model_")
}

pub fn image(id: AttachmentId) -> String {
    id.prefixed("img_")
}

pub fn agent(id: AgentId) -> String {
    id.prefixed("agent_")
}

pub fn organization(id: ProjectId) -> String {
    id.prefixed("org_")
}

/// A session has its own files, and so its own workspace.
pub fn workspace(id: ThreadId) -> String {
    id.prefixed("wsp_")
}

/// The owner of a project's things is the project.
pub fn principal(id: ProjectId) -> String {
    id.prefixed("principal_")
}

pub fn file(id: AttachmentId) -> String {
    id.prefixed("file_")
}

/// An end user of an agent's program.
pub fn virtual_user(id: CustomerId) -> String {
    id.prefixed("virtual_user_")
}

/// A session's id in either of its forms, or the plain one.
pub fn parse_session(text: &str) -> Option<ThreadId> {
    parse("session_", text).or_else(|| parse("sess_", text)).map(ThreadId)
}

pub fn parse_agent(text: &str) -> Option<AgentId> {
    parse("agent_", text).map(AgentId)
}

pub fn parse_turn(text: &str) -> Option<TurnId> {
    parse("turn_", text).map(TurnId)
}

pub fn parse_model(text: &str) -> Option<ModelId> {
    parse("model_", text).map(ModelId)
}

pub fn parse_image(text: &str) -> Option<AttachmentId> {
    parse("img_", text).map(AttachmentId)
}

pub fn parse_file(text: &str) -> Option<AttachmentId> {
    parse("file_", text).map(AttachmentId)
}

/// Tells whether the text has the form of a participant's id.
pub fn is_participant(text: &str) -> bool {
    parse("part_", text).is_some()
}

/// The vendor's documentation has examples with 31 hex digits. They are accepted as well-formed, although no such id
/// was ever issued: they become the nil UUID, which is unknown.
fn parse(prefix: &str, text: &str) -> Option<Uuid> {
    let Some(hex) = text.strip_prefix(prefix) else { return id::plain(text) };
    let example = hex.len() == 31 && id::simple(&format!("0{hex}")).is_some();
    if example { Some(Uuid::nil()) } else { id::simple(hex) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "01933b5a000070008000000000000001";

    #[test]
    fn an_id_is_read_in_each_spelling_and_in_no_other() {
        let id = ThreadId(Uuid::from_u128(0x0193_3b5a_0000_7000_8000_0000_0000_0001));
        assert_eq!(session(id), format!("session_{HEX}"));
        for good in [session(id), format!("sess_{HEX}"), id.to_string()] {
            assert_eq!(parse_session(&good), Some(id), "{good}");
        }
        for bad in ["", "session_", HEX, &format!("SESSION_{HEX}"), &format!("jam_{HEX}"), &format!("session_{HEX}0")] {
            assert_eq!(parse_session(bad), None, "{bad}");
        }
        assert_eq!(parse_session(&format!("session_{}", HEX.to_uppercase().replace('0', "A"))), None);
    }

    #[test]
    fn the_documented_examples_are_well_formed_and_name_nothing() {
        assert_eq!(parse_model("model_01933b5a00007000800000000000001"), Some(ModelId(Uuid::nil())));
        assert_eq!(parse_image("img_01933b5a00007000800000000000001"), Some(AttachmentId(Uuid::nil())));
        assert_eq!(parse_image("img_01933b5a0000700080000000000000g"), None);
    }
}
