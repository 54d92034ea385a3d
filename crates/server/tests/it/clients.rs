//! Clients that generators make of the five documents. Each sends a message, lists, follows the stream to the answer where there is
//! one, and reads what the events say. What a generator warns of counts as a failure.

use std::{
    fs,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

#[cfg(feature = "generators")]
use dialect_kit::testing::generators;
use dialect_kit::testing::{node, python};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    dialects,
    process::{KEY, Ran, Server, binary, program},
};

#[test]
fn typescript_clients_of_every_document_pass_the_strict_compiler_and_work() {
    let (_server, shop) = Workshop::open("typescript");
    shop.link_node_packages();
    fs::copy(programs().join("package.json"), shop.path("package.json")).unwrap();
    let run = |script: &str, arguments: &[&str]| shop.succeeds(shop.program(&node()).arg(script).args(arguments));
    let said = run("node_modules/.bin/openapi-typescript", &["--redocly", "redocly.yaml"]);
    assert!(!said.to_lowercase().contains("warn") && !said.contains('⚠'), "{said}");
    run("node_modules/typescript-7/bin/tsc", &["--strict", "--noEmit", "-p", "."]);
    shop.each(|dialect| drop(run(&format!("{dialect}.ts"), &[])));
}

#[test]
fn python_clients_of_every_document_are_whole_and_work() {
    let (_server, shop) = Workshop::open("python");
    shop.each(|dialect| {
        let client = format!("{dialect}_client");
        let document = format!("{dialect}.json");
        let mut generator = shop.program(&python());
        generator.args(["-m", "openapi_python_client", "generate", "--meta", "none", "--fail-on-warning"]);
        generator.args(["--config", "generator.yaml", "--path", &document, "--output-path", &client]);
        let said = shop.succeeds(&mut generator);
        assert!(!said.to_lowercase().contains("warning"), "{dialect}: {said}");
        shop.succeeds(shop.program(&python()).arg(format!("{dialect}.py")));
    });
}

#[cfg(feature = "generators")]
#[test]
fn openapi_generators_python_clients_of_every_document_work() {
    let (_server, shop) = Workshop::open("openapi-generator/python");
    shop.each(|dialect| {
        let made = shop.generated("python", dialect);
        shop.succeeds(shop.program(&generators()).arg(format!("{dialect}.py")).env("PYTHONPATH", made));
    });
}

#[cfg(feature = "generators")]
#[test]
fn openapi_generators_typescript_clients_of_every_document_pass_the_strict_compiler_and_work() {
    let (_server, shop) = Workshop::open("openapi-generator/typescript");
    shop.link_node_packages();
    shop.each(|dialect| drop(shop.generated("typescript-fetch", dialect)));
    let run = |script: &str, arguments: &[&str]| shop.succeeds(shop.program(&node()).arg(script).args(arguments));
    run("node_modules/typescript-7/bin/tsc", &["--strict", "-p", "."]);
    shop.each(|dialect| drop(run(&format!("made/{dialect}.js"), &[])));
}

/// A folder with the documents, the programs of a language and what is made there, and where their server is.
struct Workshop {
    url: String,
    folder: TempDir,
    agent: String,
}

impl Workshop {
    fn open(language: &str) -> (Server, Self) {
        let (server, folder) = (Server::start(), tempfile::tempdir().expect("a temporary folder"));
        let agent = server.ask_json(&["agent", "show", "default"])["id"].as_str().expect("an id").to_owned();
        let url = server.url.clone();
        let documents = Ran::of(binary().arg("openapi")).json();
        for dialect in dialects::names() {
            let document: &Value = &documents[dialect];
            fs::write(folder.path().join(format!("{dialect}.json")), document.to_string()).unwrap();
        }
        for program in fs::read_dir(programs().join(language)).expect("the programs") {
            let program = program.unwrap().path();
            fs::copy(&program, folder.path().join(program.file_name().unwrap())).unwrap();
        }
        (server, Self { url, folder, agent })
    }

    fn link_node_packages(&self) {
        let packages = fs::canonicalize(node().with_file_name("node_modules")).expect("the packages");
        symlink(packages, self.path("node_modules")).unwrap();
    }

    /// The folder of the client that openapi-generator has made. It warns of every document that is of OpenAPI 3.1.
    #[cfg(feature = "generators")]
    fn generated(&self, language: &str, dialect: &str) -> PathBuf {
        let (document, client) = (format!("{dialect}.json"), format!("{dialect}_client"));
        let mut generator = self.program(&generators().with_file_name("openapi-generator-cli"));
        generator.args(["generate", "-i", &document, "-g", language, "-o", &client, "--package-name", &client]);
        generator.args(["--global-property", "skipFormModel=false"]);
        let said = self.succeeds(&mut generator);
        assert!(!said.contains("ERROR"), "{dialect}: {said}");
        self.path(&client)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self, name: &Path) -> Command {
        let mut command = program(name.to_str().expect("UTF-8"));
        command.current_dir(self.folder.path()).env("PYTHONDONTWRITEBYTECODE", "1").env("NO_COLOR", "1");
        command.env("CLIENT_URL", &self.url).env("CLIENT_KEY", KEY).env("CLIENT_AGENT", &self.agent);
        command
    }

    /// What it has said.
    fn succeeds(&self, command: &mut Command) -> String {
        let ran = Ran::of(command);
        let said = format!("{}{}", ran.out, ran.err);
        assert_eq!(ran.code, 0, "{command:?}: {said}");
        said
    }

    /// For each dialect, all at once.
    fn each(&self, work: impl Fn(&str) + Sync) {
        thread::scope(|scope| {
            for dialect in dialects::names() {
                let work = &work;
                scope.spawn(move || work(dialect));
            }
        });
    }
}

fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients")
}
