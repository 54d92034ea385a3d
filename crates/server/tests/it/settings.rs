//! Where settings come from, and what is said about those that are wrong.

use std::fs;

use serde_json::{Value, json};

use crate::process::{KEY, Ran, Start, binary, client, write};

/// `config --json` with these variables and arguments, and the entry of one setting.
fn setting(variables: &[(&str, &str)], arguments: &[&str], name: &str) -> Value {
    let ran = Ran::of(binary().arg("config").arg("--json").args(arguments).envs(variables.iter().copied()));
    let all = ran.json();
    all.as_array().unwrap().iter().find(|one| one["name"] == name).unwrap_or_else(|| panic!("no {name}")).clone()
}

#[test]
fn a_flag_goes_over_the_environment_over_the_file_over_the_default() {
    let folder = tempfile::tempdir().unwrap();
    let file = write(&folder, "t.toml", "turns = 4\n[limits]\npage = 8\n");
    for (variables, arguments, value, origin) in [
        (&[][..], &[][..], "88", "default".to_owned()),
        (&[], &["--config", &file], "4", format!("file {file}, key turns")),
        (&[("THREADLINE_CONFIG", &*file)], &[], "4", format!("file {file}, key turns")),
        (&[("THREADLINE_TURNS", "3")], &["--config", &file], "3", "environment THREADLINE_TURNS".into()),
        (&[("THREADLINE_TURNS", "3")], &["--config", &file, "--turns", "2"], "2", "flag --turns".into()),
    ] {
        let found = setting(variables, arguments, "turns");
        assert_eq!((&found["value"], &found["origin"]), (&value.into(), &origin.into()));
        assert_eq!(found["default"], "88");
    }
    let limit = setting(&[("THREADLINE_LIMITS_STEPS", "9")], &["--config", &file], "limits.steps");
    assert_eq!((&limit["value"], &limit["origin"]), (&"9".into(), &"environment THREADLINE_LIMITS_STEPS".into()));
    assert_eq!(setting(&[], &["--config", &file], "limits.page")["value"], "8");
}

#[tokio::test]
async fn links_may_lead_inside_when_the_setting_says_so() {
    for (targets, status) in [("public", 400), ("any", 201)] {
        let server =
            Start::new("serve").env("THREADLINE_BOOTSTRAP_KEY", KEY).env("THREADLINE_LINK_TARGETS", targets).start();
        let content = json!([{"type": "link", "url": "http://127.0.0.1:9200/a.pdf"}]);
        let url = format!("{}/threadline/v1/threads/{}/messages", server.url, server.thread());
        let sent = client().post(url).bearer_auth(KEY).json(&json!({"content": content})).send().await.unwrap();
        assert_eq!(sent.status(), status, "{targets}");
    }
}

#[test]
fn what_is_unknown_or_wrong_stops_every_command_with_its_name_and_source() {
    let folder = tempfile::tempdir().unwrap();
    let unknown = write(&folder, "unknown.toml", "lisen = \"x\"");
    let bad = write(&folder, "bad.toml", "turns = \"many\"");
    let broken = write(&folder, "broken.toml", "turns =");
    for (variables, arguments, expected) in [
        (
            &[("THREADLINE_LISTENS", "x")][..],
            &["serve"][..],
            "unknown environment variable THREADLINE_LISTENS\n  hint: did you mean THREADLINE_LISTEN?",
        ),
        (&[("THREADLINE_LIMIT_PAGE", "1")], &["key", "list"], "did you mean THREADLINE_LIMITS_PAGE?"),
        (&[], &["dev", "--config", &unknown], "unknown key lisen in"),
        (&[], &["dev", "--config", &unknown], "did you mean listen?"),
        (&[], &["serve", "--config", &bad], "bad.toml, key turns): it must be a whole number"),
        (&[], &["serve", "--config", &broken], "broken.toml is not TOML"),
        (&[], &["serve", "--config", "/nowhere/t.toml"], "cannot read the configuration file /nowhere/t.toml"),
        (&[], &["config", "--turns=-1"], "(flag --turns): it must be a whole number from 0 to 100000"),
        (&[], &["config", "--turns", "1000000"], "(flag --turns)"),
        (
            &[("THREADLINE_BOOTSTRAP_KEY", "short")],
            &["serve"],
            "(environment THREADLINE_BOOTSTRAP_KEY): it must have 20 to 256",
        ),
        (&[], &["serve", "--no-such-flag"], "--no-such-flag"),
    ] {
        let data = folder.path().join("data");
        let ran = Ran::of(binary().args(arguments).envs(variables.iter().copied()).env("THREADLINE_DATA", &data));
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(ran.err.contains(expected), "{}", ran.err);
        assert!(!data.exists(), "refused settings have no effect");
    }
}

const SEALING_KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn secrets_are_never_printed() {
    let variables = [
        ("THREADLINE_BOOTSTRAP_KEY", "tl_s3cret_s3cret_s3cret"),
        ("THREADLINE_KEY", "tl_s3cret"),
        ("THREADLINE_SEALING_KEY", SEALING_KEY),
        ("THREADLINE_DATABASE", "postgres://ada:s3cret@db:5432/threads?password=s3cret"),
    ];
    for arguments in [&["config"][..], &["config", "--json"]] {
        let ran = Ran::of(binary().args(arguments).envs(variables));
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(ran.out.contains("postgres://ada:***@db:5432/threads"), "{}", ran.out);
        assert!(ran.out.contains("environment THREADLINE_BOOTSTRAP_KEY"), "{}", ran.out);
        assert!(ran.out.contains("environment THREADLINE_SEALING_KEY"), "{}", ran.out);
        assert!(!ran.out.contains("s3cret") && !ran.out.contains(SEALING_KEY), "{}", ran.out);
    }
}

#[test]
fn the_documentation_is_what_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let ran = Ran::of(binary().args(["config", "--markdown"]).arg(folder.path()));
    assert_eq!(ran.code, 0, "{}", ran.err);
    for page in ["configuration.md", "limits.md", "commands.md", "access.md", "events.md"] {
        let kept = fs::read_to_string(format!("{}/../../docs/{page}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        let made = fs::read_to_string(folder.path().join(page)).unwrap();
        assert!(kept == made, "docs/{page} is out of date: run `cargo run -- config --markdown docs`");
    }
}

#[test]
fn every_type_of_event_has_a_section_in_the_documentation() {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/events.md")).unwrap();
    for example in crate::dialects::examples::events() {
        assert!(page.contains(&format!("\n## `{}`\n", example.kind)), "docs/events.md lacks {}", example.kind);
    }
}

#[test]
fn the_help_teaches_by_example_and_tells_the_exit_codes() {
    let help = Ran::of(binary().arg("--help"));
    assert!(help.out.contains("threadline dev") && help.out.contains("Exit codes:"), "{}", help.out);
    let mut found = 0;
    let mut verbs = vec![Vec::new()];
    while let Some(verb) = verbs.pop() {
        let help = Ran::of(binary().args(&verb).arg("--help"));
        assert!(help.code == 0 && help.out.contains("Examples:\n"), "{verb:?}: {}", help.out);
        let below =
            help.out.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
        let names = below.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
        verbs.extend(names.map(|name| [&verb[..], &[name.to_owned()]].concat()));
        found += 1;
    }
    assert!(found > 20, "{found} commands");
    let version = Ran::of(binary().arg("--version"));
    assert_eq!(version.out.trim(), concat!("threadline ", env!("CARGO_PKG_VERSION")));
}
