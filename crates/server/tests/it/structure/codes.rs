//! The codes of errors stand in one module. Their type keeps others from making one; this keeps others from comparing texts.

use std::collections::BTreeMap;

use super::source::{File, files};

const MODULE: &str = "crates/domain/src/codes.rs";
/// Where the text of a code stands for something else.
const ALLOWED: [(&str, &str); 2] = [
    ("dialects/capy/src/error.rs", "the codes of this contract, which are its own"),
    ("dialects/native/src/wire/problem.rs", "an example in the document"),
];

/// Names of the constants and their codes.
fn codes() -> BTreeMap<String, String> {
    let module = files().into_iter().find(|file| file.path == MODULE).expect("the module of codes");
    let code = module.code_without_tests();
    let constants = code.lines().filter_map(|line| line.trim().strip_suffix("\";")?.split_once(" = \""));
    let constants = constants.filter(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'));
    constants.map(|(name, code)| (name.to_owned(), code.to_owned())).collect()
}

fn built() -> impl Iterator<Item = File> {
    files().into_iter().filter(|file| !file.is_test() && file.path != MODULE)
}

#[test]
fn no_code_is_written_as_a_text() {
    let codes = codes();
    assert!(codes.len() > 50, "{} codes, so they are not where they are looked for", codes.len());
    // One word alone is a word of other things too: of a log line, of a host.
    let several: Vec<&String> = codes.values().filter(|code| code.contains('_')).collect();
    let speaks = ["crates/engine/", "crates/dialect-kit/", "dialects/"];
    for file in built().filter(|file| speaks.iter().any(|folder| file.path.starts_with(folder))) {
        if ALLOWED.iter().any(|(path, _)| file.path == *path) {
            continue;
        }
        let code = file.code_without_tests();
        let found: Vec<&&String> = several.iter().filter(|one| code.contains(&format!("\"{one}\""))).collect();
        assert!(found.is_empty(), "{} writes {found:?}: use the constants of domain::codes", file.path);
    }
}

#[test]
fn every_code_is_answered_by_something() {
    let code: String = built().map(|file| file.code_without_tests()).collect();
    let unused: Vec<String> = codes().into_keys().filter(|name| !code.contains(&format!("codes::{name}"))).collect();
    assert!(unused.is_empty(), "{unused:?} of {MODULE} is never used");
}
