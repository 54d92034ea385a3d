//! The Node that has the packages of `tests/clients/package.json`.

use std::path::PathBuf;

use super::python::beside;

/// The program that `./test` puts beside its packages: `THREADLINE_TEST_NODE` names it, or it stands beside what is built. The
/// packages are in `node_modules` in the same folder. Start it with `NO_PROXY=127.0.0.1`, where the machine has a proxy.
///
/// # Panics
/// When there is none. `./test` makes it in its stage `node packages`.
pub fn node() -> PathBuf {
    beside("THREADLINE_TEST_NODE", "node/node").unwrap_or_else(|| {
        panic!("there is no Node with the packages of tests/clients: run ./test, which puts one beside what is built")
    })
}
