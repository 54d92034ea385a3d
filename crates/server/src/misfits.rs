//! Answers that are not what their documents say, written where a test reads them. `THREADLINE_MISFITS` names the file.

use std::{fs::OpenOptions, io::Write as _};

use dialect_kit::Doors;

/// Holds each answer against its document, if a test asks for it.
pub fn watch(doors: &Doors) {
    let Some(path) = std::env::var_os("THREADLINE_MISFITS") else { return };
    doors.hold_answers(move |misfit| {
        let file = OpenOptions::new().append(true).create(true).open(&path);
        file.and_then(|mut file| writeln!(file, "{misfit}")).expect("the test's folder can be written to");
    });
}
