//! The shape of the workspace: who may use whom, who may name what, and how long a file and a function may be.

use std::collections::{BTreeMap, BTreeSet};

use self::{
    modules::Modules,
    source::{File, dialects, files, manifest, vendors},
};

mod codes;
mod fields;
mod modules;
mod reach;
mod source;

/// Documentation: the limits' meanings, for people.
const VENDOR_NAME_ALLOWED: [&str; 1] = ["crates/domain/src/limits.rs"];

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;
/// A file of tests is read one test at a time.
const TEST_FILE_LINES_MAX: usize = 600;
/// A table of cases is long and plain.
const TEST_FUNCTION_LINES_MAX: usize = 100;

/// The crates of ours that each may use. `server` may use all; `bench` measures from outside.
fn arrows() -> BTreeMap<String, BTreeSet<String>> {
    let of = |crates: &[&str]| crates.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::from([
        ("crates/domain".into(), of(&[])),
        ("crates/store".into(), of(&["domain"])),
        ("crates/outward".into(), of(&["domain"])),
        ("crates/providers".into(), of(&["domain", "outward"])),
        ("crates/tools".into(), of(&["domain", "outward"])),
        ("crates/engine".into(), of(&["domain", "store", "outward", "providers", "tools"])),
        ("crates/dialect-kit".into(), of(&["domain", "engine"])),
        ("crates/console".into(), of(&["domain", "engine", "dialect-kit"])),
        ("bench".into(), of(&[])),
    ]);
    let mut all = of(&["domain", "store", "outward", "providers", "tools", "engine", "dialect-kit", "console"]);
    for dialect in dialects() {
        arrows.insert(format!("dialects/{dialect}"), of(&["domain", "engine", "dialect-kit"]));
        all.insert(format!("dialect-{dialect}"));
    }
    arrows.insert("crates/server".into(), all);
    arrows
}

#[test]
fn every_crate_uses_only_those_below_it() {
    let arrows = arrows();
    let found: BTreeSet<String> = files().iter().filter_map(File::of_crate).collect();
    assert_eq!(found, arrows.keys().cloned().collect(), "a crate comes with its arrows");
    for (folder, allowed) in &arrows {
        let manifest = manifest(folder);
        let mut wrong: Vec<&String> = manifest.built.iter().filter(|name| !allowed.contains(*name)).collect();
        // In tests a dialect may stand beside those that it shares paths with, the console beside any, and a crate has
        // itself with `testing`.
        let shares = |name: &str| shares_paths(folder) && name.starts_with("dialect-") || name == manifest.package;
        wrong.extend(manifest.tested.iter().filter(|name| !allowed.contains(*name) && !shares(name)));
        wrong.retain(|name| is_ours(name));
        assert!(wrong.is_empty(), "{folder} may not use {wrong:?}");
    }
}

fn shares_paths(folder: &str) -> bool {
    folder.starts_with("dialects/") || folder == "crates/console"
}

fn is_ours(name: &str) -> bool {
    ["domain", "store", "outward", "providers", "tools", "engine", "console", "threadline"].contains(&name)
        || name.starts_with("dialect-")
}

#[test]
fn no_module_names_one_that_names_it() {
    let files = files();
    for folder in ["crates/domain", "crates/engine", "bench"] {
        let modules = Modules::of(folder, &files);
        assert!(modules.0.len() > 3, "{folder} has modules");
        assert_eq!(modules.circle(), None, "{folder}: each of these modules names the next, and the last the first");
    }
}

/// The engine from its floor up: a module names those of the rows above its own.
const ENGINE: [&[&str]; 9] = [
    &[
        "breakers",
        "budgets",
        "clock",
        "feeds",
        "known",
        "memory",
        "narrowing",
        "offers",
        "pools",
        "presence",
        "quotas",
        "recent",
        "reported",
        "secret",
        "signing",
        "takeover",
        "telemetry",
        "tries",
        "unknown",
        "validate",
        "watches",
    ],
    &["ages", "hub", "indexing", "origin", "outbox", "sealing", "workers"],
    &["catalogues"],
    &["inner"],
    &["extras", "journal", "persist", "reschedule", "tool_secrets"],
    &["delivery", "turns"],
    &["app"],
    &["services"],
    &["testing"],
];

#[test]
fn modules_of_the_engine_name_only_those_below_them() {
    let floor = |name: &str| ENGINE.iter().position(|row| row.contains(&name));
    for (name, named) in Modules::of("crates/engine", &files()).0 {
        let own = floor(&name);
        assert!(own.is_some(), "engine::{name} has its place in ENGINE");
        for other in named {
            assert!(floor(&other) < own, "engine::{name} may not name engine::{other}");
        }
    }
}

#[test]
fn outside_libraries_stay_with_their_owners() {
    for (library, owners) in [
        ("rusqlite", &["crates/store"][..]),
        ("tokio-postgres", &["crates/store"]),
        ("clap", &["crates/server"]),
        ("axum", &["crates/dialect-kit", "crates/console", "crates/server", "dialects"]),
        ("askama", &["crates/console"]),
        ("pulldown-cmark", &["crates/console"]),
        ("ammonia", &["crates/console"]),
        ("sse-stream", &["crates/providers"]),
        ("reqwest", &["crates/outward", "crates/server/src/client", "crates/dialect-kit/src/testing", "/tests/"]),
        ("rustls", &["crates/outward", "crates/server/src/client", "crates/dialect-kit/src/testing", "/tests/"]),
    ] {
        let spelled = library.replace('-', "_");
        // The bench's bare server is what ours is measured against: it has a database, a router and flags of its own.
        for file in files().iter().filter(|file| !file.path.starts_with("bench")) {
            let owned = owners.iter().any(|owner| match *owner {
                "/tests/" => file.is_test(),
                owner => file.path.starts_with(owner),
            });
            let code = file.code();
            let named = code.contains(&format!("{spelled}::")) || code.contains(&format!("use {spelled}"));
            assert!(owned || !named, "{} names {library}", file.path);
        }
        for folder in arrows().keys().filter(|folder| *folder != "bench") {
            let owned = owners.iter().any(|owner| folder.starts_with(owner) || owner.starts_with(folder.as_str()));
            assert!(owned || !manifest(folder).built.contains(library), "{folder} depends on {library}");
        }
    }
}

/// The server opens a store and names the models, as the engine wants them. What stands in a store, the engine says.
#[test]
fn the_server_reads_nothing_past_the_engine() {
    for file in files().iter().filter(|file| file.path.starts_with("crates/server/src")) {
        let code = file.code();
        for below in ["store::", "providers::"] {
            for (at, _) in code.match_indices(below) {
                let named = &code[at + below.len()..];
                let list = named.strip_prefix('{').and_then(|list| list.split('}').next());
                let names: Vec<&str> = list.map_or(vec![named], |list| {
                    list.split(',').map(str::trim).filter(|name| !name.is_empty()).collect()
                });
                let is_type = |name: &&str| name.starts_with(|c: char| c.is_ascii_uppercase());
                assert!(names.iter().all(is_type), "{} uses a function of {below}", file.path);
            }
        }
    }
}

#[test]
fn only_the_server_and_the_dialects_know_a_dialect() {
    let vendors = vendors();
    for file in
        files().iter().filter(|file| file.path.starts_with("crates/") && !file.path.starts_with("crates/server"))
    {
        if VENDOR_NAME_ALLOWED.contains(&file.path.as_str()) {
            continue;
        }
        let code = file.code_without_tests().to_lowercase();
        let named: Vec<&String> = vendors.iter().filter(|vendor| code.contains(*vendor)).collect();
        assert!(named.is_empty(), "{} names {named:?}", file.path);
    }
    for dialect in dialects() {
        for file in files().iter().filter(|file| file.path.starts_with(&format!("dialects/{dialect}/src"))) {
            let others = dialects().into_iter().filter(|other| *other != dialect);
            for other in others.map(|other| format!("dialect_{other}")).chain(["store".into(), "providers".into()]) {
                assert!(!file.code().contains(&format!("{other}::")), "{} uses {other}", file.path);
            }
        }
    }
}

/// The list that the server and its tests have.
const LIST: &str = "crates/server/src/dialects.rs";

/// The two places of CONTRIBUTING.md. The tests of a dialect may name those that it shares paths with,
/// and those of the console any.
#[test]
fn a_dialect_is_a_folder_and_a_line_of_the_list() {
    for dialect in dialects() {
        let (named, folder) = (format!("dialect_{dialect}"), format!("dialects/{dialect}/"));
        let may = |file: &File| {
            let is_beside = file.path.starts_with("dialects/") || file.path.starts_with("crates/console/");
            file.path == LIST || file.path.starts_with(&folder) || is_beside && file.is_test()
        };
        let naming: Vec<File> = files().into_iter().filter(|file| file.code().contains(&named)).collect();
        let wrong: Vec<&String> = naming.iter().filter(|file| !may(file)).map(|file| &file.path).collect();
        assert!(wrong.is_empty(), "{wrong:?} name {named}: use the list of {LIST}");
        assert!(naming.iter().any(|file| file.path == LIST), "{LIST} lacks {dialect}");
    }
}

#[test]
fn files_and_functions_fit_a_reader() {
    let mut long = Vec::new();
    for file in files() {
        let (file_max, function_max) = match file.is_test() {
            true => (TEST_FILE_LINES_MAX, TEST_FUNCTION_LINES_MAX),
            false => (FILE_LINES_MAX, FUNCTION_LINES_MAX),
        };
        let whole = ("the file".to_owned(), file.text.lines().count(), file_max);
        let functions = file.functions().into_iter().map(|(name, lines)| (name, lines, function_max));
        for (name, lines, most) in std::iter::once(whole).chain(functions).filter(|(_, lines, most)| lines > most) {
            long.push(format!("{}: {name} has {lines} lines, {most} are allowed", file.path));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

/// Operations that take closures or streams. Each caller's crate compiles them.
const GENERIC_OPERATIONS: [&str; 8] = [
    "upload",
    "upload_as_guest",
    "upload_image",
    "put_agent",
    "update_agent",
    "search_threads",
    "sift_events",
    "update_webhook",
];

#[test]
fn operations_of_the_engine_are_compiled_once() {
    let mut boxed = 0;
    for file in files().iter().filter(|file| file.path.starts_with("crates/engine/src/app")) {
        let lines: Vec<&str> = file.text.lines().collect();
        for (i, line) in lines.iter().enumerate() {
            let Some(name) = line.strip_prefix("    pub async fn ") else { continue };
            let name = name.split(['(', '<']).next().unwrap_or_default();
            let is_boxed = lines[i - 1].trim() == "#[crate::boxed]";
            assert!(is_boxed || GENERIC_OPERATIONS.contains(&name), "{}: {name} is not #[crate::boxed]", file.path);
            boxed += usize::from(is_boxed);
        }
    }
    assert!(boxed > 100, "{boxed} operations, so they are not where they are looked for");
}

/// One vendor calls a thread a session; nobody else's client may read so in an error.
#[test]
fn a_thread_is_no_session_in_our_own_words() {
    for file in files() {
        let of_ours = ["crates/domain/src", "crates/providers/src", "crates/engine/src", "dialects/native/src"];
        if of_ours.iter().any(|folder| file.path.starts_with(folder)) {
            let code = file.code_without_tests().to_lowercase();
            assert!(!code.contains("session"), "{} says session", file.path);
        }
    }
}

#[test]
fn nothing_is_left_for_later() {
    // Spelled in two pieces, so that this file does not find itself.
    let left = [["todo", "!("], ["unimplemented", "!("], ["#[", "ignore"], ["dbg", "!("], ["TO", "DO"], ["FIX", "ME"]]
        .map(|two| two.concat());
    for file in files() {
        let found: Vec<&String> = left.iter().filter(|left| file.text.contains(*left)).collect();
        assert!(found.is_empty(), "{} has {found:?}", file.path);
    }
}

#[test]
fn functions_are_measured() {
    let text = "impl X {\n    pub async fn short(&self) -> u8 {\n        1\n    }\n\n    const fn declared() -> u8;\n}\n\nfn one() {}\n\nfn spread(\n    a: u8,\n) {\n    fn inner() {\n        a();\n    }\n}\n";
    let file = File { path: "x.rs".into(), text: text.into() };
    let expected = [("short", 3), ("one", 1), ("spread", 7), ("inner", 3)];
    assert_eq!(file.functions(), expected.map(|(name, lines)| (name.to_owned(), lines)));
}
