//! The Python that has the packages of `tests/requirements.txt`.

use std::{env, path::PathBuf};

/// The interpreter of the virtual environment that `./test` makes: `THREADLINE_TEST_PYTHON` names it, or it stands beside
/// what is built. Start it with `NO_PROXY=127.0.0.1`, where the machine has a proxy.
///
/// # Panics
/// When there is none. `./test` makes it in its stage `python packages`.
pub fn python() -> PathBuf {
    let named = env::var_os("THREADLINE_TEST_PYTHON").map(PathBuf::from);
    let test = env::current_exe().expect("a test is a file");
    let beside = test.ancestors().map(|folder| folder.join("python/bin/python"));
    named.into_iter().chain(beside).find(|python| python.is_file()).unwrap_or_else(|| {
        panic!("there is no Python with the packages of tests/requirements.txt: run ./test, which makes one beside what is built")
    })
}
