//! The model that `threadline dev` takes, and what it says of it.

use std::process::Command;

use dialect_kit::testing::python;
use tempfile::TempDir;

use crate::{
    process::{Ran, Server, Start, binary, write},
    providers::smol::smol,
};

const SECRET: &str = "sk-of-the-tests";

/// A server that was started so, and the part of its page about the model.
fn started(start: Start) -> (Server, String) {
    let mut server = start.start();
    let page = server.printed("Ctrl-C");
    assert!(!page.contains(SECRET), "{page}");
    let from = page.find("  model   ").expect("the model is told");
    let told = page[from..].split("\n\n").next().expect("a part").to_owned();
    (server, told)
}

fn key(server: &Server) -> String {
    std::fs::read_to_string(server.data().join("dev-key")).expect("the key").trim().to_owned()
}

/// The command ends with this exit code, before any server runs.
fn refused(args: &[&str], variables: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let mut command = binary();
    command.arg("dev").args(["--look-at", "", "--listen", "127.0.0.1:0", "--data"]).arg(&data).args(args);
    let ran = Ran::of(command.envs(variables.iter().copied()));
    assert_eq!(ran.code, 2, "{args:?}: {}{}", ran.out, ran.err);
    assert!(!data.exists(), "{args:?}: a refused command has no effect");
    ran.err
}

#[test]
fn without_a_model_echo_answers_and_the_page_says_how_to_get_one() {
    let (_server, told) = started(Start::new("dev"));
    assert!(told.starts_with("  model   echo, which repeats what is said: no model is connected\n"), "{told}");
    assert!(told.contains("ollama pull") && told.contains("--provider NAME"), "{told}");
    let (_server, told) = started(Start::new("dev").args(&["--provider", "echo"]));
    assert!(!told.contains("ollama pull"), "it was asked for: {told}");
}

// The command blocks its thread while the model answers.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_this_machine_is_taken_and_answers() {
    let smol = smol().await;
    let look_at = format!("ollama=http://127.0.0.1:1/v1,llama.cpp={}/v1", smol.url());
    let (server, told) = started(Start::new("dev").args(&["--look-at", &look_at]));
    assert!(told.starts_with(&format!("  model   smol of llama.cpp at {}/v1\n", smol.url())), "{told}");
    let thread = std::fs::read_to_string(server.data().join("dev-thread")).expect("the thread");
    let followed = server.ask_as(&key(&server), &["thread", "send", thread.trim(), "Think: question 4", "--follow"]);
    assert_eq!(followed.code, 0, "{}", followed.err);
    assert!(!followed.out.trim().is_empty() && !followed.out.contains("think"), "{}", followed.out);
    let folded = followed.err.lines().find(|line| line.starts_with("[thinks … ")).unwrap_or_default();
    let count = folded.trim_start_matches("[thinks … ").trim_end_matches(" characters]");
    assert!(count.parse::<u32>().is_ok_and(|count| count > 0), "{}", followed.err);
    let models = server.ask_as(&key(&server), &["model", "list"]).out;
    assert!(models.lines().any(|line| line.starts_with("default ") && line.ends_with("llama.cpp smol")), "{models}");
}

#[test]
fn a_key_is_used_when_its_provider_is_named_and_else_only_after_a_yes() {
    let (_server, told) = started(Start::new("dev").env("ANTHROPIC_API_KEY", SECRET));
    assert!(told.starts_with("  model   echo"), "{told}");
    assert!(told.contains("ANTHROPIC_API_KEY is set and not used: start with --provider anthropic"), "{told}");
    for (name, variable, model) in [
        ("openai", "OPENAI_API_KEY", "gpt-5.4-mini of OpenAI"),
        ("anthropic", "ANTHROPIC_API_KEY", "claude-haiku-4-5 of Anthropic"),
        ("gemini", "GEMINI_API_KEY", "gemini-3-flash-preview of Google"),
        ("openrouter", "OPENROUTER_API_KEY", "openai/gpt-5.4-mini of OpenRouter"),
    ] {
        let (server, told) = started(Start::new("dev").env(variable, SECRET).args(&["--provider", name]));
        assert!(told.starts_with(&format!("  model   {model}, by the key in {variable}\n")), "{told}");
        let models = server.ask_as(&key(&server), &["model", "list", "--json"]);
        assert!(models.out.contains(&format!("\"provider\": \"{name}\"")) && !models.out.contains(SECRET));
    }
}

#[test]
fn a_provider_that_cannot_be_taken_is_refused_before_the_server_runs() {
    assert!(refused(&["--provider", "nobody"], &[]).contains("one of openai, anthropic, gemini, openrouter, ollama"));
    assert!(refused(&["--provider", "openai"], &[]).contains("OPENAI_API_KEY"));
    assert!(refused(&["--provider", "openai"], &[("OPENAI_API_KEY", "two words")]).contains("OPENAI_API_KEY"));
    let nobody = ["--provider", "vllm", "--look-at", "vllm=http://127.0.0.1:1/v1"];
    assert!(refused(&nobody, &[]).contains("vLLM does not answer at http://127.0.0.1:1/v1"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = configured(&folder);
    let said = refused(&["--provider", "openai", "--config", &file], &[("OPENAI_API_KEY", SECRET)]);
    assert!(said.contains("the configuration file has a provider"), "{said}");
}

fn configured(folder: &TempDir) -> String {
    let text = "[providers.far]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:1/v1\"\n\
                [models.default]\nprovider = \"far\"\nmodel = \"own\"\n";
    write(folder, "t.toml", text)
}

#[test]
fn a_configured_provider_is_taken_before_everything_else() {
    let start = Start::new("dev").env("OPENAI_API_KEY", SECRET);
    let file = configured(&start.folder);
    let (_server, told) = started(start.args(&["--config", &file, "--look-at", "ollama=http://127.0.0.1:1/v1"]));
    assert!(told.starts_with("  model   as the configuration says: far\n") && !told.contains("not used"), "{told}");
}

/// Runs the program on a terminal, answers its question, and prints what it said up to the end of the model's lines.
const ON_A_TERMINAL: &str = r#"
import os, pty, sys
answer, program = sys.argv[1], sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execv(program[0], program)
said = b""
asked = False
while b"another one: --provider" not in said:
    said += os.read(terminal, 4096)
    if not asked and b"[y/N]" in said:
        os.write(terminal, answer.encode() + b"\n")
        asked = True
os.kill(child, 9)
os.waitpid(child, 0)
sys.stdout.buffer.write(said)
"#;

#[test]
fn on_a_terminal_a_yes_lets_the_key_be_used_and_a_no_does_not() {
    let python = python();
    for (answer, model) in [("y", "claude-haiku-4-5 of Anthropic"), ("", "echo, which repeats"), ("no", "echo, which")]
    {
        let folder = tempfile::tempdir().expect("a folder");
        let mut command: Command = crate::process::program(python.to_str().expect("UTF-8"));
        command.args(["-c", ON_A_TERMINAL, answer, env!("CARGO_BIN_EXE_threadline"), "dev", "--look-at", ""]);
        command.args(["--listen", "127.0.0.1:0", "--data"]).arg(folder.path());
        let ran = Ran::of(command.env("ANTHROPIC_API_KEY", SECRET));
        assert!(ran.out.contains("ANTHROPIC_API_KEY is set. Let Anthropic answer?"), "{}{}", ran.out, ran.err);
        assert!(ran.out.contains(&format!("  model   {model}")), "{answer:?}: {}", ran.out);
        assert!(!ran.out.contains(SECRET), "{}", ran.out);
    }
}
