//! The workspace's files as texts.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// A source file of the workspace.
pub struct File {
    /// From the workspace's root.
    pub path: String,
    pub text: String,
}

fn root() -> PathBuf {
    fs::canonicalize(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).expect("the workspace's root")
}

/// The folders of the dialects.
pub fn dialects() -> Vec<String> {
    let folders = fs::read_dir(root().join("dialects")).expect("a folder").map(|entry| entry.expect("an entry"));
    folders.map(|folder| folder.file_name().into_string().expect("UTF-8")).collect()
}

/// The dialects of vendors. `native` is an ordinary word elsewhere.
pub fn vendors() -> Vec<String> {
    dialects().into_iter().filter(|name| name != "native").collect()
}

/// Every Rust file of the workspace.
pub fn files() -> Vec<File> {
    let mut found = Vec::new();
    for folder in ["crates", "dialects", "bench"] {
        walk(&root().join(folder), &mut found);
    }
    assert!(found.len() > 50, "the workspace has files");
    found
}

fn walk(folder: &Path, found: &mut Vec<File>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "target") {
                walk(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("UTF-8");
            let path = path.strip_prefix(root()).expect("below the root").to_str().expect("UTF-8").to_owned();
            found.push(File { path, text });
        }
    }
}

/// What a crate's manifest says.
pub struct Manifest {
    pub package: String,
    /// What it is built of.
    pub built: BTreeSet<String>,
    /// What its tests use beside that.
    pub tested: BTreeSet<String>,
}

pub fn manifest(folder: &str) -> Manifest {
    let text = fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("a manifest");
    let parsed: toml::Table = text.parse().expect("TOML");
    let package = parsed["package"]["name"].as_str().expect("a name").to_owned();
    let names = |tables: &[&str]| {
        let tables = tables.iter().filter_map(|table| parsed.get(*table)?.as_table());
        tables.flat_map(|table| table.keys().cloned()).collect()
    };
    Manifest { package, built: names(&["dependencies", "build-dependencies"]), tested: names(&["dev-dependencies"]) }
}

impl File {
    /// The folder of the crate that it belongs to: `crates/store`, `bench`.
    pub fn of_crate(&self) -> Option<String> {
        let end = self.path.find("/src/").or_else(|| self.path.find("/tests/"))?;
        Some(self.path[..end].to_owned())
    }

    pub fn is_test(&self) -> bool {
        self.path.contains("/tests/")
    }

    /// Without comments. A `//` within a URL is none.
    pub fn code(&self) -> String {
        let code = |line: &str| match line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':')) {
            Some((at, _)) => line[..at].to_owned(),
            None => line.to_owned(),
        };
        self.text.lines().map(code).collect::<Vec<_>>().join("\n")
    }

    /// Without comments, and without the tests at its end.
    pub fn code_without_tests(&self) -> String {
        let code = self.code();
        code.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned()
    }

    /// The functions with bodies, by name and number of lines, from `fn` to the brace that closes it. rustfmt has set that
    /// brace under the line's first letter.
    pub fn functions(&self) -> Vec<(String, usize)> {
        let lines: Vec<&str> = self.text.lines().collect();
        let measured = lines.iter().enumerate().filter_map(|(at, line)| {
            let name = declared(line)?;
            let indent = &line[..line.len() - line.trim_start().len()];
            let is_end = |line: &&str| {
                line.strip_prefix(indent)
                    .is_some_and(|rest| rest == "}" || rest.starts_with(") -> ") && rest.ends_with(';') || rest == ");")
            };
            if line.ends_with(';') {
                return None;
            }
            if line.ends_with('}') {
                return Some((name, 1));
            }
            let last = lines[at..].iter().position(is_end)?;
            lines[at + last].ends_with('}').then_some((name, last + 1))
        });
        measured.collect()
    }
}

/// The name of the function that the line declares.
fn declared(line: &str) -> Option<String> {
    let (before, after) = line.trim_start().split_once("fn ")?;
    let words = ["pub", "pub(crate)", "pub(super)", "async", "const", "unsafe"];
    if !before.split_whitespace().all(|word| words.contains(&word)) {
        return None;
    }
    let name: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}
