//! A program that serves models, and ends with this process.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Stdio},
};

use tempfile::TempDir;

use crate::process;

/// A program of `tests/model`. It prints its URL as its first line, and ends with its standard input.
pub struct Program {
    /// Without a slash at the end.
    pub url: String,
    process: Child,
    _input: ChildStdin,
    folder: TempDir,
}

impl Program {
    /// Starts the script with these arguments, and waits for its URL.
    ///
    /// # Panics
    /// If the script prints no URL. The message has what the script said instead.
    pub fn start(interpreter: &Path, script: &str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = process::program(interpreter.to_str().expect("UTF-8"));
        command.arg(path(script)).args(arguments).env("PYTHONDONTWRITEBYTECODE", "1");
        let log = fs::File::create(log(&folder)).expect("the folder is writable");
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().expect("the program starts");
        let mut url = String::new();
        BufReader::new(process.stdout.take().expect("a pipe")).read_line(&mut url).expect("UTF-8");
        let input = process.stdin.take().expect("a pipe");
        let program = Self { url: url.trim().into(), process, _input: input, folder };
        assert!(!program.url.is_empty(), "{script} did not start; ./test installs its packages: {}", program.said());
        program
    }

    /// The text of its standard error.
    pub fn said(&self) -> String {
        fs::read_to_string(log(&self.folder)).unwrap_or_default()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Fails only if it has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn log(folder: &TempDir) -> PathBuf {
    folder.path().join("log")
}

/// A file of `tests/model`.
pub fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/model").join(name)
}
