//! Counts the work of a store.

use std::{
    ops::{Add, Sub},
    sync::{Arc, Mutex, PoisonError},
};

use domain::Result;

use crate::{Operation, Tx};

/// Operations and their statements. BEGIN and its end do not count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    pub reads: u64,
    pub writes: u64,
    pub statements: u64,
    /// Steps through tables without an index. Counted on SQLite only.
    pub scanned: u64,
    /// Steps of SQLite's virtual machine.
    pub steps: u64,
}

impl Ran {
    fn with(self, other: Self, of: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            reads: of(self.reads, other.reads),
            writes: of(self.writes, other.writes),
            statements: of(self.statements, other.statements),
            scanned: of(self.scanned, other.scanned),
            steps: of(self.steps, other.steps),
        }
    }
}

impl Add for Ran {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.with(other, u64::saturating_add)
    }
}

impl Sub for Ran {
    type Output = Self;

    /// The work between two counts.
    fn sub(self, before: Self) -> Self {
        self.with(before, u64::saturating_sub)
    }
}

/// The counter of one store.
#[derive(Clone, Default)]
pub(crate) struct Tally(Arc<Mutex<Ran>>);

impl Tally {
    pub(crate) fn ran(&self) -> Ran {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn read<O: Operation>(&self, operation: O) -> Counted<O> {
        Counted { operation, begun: Ran { reads: 1, ..Ran::default() }, tally: self.clone() }
    }

    pub(crate) fn write<O: Operation>(&self, operation: O) -> Counted<O> {
        Counted { operation, begun: Ran { writes: 1, ..Ran::default() }, tally: self.clone() }
    }

    fn add(&self, ran: Ran) {
        let mut sum = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *sum = *sum + ran;
    }
}

/// An operation that is counted after it has run.
pub(crate) struct Counted<O> {
    operation: O,
    begun: Ran,
    tally: Tally,
}

impl<O: Operation> Operation for Counted<O> {
    type Out = O::Out;

    async fn run(self, tx: &mut Tx) -> Result<O::Out> {
        let before = tx.ran;
        let out = self.operation.run(tx).await;
        self.tally.add(self.begun + (tx.ran - before));
        out
    }

    fn again(&self) -> Option<Self> {
        let operation = self.operation.again()?;
        Some(Self { operation, begun: self.begun, tally: self.tally.clone() })
    }
}
