//! Agents, from the command line.

use crate::process::{Server, write};

#[test]
fn an_agent_is_made_changed_and_archived() {
    let server = Server::start();
    let settings = write(&server.folder, "a.toml", "instructions = \"Be brief.\"\nmax_steps = 3\n");
    let made = server.ask_json(&["agent", "create", "support", "--file", &settings, "--display-name", "Support"]);
    assert_eq!((&made["instructions"], &made["display_name"]), (&"Be brief.".into(), &"Support".into()));

    let changed = server.ask_json(&["agent", "update", "support", "--paused", "true"]);
    assert_eq!((&changed["paused"], &changed["max_steps"]), (&true.into(), &3.into()), "what is not named stays");
    let thread = server.ask_json(&["thread", "create", "--agent", "support"])["id"].as_str().unwrap().to_owned();
    let sent = server.ask(&["thread", "send", &thread, "Hello", "--follow"]);
    assert_eq!(sent.code, 8, "a person has taken over: {}", sent.err);
    assert!(sent.err.contains("paused"), "{}", sent.err);

    assert!(server.ask_json(&["agent", "archive", "support"])["archived_at"].is_string());
    let names = |arguments: &[&str]| -> Vec<String> {
        let listed = server.ask_json(arguments);
        listed.as_array().unwrap().iter().map(|agent| agent["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&["agent", "list"]), ["default"]);
    assert_eq!(names(&["agent", "list", "--archived"]), ["default", "support"]);
    assert_eq!(server.ask_json(&["agent", "show", "support"])["id"], made["id"]);
}
