//! Finds the Python with the packages of `tests/requirements.txt`.

use std::{env, path::PathBuf};

/// The interpreter of the virtual environment that `./test` makes. `THREADLINE_TEST_PYTHON` names it, else it is beside
/// the build. If the machine has a proxy, start it with `NO_PROXY=127.0.0.1`.
///
/// # Panics
/// If there is none. `./test` makes it in its stage `python packages`.
pub fn python() -> PathBuf {
    beside("THREADLINE_TEST_PYTHON", "python/bin/python").unwrap_or_else(|| {
        panic!("there is no Python with the packages of tests/requirements.txt: run ./test, which makes one beside what is built")
    })
}

/// The interpreter of the virtual environment with openapi-generator. `THREADLINE_TEST_GENERATORS` names it, else it is
/// beside the build.
///
/// # Panics
/// If there is none. `./test --long` makes it in its stage `generators`.
pub fn generators() -> PathBuf {
    beside("THREADLINE_TEST_GENERATORS", "generators/bin/python").unwrap_or_else(|| {
        panic!("there is no Python with the packages of tests/generators.txt: run ./test --long, which makes one beside what is built")
    })
}

/// The program that a variable names, else the one at this path beside the build.
pub(super) fn beside(variable: &str, path: &str) -> Option<PathBuf> {
    let named = env::var_os(variable).map(PathBuf::from);
    let test = env::current_exe().expect("a test is a file");
    let built = test.ancestors().map(|folder| folder.join(path));
    named.into_iter().chain(built).find(|program| program.is_file())
}
