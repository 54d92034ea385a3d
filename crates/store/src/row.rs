//! Rows, converted while they are borrowed from the database.

use domain::{Error, Result};

use crate::{Column, Value, sqlite};

/// One row of an answer. Columns are read by index, from 0.
pub struct Row<'r>(pub(crate) Source<'r>);

pub(crate) enum Source<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

/// A type that is made from a whole row.
pub trait FromRow: Sized {
    fn from_row(row: &Row<'_>) -> Result<Self>;
}

impl Row<'_> {
    /// Column `i`. A value that is not a `C` is an internal error that names the column.
    pub fn get<C: Column>(&self, i: usize) -> Result<C> {
        self.value(i)
            .and_then(|value| C::read(value).map_err(|mismatch| mismatch.0))
            .map_err(|wrong| self.inconsistent(i, &wrong))
    }

    /// Bytes of text in all columns.
    pub(crate) fn text_bytes(&self) -> usize {
        match &self.0 {
            Source::Sqlite(row) => sqlite::text_bytes(row),
            Source::Postgres(row) => {
                let text = |i| match row.try_get(i) {
                    Ok(Value::Text(text)) => text.len(),
                    _ => 0,
                };
                (0..row.len()).map(text).sum()
            }
        }
    }

    fn value(&self, i: usize) -> Result<Value<'_>, String> {
        match &self.0 {
            Source::Sqlite(row) => sqlite::column(row, i),
            Source::Postgres(row) => row.try_get(i).map_err(|e| e.to_string()),
        }
    }

    fn inconsistent(&self, i: usize, wrong: &str) -> Error {
        let name = match &self.0 {
            Source::Sqlite(row) => row.as_ref().column_name(i).ok(),
            Source::Postgres(row) => row.columns().get(i).map(|column| column.name()),
        };
        Error::internal(format!("column {i} ({}): {wrong}", name.unwrap_or("not in the answer")))
    }
}

/// Reads a text column that holds one word of a fixed set.
pub(crate) fn word<T>(row: &Row<'_>, i: usize, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
    let text: String = row.get(i)?;
    parse(&text).ok_or_else(|| row.inconsistent(i, "an unknown word"))
}

impl<C: Column> FromRow for C {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        row.get(0)
    }
}

macro_rules! tuples {
    ($(($($column:ident $i:tt),+);)+) => {$(
        impl<$($column: Column),+> FromRow for ($($column,)+) {
            fn from_row(row: &Row<'_>) -> Result<Self> {
                Ok(($(row.get::<$column>($i)?,)+))
            }
        }
    )+};
}

tuples! {
    (A 0);
    (A 0, B 1);
    (A 0, B 1, C 2);
    (A 0, B 1, C 2, D 3);
    (A 0, B 1, C 2, D 3, E 4);
    (A 0, B 1, C 2, D 3, E 4, F 5);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10);
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11);
}
