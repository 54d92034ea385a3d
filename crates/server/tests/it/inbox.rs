//! Members on the command line: the inbox, requests with a sentence, notes and replies with files.

use serde_json::json;

use crate::process::Server;

const ADA: &str = "ada@example.com";

#[test]
fn the_inbox_lists_who_waits_and_members_answer_with_files() {
    let server = Server::start();
    server.ask(&["member", "add", ADA, "--name", "Ada"]);
    let new = |title: &str| server.ask_json(&["thread", "create", "--title", title])["id"].as_str().unwrap().to_owned();
    let [plain, wanted, held] = ["plain", "wanted", "held"].map(new);
    let say = "I fetch somebody.";
    let asked = server.ask_json(&["thread", "ask", &wanted, "a refund", "--silent", "--say", say, "--as", ADA]);
    assert_eq!((&asked["wanted"]["reason"], &asked["wanted"]["by"]["kind"]), (&json!("a refund"), &json!("member")));
    assert!(server.ask(&["thread", "show", &wanted]).out.contains(say), "the customer reads it");
    assert_eq!(server.ask(&["thread", "ask", &plain, "x", "--until", "2999-01-01T00:00:00Z"]).code, 2);
    server.ask(&["thread", "take", &held, "--as", ADA]);

    let inbox = |more: &[&str]| -> Vec<String> {
        let rows = server.ask_json(&[&["inbox"], more].concat());
        rows.as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(inbox(&[]), [wanted.as_str()]);
    assert_eq!(inbox(&["--mine", "ADA@example.com"]), [held.as_str()]);
    assert_eq!(inbox(&["--all"]).len(), 2, "without the thread that nobody waits in");
    assert!(server.ask(&["inbox"]).out.contains("a refund"));
    assert_eq!(server.ask(&["inbox", "--mine", "nobody@example.com"]).code, 3);
    assert_eq!(server.ask(&["inbox", "--mine", ADA, "--all"]).code, 2);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("label.txt");
    std::fs::write(&file, "4711").unwrap();
    let file = file.to_str().unwrap();
    let note =
        server.ask_json(&["thread", "note", &held, "Free shipping.", "--as", ADA, "--file", file, "--mention", ADA]);
    assert_eq!(
        (note["attachments"].as_array().map(Vec::len), note["mentions"].as_array().map(Vec::len)),
        (Some(1), Some(1))
    );
    let reply =
        server.ask_json(&["thread", "reply", &held, "Here it is.", "--as", ADA, "--file", file, "--file", file]);
    let parts: Vec<&str> =
        reply["content"].as_array().unwrap().iter().map(|part| part["type"].as_str().unwrap()).collect();
    assert_eq!(parts, ["text", "file", "file"]);
    assert_eq!(server.ask(&["thread", "reply", &held, "x", "--as", ADA, "--file", "/nowhere"]).code, 2);

    let withdrawn = server.ask_json(&["thread", "withdraw", &wanted, "--as", ADA]);
    assert!(withdrawn.get("wanted").is_none(), "{withdrawn}");
    assert_eq!(inbox(&[]), [""; 0]);
}
