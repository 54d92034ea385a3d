//! Writes answers that differ from their documents to a file for tests, named by `THREADLINE_MISFITS`.

use std::{fs::OpenOptions, io::Write as _};

use dialect_kit::Doors;

/// Checks each answer against its document, if a test asks for it.
pub fn watch(doors: &Doors) {
    let Some(path) = std::env::var_os("THREADLINE_MISFITS") else { return };
    doors.hold_answers(move |misfit| {
        let file = OpenOptions::new().append(true).create(true).open(&path);
        file.and_then(|mut file| writeln!(file, "{misfit}")).expect("the test's folder can be written to");
    });
}
