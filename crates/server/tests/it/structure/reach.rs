//! The native API is the whole system: it reaches every operation of the engine, or the reason stands here.

use std::collections::BTreeSet;

use super::source::files;

/// Operations that the native API does not reach, each with the reason.
const NOT_NATIVE: [(&str, &[&str]); 12] = [
    (
        "the server itself asks it",
        &[
            "authenticate",
            "bootstrap",
            "guest_origins",
            "has_keys",
            "holder_of_the_data",
            "is_origin_of",
            "knows_origin",
            "require_installation",
        ],
    ),
    ("`threadline secrets` runs it while the server does not run", &["reseal_secrets"]),
    ("the console shows it to people", &["condition", "follow_present", "list_agent_changes"]),
    ("it is a part of `fork_thread`", &["begin_fork"]),
    (
        "the native answer of a thread or a message has it",
        &[
            "agent_of",
            "deliveries",
            "describe_agent",
            "describe_given",
            "describe_thread",
            "extras_of",
            "email",
            "project",
            "reminder",
            "unfinished",
            "variables_of",
        ],
    ),
    (
        "a native list or a native change has the same, in another form",
        &[
            "begin_export",
            "close_thread_for",
            "create_ticket",
            "list_audit",
            "list_conversation",
            "list_events",
            "list_latest",
            "list_receipted",
            "member_of_address",
            "newest_question",
            "next_events",
            "next_messages",
            "overview",
            "overviews",
            "page_threads",
            "poll_messages",
            "put_agent",
            "reopen_thread_for",
            "search_agents",
            "search_threads",
            "search_tickets",
            "set_thread_tags",
            "stop_turns",
            "threads_that_say",
            "turn_stages",
        ],
    ),
    (
        "people without a key use it, and the native API is for keys",
        &[
            "admit_page",
            "arrive",
            "change_contact",
            "conversation",
            "conversations",
            "create_thread_for",
            "entry",
            "faces",
            "files_as_guest",
            "follow_typists",
            "identify",
            "join_identity",
            "log_out",
            "note_delivered",
            "note_read_up_to",
            "redeem_ticket",
            "renew_guest",
            "tell_typing",
            "upload_as_guest",
            "widget",
        ],
    ),
    (
        "Algoreg alone has e-mails, their people, and bearers in place of keys",
        &["correspondence", "correspondence_rest", "exchange_key", "file_email", "let_in_end_user"],
    ),
    (
        "Everruns alone has images beside attachments, and an attachment for a message",
        &["attachment_said", "delete_image", "list_images", "upload_image"],
    ),
    ("a browser at the console has no key", &["sign_in_by_link", "sign_in_with_key", "sign_out", "signed_in"]),
    ("dialect-kit downloads the bytes for the native API", &["attachment_bytes"]),
    ("it shows credentials, or counts by a vendor's rule", &["snapshot_with_state", "usage"]),
];

/// The names of the operations: public asynchronous methods of `App`, and of `Keyed`, which has them under an origin key.
fn operations() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for file in files().iter().filter(|file| file.path.starts_with("crates/engine/src/app")) {
        let mut is_within = false;
        for line in file.code_without_tests().lines() {
            if line.starts_with("impl") {
                is_within = ["impl App {", "impl Keyed<'_> {"].contains(&line.trim_end());
            }
            if let Some(name) = line.strip_prefix("    pub async fn ").filter(|_| is_within) {
                found.extend(name.split(['(', '<']).next().map(str::to_owned));
            }
        }
    }
    assert!(found.len() > 100, "{} operations, so they are not where they are looked for", found.len());
    found
}

#[test]
fn the_native_api_reaches_every_operation_or_the_reason_is_listed() {
    let files = files();
    let native = files.iter().filter(|file| file.path.starts_with("dialects/native/src"));
    let native: String = native.map(|file| file.code_without_tests()).collect();
    let reached = |name: &String| native.contains(&format!(".{name}("));
    let listed: BTreeSet<String> =
        NOT_NATIVE.iter().flat_map(|(_, names)| names.iter().map(|name| (*name).to_owned())).collect();
    let unreached: BTreeSet<String> = operations().into_iter().filter(|name| !reached(name)).collect();
    let missing: Vec<&String> = unreached.difference(&listed).collect();
    assert!(missing.is_empty(), "the native API does not reach {missing:?}: add them there, or a reason here");
    let stale: Vec<&String> = listed.difference(&unreached).collect();
    assert!(stale.is_empty(), "{stale:?} are reached, or are no operations: take them off the list");
}
