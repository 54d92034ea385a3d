//! Failures of the program: an exit code for scripts, and two lines for people.

use std::fmt;

/// The exit codes. [`Exit::TABLE`] is what `--help` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The server or this program failed.
    Failed = 1,
    /// A flag, a variable or the configuration file is wrong. Also the exit code of the parser of flags.
    Usage = 2,
    NotFound = 3,
    /// The key is missing, not valid, or lacks a scope.
    NotAllowed = 4,
    Unreachable = 5,
    /// The server refused the request.
    Refused = 6,
    /// The data folder or the database cannot be opened.
    Store = 7,
    /// The followed turn failed or was cancelled.
    TurnEnded = 8,
}

impl Exit {
    pub const TABLE: &str = "\
Exit codes:
  0  done
  1  the server or this program failed
  2  wrong usage: a flag, a THREADLINE_* variable or the configuration file
  3  not found
  4  not allowed: the key is missing, not valid, or lacks a scope
  5  the server cannot be reached
  6  the server refused the request: a field is invalid, or the request conflicts with what exists
  7  the data folder or the database cannot be opened
  8  the turn that was followed failed or was cancelled";
}

/// The reason why a command failed.
#[derive(Debug)]
pub struct Failure {
    pub exit: Exit,
    /// One line: the problem.
    pub what: String,
    /// One line: the remedy.
    pub hint: Option<String>,
}

pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: what.into(), hint: None }
    }

    pub fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    pub fn failed(what: impl Into<String>) -> Self {
        Self::new(Exit::Failed, what)
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what)?;
        match &self.hint {
            Some(hint) => write!(f, "\n  hint: {hint}"),
            None => Ok(()),
        }
    }
}
