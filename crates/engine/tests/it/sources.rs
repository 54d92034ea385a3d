//! The texts of the operations.

use std::{fs, path::Path};

/// The source files of the operations, whichever room they stand in.
pub fn sources() -> Vec<String> {
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/app"), &mut found);
    found
}

fn walk(folder: &Path, found: &mut Vec<String>) {
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        match path.is_dir() {
            true => walk(&path, found),
            false => found.push(fs::read_to_string(path).unwrap()),
        }
    }
}
