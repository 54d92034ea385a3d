//! Every statement has a case.

use std::{fs, path::Path};

/// The text of every file below a folder.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { sources(&path) } else { fs::read_to_string(path).unwrap() }).collect()
}

#[test]
fn every_function_with_a_statement_is_called_here() {
    let store = Path::new(env!("CARGO_MANIFEST_DIR"));
    let cases = sources(&store.join("tests/conformance/statements"));
    let library = fs::read_to_string(store.join("src/lib.rs")).unwrap();
    // Public modules contain statements; the layer exports only types.
    let modules = library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let mut missing = Vec::new();
    for module in modules.filter(|module| *module != "testing") {
        let source = fs::read_to_string(store.join(format!("src/{module}.rs"))).unwrap();
        for function in source.lines().filter_map(|line| line.strip_prefix("pub async fn ")?.split('(').next()) {
            let call = format!("{module}::{function}(");
            if !cases.contains(&call) {
                missing.push(call);
            }
        }
    }
    assert!(missing.is_empty(), "no case for {missing:?}");
    assert!(cases.contains("turns::insert("), "the cases are where they are looked for");
}
