//! The bench on itself: the bare server stands for ours, so everything but our server is exercised.

use std::process::{Command, Output};

fn bench(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bench")).args(arguments).output().expect("the bench starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_scenario_measures_the_bare_server_against_itself() {
    let small = ["--rounds", "1", "--seconds", "0.2", "--messages", "60", "--readers", "20", "--waiting", "20"];
    let output = bench(&[&["all", "--calibrate"], &small[..]].concat());
    let (table, errors) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{table}\n{errors}");
    for line in [
        "accept, 64 clients, 200 threads",
        "accept, 256 clients, 200 threads",
        "accept, 64 clients, one thread",
        "last page of 60 messages, 16 clients",
        "memory of one of 20 idle readers, a thread each",
        "one event to 1000 readers, p99",
        "from POST to the first token, 1 at once, p50",
        "from POST to the first token, 64 at once, p50",
        "tokens, 100 streaming turns",
        "CPU for 1,000 tokens",
        "memory of one of 20 turns that wait for the model",
        "idle memory",
        "start to ready, existing data",
    ] {
        assert!(table.lines().any(|l| l.starts_with(line) && l.contains("bare")), "no {line:?} in\n{table}");
    }
}

#[test]
fn a_server_that_does_not_start_is_said_with_its_own_words() {
    let output = bench(&["idle", "--server", env!("CARGO_BIN_EXE_bench")]);
    assert!(!output.status.success());
    let errors = text(&output.stderr);
    assert!(
        errors.contains("the server ended at once") && errors.contains("unexpected argument '--listen'"),
        "{errors}"
    );

    let output = bench(&["idle", "--server", "/nowhere/threadline"]);
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("/nowhere/threadline"));
}

#[test]
fn options_that_make_no_sense_are_refused() {
    for arguments in [
        ["accept", "--rounds", "0"],
        ["accept", "--seconds", "-1"],
        ["accept", "--seconds", "NaN"],
        ["page", "--messages", "49"],
        ["idle-readers", "--readers", "0"],
    ] {
        let output = bench(&arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
}
