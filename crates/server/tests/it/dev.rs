//! `threadline dev`: what it prints works as pasted.

mod models;

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    process::Stdio,
};

use serde_json::Value;

use crate::process::{Ran, Server, Start, program};

/// The commands of the page, by the titles above them.
fn commands(page: &str) -> Vec<(String, String)> {
    let mut titles = page.lines().filter_map(|line| line.strip_prefix("# "));
    let commands = page.lines().filter(|line| line.starts_with("curl "));
    commands.map(|command| (titles.next().expect("a title above each").to_owned(), command.to_owned())).collect()
}

fn paste(command: &str) -> Ran {
    let ran = Ran::of(program("bash").args(["-c", command]));
    assert_eq!(ran.code, 0, "{command}: {}", ran.err);
    ran
}

#[test]
fn its_link_signs_in_at_the_console() {
    let (_server, page) = started();
    let link = page.split_whitespace().find(|word| word.contains("/console/sign-in?link=")).expect("a link");
    let (url, secret) = link.split_once("?link=").unwrap();
    let form = format!("link={secret}");
    let entered = program("curl").args(["-sS", "-i", "-H", "Sec-Fetch-Site: same-origin", "-d", &form, url]).output();
    let entered = String::from_utf8(entered.unwrap().stdout).unwrap();
    assert!(entered.starts_with("HTTP/1.1 303") && entered.contains("set-cookie: tl-"), "{entered}");
}

fn started() -> (Server, String) {
    let mut server = Start::new("dev").start();
    let page = server.printed("Ctrl-C");
    (server, page)
}

#[test]
fn each_command_works_as_pasted() {
    let (server, page) = started();
    let commands = commands(&page);
    let titles: Vec<&str> = commands.iter().map(|(title, _)| title.split(':').next().unwrap()).collect();
    assert_eq!(titles, ["Capy", "Capy", "Feather", "Algoreg", "Everruns", "Follow the thread"]);
    let json = |index: usize| -> Value {
        let said = paste(&commands[index].1).out;
        serde_json::from_str(&said).unwrap_or_else(|_| panic!("{}: {said}", commands[index].0))
    };
    assert_eq!(json(0)["status"], "sent");
    assert_eq!(json(2)["status"], "accepted");
    assert!(paste(&commands[3].1).out.starts_with("HTTP/1.1 204"), "Algoreg");
    assert_eq!(json(4)["role"], "user");

    let mut follow =
        program("bash").args(["-c", &format!("exec {}", commands[5].1)]).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(follow.stdout.take().unwrap()).lines().map_while(Result::ok);
    let ended = lines.filter(|line| line == "event: turn.completed").take(4).count();
    assert_eq!(ended, 4, "four messages, four turns");
    follow.kill().unwrap();
    follow.wait().unwrap();

    let list = json(1);
    let contents: Vec<&str> =
        list["items"].as_array().unwrap().iter().filter_map(|item| item["content"].as_str()).collect();
    for vendor in ["Capy", "Feather", "Algoreg", "Everruns"] {
        let said = contents.iter().filter(|content| content.contains(&format!("Hello from {vendor}"))).count();
        assert_eq!(said, 2, "the message and its echo: {contents:?}");
    }
    let last = page.lines().find(|line| line.contains(" thread send ")).expect("the last command");
    assert_eq!(paste(last).out, "Hello from here\n");
    drop(server);
}

#[test]
fn the_next_start_prints_the_same_key_and_thread() {
    let (mut server, first) = started();
    let line = |page: &str, name: &str| {
        let line = page.lines().find(|line| line.trim_start().starts_with(name)).expect("the line is there");
        line.trim_start()[name.len()..].trim().to_owned()
    };
    let file = server.data().join("dev-key");
    assert_eq!(fs::read_to_string(&file).unwrap().trim(), line(&first, "key"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    server.signal("TERM");
    assert_eq!(server.ended().0.code(), Some(0));

    let mut again = Start::on("dev", server.folder.clone()).start();
    let second = again.printed("Ctrl-C");
    for name in ["key", "thread"] {
        assert_eq!(line(&first, name), line(&second, name));
    }
}

#[test]
fn a_key_that_was_revoked_and_a_thread_that_was_closed_are_made_anew() {
    let (mut server, first) = started();
    let key = fs::read_to_string(server.data().join("dev-key")).unwrap();
    let id = server.ask_as(key.trim(), &["key", "list", "--json"]).json()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(server.ask_as(key.trim(), &["key", "revoke", &id]).code, 0);
    server.signal("TERM");
    server.ended();

    let mut again = Start::on("dev", server.folder.clone()).start();
    let second = again.printed("Ctrl-C");
    assert_ne!(first.lines().nth(2), second.lines().nth(2), "another key");
    let list = commands(&second).into_iter().find(|(title, _)| title.contains("list")).unwrap().1;
    assert!(paste(&list).out.contains("items"));
}
