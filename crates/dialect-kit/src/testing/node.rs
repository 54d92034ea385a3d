//! Finds the Node with the packages of `tests/clients/package.json`.

use std::path::PathBuf;

use super::python::beside;

/// The Node that `./test` installs beside its packages. `THREADLINE_TEST_NODE` names it, else it is beside the build.
/// The packages are in `node_modules` of the same folder. If the machine has a proxy, start it with
/// `NO_PROXY=127.0.0.1`.
///
/// # Panics
/// If there is none. `./test` makes it in its stage `node packages`.
pub fn node() -> PathBuf {
    beside("THREADLINE_TEST_NODE", "node/node").unwrap_or_else(|| {
        panic!("there is no Node with the packages of tests/clients: run ./test, which puts one beside what is built")
    })
}
