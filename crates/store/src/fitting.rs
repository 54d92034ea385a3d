//! Answers of bounded size, by rows and by bytes of text.

use domain::Result;

use crate::{FromRow, Row};

/// The bound of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    pub rows: i64,
    /// Bytes of text in all columns of the rows.
    pub bytes: i64,
    /// True to take the first row whatever its size.
    one_at_least: bool,
}

impl Bound {
    /// The bound of a page, which has at least one row.
    pub fn page(rows: i64, bytes: i64) -> Self {
        Self { rows, bytes, one_at_least: true }
    }

    /// The bound of rows that are added to a page.
    pub fn rest(rows: i64, bytes: i64) -> Self {
        Self { rows, bytes: bytes.max(0), one_at_least: false }
    }

    /// A bound by rows only, for rows that are small.
    pub fn rows(rows: i64) -> Self {
        Self::page(rows, i64::MAX)
    }

    /// The number of first rows within the bound, by the sizes of all.
    pub fn holds(self, sizes: impl Iterator<Item = usize>) -> usize {
        let mut bytes = 0;
        let fits = |(taken, size): &(usize, usize)| {
            bytes = added(bytes, *size);
            self.fits(*taken as i64, bytes)
        };
        sizes.enumerate().take_while(fits).count()
    }

    /// Tells whether one more row is within the bound. `bytes`: with the row.
    fn fits(self, taken: i64, bytes: i64) -> bool {
        taken < self.rows && (bytes <= self.bytes || (taken == 0 && self.one_at_least))
    }

    /// The `LIMIT` of the statement: one row more than is taken, to know whether more follow.
    pub(crate) fn asked(self) -> i64 {
        self.rows.saturating_add(1)
    }
}

fn added(bytes: i64, size: usize) -> i64 {
    bytes.saturating_add(i64::try_from(size).unwrap_or(i64::MAX))
}

/// The rows within the bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fitted<T> {
    pub rows: Vec<T>,
    /// Bytes of text of each row.
    pub sizes: Vec<usize>,
    /// True if the answer had more rows.
    pub more: bool,
}

impl<T> Fitted<T> {
    pub fn none() -> Self {
        Self { rows: Vec::new(), sizes: Vec::new(), more: false }
    }

    /// Bytes of text of all rows.
    pub fn bytes(&self) -> i64 {
        self.sizes.iter().copied().fold(0, added)
    }

    pub(crate) fn map<U>(self, row: impl FnMut(T) -> U) -> Fitted<U> {
        let Self { rows, sizes, more } = self;
        Fitted { rows: rows.into_iter().map(row).collect(), sizes, more }
    }
}

/// An answer that is read row by row.
pub(crate) struct Taking<T> {
    bound: Bound,
    bytes: i64,
    fitted: Fitted<Result<T>>,
}

impl<T: FromRow> Taking<T> {
    pub(crate) fn new(bound: Bound) -> Self {
        Self { bound, bytes: 0, fitted: Fitted::none() }
    }

    /// Takes the row if it fits. Returns whether to read the next one.
    pub(crate) fn take(&mut self, row: &Row<'_>) -> bool {
        let size = row.text_bytes();
        let bytes = added(self.bytes, size);
        if self.fitted.more || !self.bound.fits(self.fitted.rows.len() as i64, bytes) {
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

/// Makes a statement for [`crate::Tx::query_fitting`]. Its rows are ordered by `seq` or `id`.
///
/// SQLite stops reading at the bound. PostgreSQL would send the whole answer, so the statement itself leaves out all
/// rows after the first one beyond the bound. `$bytes` is the parameter. `$size` is the row's size in bytes of text, or
/// less.
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
