//! Planted bugs. A build with the feature `planted-bugs` switches one on by `THREADLINE_PLANT`.
//!
//! The crash test must catch each of them, because a checker that never caught anything proves nothing. In all other
//! builds [`is_planted`] is a constant, and the code is removed.

/// A bug that the crash test must catch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Answers callers some time before their transaction commits.
    AnswerBeforeCommit,
    /// Commits the message some time before the turn that answers it.
    TurnAfterCommit,
    /// A worker writes its result without checking its attempt (no fencing).
    NoFence,
    /// A resumed reader starts one entry too late.
    CursorOffByOne,
    /// A process keeps in memory alone what it has drawn from budgets.
    ForgottenSpend,
    /// A take leaves the open turns as they are.
    TakeLeavesTurns,
    /// A worker goes on to show text of a turn that a take has ended.
    TakeKeepsEpoch,
    /// A worker stores its answer in a thread that a member has taken.
    AnswerAfterTake,
    /// Readers below the project get the entries that are the project's alone.
    NotesBelow,
}

impl Bug {
    pub const ALL: [Self; 9] = [
        Self::AnswerBeforeCommit,
        Self::TurnAfterCommit,
        Self::NoFence,
        Self::CursorOffByOne,
        Self::ForgottenSpend,
        Self::TakeLeavesTurns,
        Self::TakeKeepsEpoch,
        Self::AnswerAfterTake,
        Self::NotesBelow,
    ];

    /// The bug's name in `THREADLINE_PLANT`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AnswerBeforeCommit => "answer-before-commit",
            Self::TurnAfterCommit => "turn-after-commit",
            Self::NoFence => "no-fence",
            Self::CursorOffByOne => "cursor-off-by-one",
            Self::ForgottenSpend => "forgotten-spend",
            Self::TakeLeavesTurns => "take-leaves-turns",
            Self::TakeKeepsEpoch => "take-keeps-epoch",
            Self::AnswerAfterTake => "answer-after-take",
            Self::NotesBelow => "notes-below",
        }
    }
}

/// Time for which a planted bug keeps its window open, so that a kill can hit it.
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
