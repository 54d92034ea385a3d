//! The commands that talk to a running server, and the codes that they end with.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use crate::process::{KEY, Ran, Server, Start, binary, program, write};

#[test]
fn a_message_is_sent_and_its_reply_is_printed_as_it_is_written() {
    let server = Server::start();
    let thread = server.thread();
    let followed = server.ask(&["thread", "send", &thread, "Is anybody there?", "--follow"]);
    assert_eq!((followed.code, followed.out.as_str()), (0, "Is anybody there?\n"), "{}", followed.err);

    let settings = write(
        &server.folder,
        "s.toml",
        "model = \"scripted\"\n[[script]]\ntext = \"äöü one two\"\nchunks = 3\ndelay_ms = 20\nthinking = \"hm\"\n",
    );
    server.ask_json(&["agent", "create", "slow", "--file", &settings]);
    let thread = server.ask_json(&["thread", "create", "--agent", "slow"])["id"].as_str().unwrap().to_owned();
    let followed = server.ask(&["thread", "send", &thread, "Go", "--follow"]);
    assert_eq!(followed.out, "äöü one two\n", "deltas and the end make the text once");
    let events = server.ask(&["thread", "send", &thread, "Go", "--follow", "--json"]).out;
    let kinds: Vec<String> = events
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["event"].as_str().unwrap().to_owned())
        .collect();
    assert!(kinds.contains(&"message.delta".into()), "{kinds:?}");
    assert_eq!(kinds.last().map(String::as_str), Some("turn.completed"));
}

#[test]
fn a_turn_that_fails_is_told_by_the_exit_code() {
    let server = Server::start();
    let settings = write(&server.folder, "s.json", r#"{"model": "scripted", "script": [{"error": "refused"}]}"#);
    server.ask_json(&["agent", "create", "broken", "--file", &settings]);
    let thread = server.ask_json(&["thread", "create", "--agent", "broken"])["id"].as_str().unwrap().to_owned();
    let followed = server.ask(&["thread", "send", &thread, "Go", "--follow"]);
    assert_eq!(followed.code, 8, "{}{}", followed.out, followed.err);
    assert!(followed.err.contains("failed"), "{}", followed.err);
}

#[test]
fn usage_is_summed_up() {
    let server = Server::start();
    let thread = server.thread();
    server.ask(&["thread", "send", &thread, "Is anybody there?", "--follow"]);
    let told = server.ask(&["usage", "--by", "agent,model"]);
    let lines: Vec<Vec<&str>> = told.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0][..4], ["DAY", "AGENT", "KEY", "MODEL"], "{}", told.err);
    assert_eq!(lines[1], ["-", "default", "-", "echo", "1", "0", "0", "5", "0", "5", "-"]);
    let told = server.ask_json(&["usage", "--from", "2020-01-01"]);
    assert_eq!((&told[0]["usage"]["calls"], told.as_array().unwrap().len()), (&serde_json::json!(1), 1));
    let refused = server.ask(&["usage", "--from", "yesterday"]);
    assert_eq!(refused.code, 6, "{}", refused.err);
}

#[test]
fn the_index_of_searches_is_made_again_and_the_progress_is_shown_in_lines() {
    let server =
        Start::new("serve").env("THREADLINE_BOOTSTRAP_KEY", KEY).env("THREADLINE_LIMITS_SEARCH_LAG_S", "1").start();
    let thread = server.thread();
    for _ in 0..3 {
        server.ask(&["thread", "send", &thread, "Is anybody there?", "--follow"]);
    }
    // A second after the first message there is something to index.
    let begun = loop {
        let begun = server.ask_json(&["search", "reindex", "--detach"]);
        if begun["is_behind"] == true {
            break begun;
        }
    };
    assert_eq!((&begun["indexed_to"], &begun["percent"]), (&serde_json::Value::Null, &serde_json::json!(0)));
    let told = server.ask(&["search", "reindex"]);
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.err.lines().next().is_some_and(|line| line.ends_with("up to -")), "{}", told.err);
    assert!(told.out.contains("is_behind   false") && told.out.contains("percent     100"), "{}", told.out);
    let index = server.ask_json(&["search", "index", "--follow"]);
    assert_eq!(index["is_behind"], false);
}

#[test]
fn a_thread_is_found_shown_and_followed() {
    let server = Server::start();
    let made = server.ask_json(&["thread", "create", "--title", "Parcel 7"]);
    let thread = made["id"].as_str().unwrap();
    server.ask(&["thread", "send", thread, "Where is it?", "--follow"]);
    let listed = server.ask(&["thread", "list", "--title", "arcel"]);
    assert!(
        listed.out.starts_with("ID") && listed.out.contains(thread) && listed.out.contains("Parcel 7"),
        "{}",
        listed.out
    );
    assert_eq!(server.ask_json(&["thread", "list", "--title", "nothing"]), serde_json::json!([]));

    // In every dialect's spelling.
    for id in made["spellings"].as_object().unwrap().values() {
        let shown = server.ask(&["thread", "show", id.as_str().unwrap()]);
        assert_eq!(shown.out.matches("  Where is it?\n").count(), 2, "{}{}", shown.out, shown.err);
    }

    let mut tail = binary()
        .args(["thread", "tail", thread, "--url", &server.url, "--key", KEY])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.next().unwrap().contains("thread created"));
    assert!(lines.any(|line| line.contains("turn completed: 1 model call, 0 tool calls")));
    server.ask(&["thread", "send", thread, "And now?"]);
    assert!(lines.any(|line| line.contains("And now?")), "what comes later is followed too");
    tail.kill().unwrap();
    tail.wait().unwrap();
}

#[test]
fn members_are_added_listed_and_removed() {
    let server = Server::start();
    let ada = server.ask_json(&["member", "add", "Ada@Example.com", "--name", "Ada"]);
    assert_eq!(ada["email"], "ada@example.com");
    assert_eq!(server.ask(&["member", "add", "ada@example.com"]).code, 6, "there is one already");
    assert!(server.ask(&["member", "list"]).out.contains("ada@example.com"));
    assert_eq!(ada["role"], "member");
    let link = server.ask(&["member", "link", "Ada@example.com"]);
    assert!(link.out.starts_with(&format!("{}/console/sign-in?link=", server.url)), "{}", link.out);
    let page = Ran::of(program("curl").args(["-sS", link.out.trim()]));
    assert!(page.out.contains("Continue"), "{}", page.out);
    assert_eq!(server.ask_json(&["member", "add", "bo@example.com", "--role", "admin"])["role"], "admin");
    assert_eq!(server.ask(&["member", "remove", "ADA@example.com"]).code, 0);
    assert_eq!(server.ask(&["member", "remove", "ada@example.com"]).code, 3);
    assert_eq!(server.ask(&["member", "remove", "bo@example.com"]).code, 6, "the last admin stays");
    let left = server.ask_json(&["member", "list"]);
    assert_eq!(left.as_array().expect("a list").len(), 1, "{left}");
    assert_eq!(left[0]["email"], "bo@example.com");
}

#[test]
fn each_way_to_fail_has_its_code_and_says_what_to_do() {
    let server = Server::start();
    let nobody = "01933b5a-0000-7000-8000-000000000001";
    for (ran, code) in [
        (server.ask(&["thread", "show", nobody]), 3),
        (server.ask(&["thread", "show", "no-id"]), 2),
        (server.ask(&["agent", "show", "nobody"]), 3),
        (server.ask_as("tl_wrong", &["thread", "list"]), 4),
        (server.ask(&["agent", "create", "Not A Slug"]), 6),
        (server.ask(&["agent", "create", "x", "--file", "/nowhere.json"]), 2),
        (Ran::of(binary().args(["thread", "list", "--url", "http://127.0.0.1:1", "--key", "x"])), 5),
        (Ran::of(binary().args(["thread", "list", "--data", "/nowhere"])), 4),
    ] {
        assert_eq!(ran.code, code, "{}", ran.err);
        assert!(ran.err.starts_with("error: ") && ran.out.is_empty(), "{}", ran.err);
    }
}
