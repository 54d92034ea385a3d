//! Bugs that can be switched on in a build with the feature `planted-bugs`, one at a time, by `THREADLINE_PLANT`.
//!
//! The crash test must catch each of them: a checker that has never caught anything proves nothing. In every other build
//! [`is_planted`] is a constant, and nothing of this is left.

/// A bug that the crash test must catch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Callers are answered, and a while later their transaction is committed.
    AnswerBeforeCommit,
    /// The message is committed, and a while later the turn that answers it.
    TurnAfterCommit,
    /// A worker writes its result without asking whether the turn is still its own.
    NoFence,
    /// A reader that resumes begins one entry too late.
    CursorOffByOne,
}

impl Bug {
    pub const ALL: [Self; 4] = [Self::AnswerBeforeCommit, Self::TurnAfterCommit, Self::NoFence, Self::CursorOffByOne];

    /// Its name in `THREADLINE_PLANT`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AnswerBeforeCommit => "answer-before-commit",
            Self::TurnAfterCommit => "turn-after-commit",
            Self::NoFence => "no-fence",
            Self::CursorOffByOne => "cursor-off-by-one",
        }
    }
}

/// How long a planted bug keeps its window open, so that a kill falls into it.
pub const WINDOW: std::time::Duration = std::time::Duration::from_millis(30);

#[cfg(feature = "planted-bugs")]
pub fn is_planted(bug: Bug) -> bool {
    static PLANTED: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    PLANTED.get_or_init(|| std::env::var("THREADLINE_PLANT").ok()).as_deref() == Some(bug.name())
}

#[cfg(not(feature = "planted-bugs"))]
pub const fn is_planted(_: Bug) -> bool {
    false
}
