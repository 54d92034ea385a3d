//! Keys, from the command line.

use crate::process::{Ran, Server, binary};

#[test]
fn a_key_that_was_made_is_good_until_it_is_revoked() {
    let server = Server::start();
    let made =
        server.ask_json(&["key", "create", "--name", "ci", "--scopes", "read", "--prefix", "capy", "--expires", "30d"]);
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("capy_"), "{made}");
    assert!(made["expires_at"].is_string(), "{made}");
    assert_eq!(server.ask_as(secret, &["thread", "list"]).code, 0);
    let refused = server.ask_as(secret, &["thread", "create"]);
    assert_eq!(refused.code, 4, "it may only read");
    assert!(refused.err.contains("`write`"), "{}", refused.err);

    let listed = server.ask_json(&["key", "list"]);
    assert!(!listed.to_string().contains(secret), "secrets are told once");
    let revoked = server.ask_json(&["key", "revoke", made["id"].as_str().unwrap()]);
    assert!(revoked["revoked_at"].is_string(), "{revoked}");
    assert_eq!(server.ask_as(secret, &["thread", "list"]).code, 4);
}

#[test]
fn for_people_the_secret_stands_on_a_line_of_its_own() {
    let server = Server::start();
    let made = server.ask(&["key", "create", "--name", "ci"]);
    let line = made.out.lines().find(|line| line.starts_with("secret")).expect("the secret");
    let secret = line.split_whitespace().nth(1).unwrap();
    assert_eq!(server.ask_as(secret, &["thread", "create"]).code, 0);
    assert!(made.err.contains("not shown again"), "{}", made.err);
}

#[test]
fn a_key_of_another_project_sees_that_project_alone() {
    let server = Server::start();
    let project = server.ask_json(&["project", "create", "shop"]);
    let made = server.ask_json(&["key", "create", "--name", "shop", "--project", "shop", "--scopes", "read,write"]);
    let secret = made["secret"].as_str().unwrap();
    let thread = server.thread();
    assert_eq!(server.ask_as(secret, &["thread", "show", &thread]).code, 3);
    assert_eq!(server.ask_as(secret, &["thread", "list", "--json"]).json(), serde_json::json!([]));
    let shown = server.ask_as(secret, &["project", "show", "shop", "--json"]).json();
    assert_eq!(shown["id"], project["id"]);
    assert_eq!(server.ask(&["key", "create", "--name", "x", "--project", "nowhere"]).code, 3);
}

#[test]
fn a_key_of_one_agent_is_listed_with_it_and_opens_nothing_else() {
    let server = Server::start();
    let agent = server.ask_json(&["agent", "create", "support"]);
    let arguments = ["key", "create", "--name", "app", "--agent", "support", "--prefix", "evr_ak"];
    let made = server.ask_json(&arguments);
    assert_eq!(made["agent"], agent["id"]);
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("evr_ak_"), "{made}");
    assert_eq!(server.ask_as(secret, &["thread", "list"]).code, 4);
    let listed = server.ask(&["key", "list"]).out;
    assert!(listed.contains(agent["id"].as_str().unwrap()), "{listed}");
    server.ask_json(&["key", "revoke", made["id"].as_str().unwrap()]);
    assert_ne!(server.ask(&["key", "create", "--name", "x", "--agent", "nobody"]).code, 0);
}

#[test]
fn wrong_words_are_refused_before_anything_is_sent() {
    for arguments in [
        &["key", "create"][..],
        &["key", "create", "--name", "x", "--scopes", "read,root"],
        &["key", "create", "--name", "x", "--expires", "soon"],
        &["key", "create", "--name", "x", "--expires", "0d"],
    ] {
        let ran =
            Ran::of(binary().args(arguments).env("THREADLINE_URL", "http://127.0.0.1:1").env("THREADLINE_KEY", "x"));
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn a_refusal_says_where_the_key_was_found_and_not_what_it_is() {
    let server = Server::start();
    let reads = server.ask_json(&["key", "create", "--name", "ci", "--scopes", "read"])["secret"].clone();
    let folder = tempfile::TempDir::new().unwrap();
    let kept = folder.path().join("dev-key");
    let file = format!("file {}", kept.display());
    for (key, arguments, code) in [
        ("tl_nobodys_key_whatever_its_place", &["thread", "list"][..], 4),
        (reads.as_str().unwrap(), &["thread", "create"], 4),
    ] {
        std::fs::write(&kept, format!("{key}\n")).unwrap();
        let ask = || {
            let mut ask = binary();
            ask.args(arguments).env("THREADLINE_URL", &server.url).env_remove("THREADLINE_KEY");
            ask
        };
        for (ran, place) in [
            (Ran::of(ask().args(["--key", key])), "flag --key"),
            (Ran::of(ask().env("THREADLINE_KEY", key)), "environment THREADLINE_KEY"),
            (Ran::of(ask().arg("--data").arg(folder.path())), file.as_str()),
        ] {
            assert_eq!(ran.code, code, "{}", ran.err);
            assert!(ran.err.contains(&format!("the key came from {place}")), "{place}: {}", ran.err);
            assert!(!ran.err.contains(key) && !ran.out.contains(key), "{place}: {}", ran.err);
        }
    }
}

#[test]
fn a_key_of_a_program_is_made_for_its_agents_and_listed_with_them() {
    let server = Server::start();
    let file = crate::process::write(&server.folder, "own.toml", "kind = \"external\"\n");
    let made = ["own", "billing"].map(|name| server.ask_json(&["agent", "create", name, "--file", &file]));
    let [own, billing] = made.map(|agent| agent["id"].as_str().unwrap().to_owned());
    let arguments = ["key", "create", "--name", "program", "--scope", "agent", "--agent", "own", "billing"];
    let key = server.ask_json(&arguments);
    let agents: Vec<&str> = key["agents"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
    assert_eq!((agents.len(), agents.contains(&&*own), agents.contains(&&*billing)), (2, true, true));
    let listed = server.ask(&["key", "list"]).out;
    assert!(listed.contains(&own) && listed.contains(&billing), "{listed}");
    assert_eq!(server.ask_as(key["secret"].as_str().unwrap(), &["thread", "list"]).code, 4);

    let several = server.ask(&["key", "create", "--name", "app", "--agent", "own", "--agent", "billing"]);
    assert_eq!(several.code, 2, "only the scope `agent` has several");
    assert!(several.err.contains("--scope agent"), "{}", several.err);
}
