//! Answers of bounded size: so many rows, and of those as many as have so many bytes of text.

use domain::Result;

use crate::{FromRow, Row};

/// How much of an answer is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    pub rows: i64,
    /// Of the text in all columns of these rows.
    pub bytes: i64,
    /// Whether the first row is taken however large it is.
    one_at_least: bool,
}

impl Bound {
    /// A page: it has one row at least.
    pub fn page(rows: i64, bytes: i64) -> Self {
        Self { rows, bytes, one_at_least: true }
    }

    /// What goes beside a page that has begun.
    pub fn rest(rows: i64, bytes: i64) -> Self {
        Self { rows, bytes: bytes.max(0), one_at_least: false }
    }

    /// So many rows, however large: only for rows that are small.
    pub fn rows(rows: i64) -> Self {
        Self::page(rows, i64::MAX)
    }

    /// The `LIMIT` of the statement: one more row than is taken, to see whether there are more.
    pub(crate) fn asked(self) -> i64 {
        self.rows.saturating_add(1)
    }
}

/// The rows that were taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitted<T> {
    pub rows: Vec<T>,
    /// The bytes of text of each row.
    pub sizes: Vec<usize>,
    /// Whether the answer had more rows.
    pub more: bool,
}

impl<T> Fitted<T> {
    pub fn none() -> Self {
        Self { rows: Vec::new(), sizes: Vec::new(), more: false }
    }

    /// The bytes of text of all rows.
    pub fn bytes(&self) -> i64 {
        self.sizes.iter().map(|size| i64::try_from(*size).unwrap_or(i64::MAX)).fold(0, i64::saturating_add)
    }

    pub(crate) fn map<U>(self, row: impl FnMut(T) -> U) -> Fitted<U> {
        let Self { rows, sizes, more } = self;
        Fitted { rows: rows.into_iter().map(row).collect(), sizes, more }
    }
}

/// An answer that is being taken, row by row.
pub(crate) struct Taking<T> {
    bound: Bound,
    bytes: i64,
    fitted: Fitted<Result<T>>,
}

impl<T: FromRow> Taking<T> {
    pub(crate) fn new(bound: Bound) -> Self {
        Self { bound, bytes: 0, fitted: Fitted::none() }
    }

    /// Takes the row if it fits; whether the next one may.
    pub(crate) fn take(&mut self, row: &Row<'_>) -> bool {
        let size = row.text_bytes();
        let bytes = self.bytes.saturating_add(i64::try_from(size).unwrap_or(i64::MAX));
        let taken = self.fitted.rows.len() as i64;
        let fits = bytes <= self.bound.bytes || (taken == 0 && self.bound.one_at_least);
        if self.fitted.more || taken >= self.bound.rows || !fits {
            self.fitted.more = true;
            return false;
        }
        self.bytes = bytes;
        self.fitted.rows.push(T::from_row(row));
        self.fitted.sizes.push(size);
        true
    }

    pub(crate) fn done(self) -> Result<Fitted<T>> {
        let Fitted { rows, sizes, more } = self.fitted;
        Ok(Fitted { rows: rows.into_iter().collect::<Result<_>>()?, sizes, more })
    }
}

/// A statement for [`crate::Tx::query_fitting`], whose rows have a `seq` or an `id` by which they are ordered. SQLite is read row by row
/// and no further than is taken. PostgreSQL sends whatever a statement answers, so it is made to leave out all but one of the rows that
/// begin beyond the bound: `$bytes` is the parameter, `$size` what a row has of text or less.
macro_rules! fitting {
    ($bytes:literal, $size:literal, $order:literal, $($inner:expr),+ $(,)?) => {
        concat!(
            "/*pg SELECT f.* FROM (SELECT w.*, SUM(",
            $size,
            ") OVER (ORDER BY ",
            $order,
            " ROWS BETWEEN UNBOUNDED PRECEDING AND 2 PRECEDING) AS ahead FROM ( */ ",
            $($inner),+,
            " /*pg ) AS w) AS f WHERE COALESCE(f.ahead, 0) <= ",
            $bytes,
            " ORDER BY ",
            $order,
            " */"
        )
    };
}
pub(crate) use fitting;
