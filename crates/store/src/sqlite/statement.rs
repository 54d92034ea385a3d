//! Runs one statement on SQLite.

use domain::{Error, Result};
use rusqlite::{
    CachedStatement, Connection,
    types::{ToSqlOutput, ValueRef},
};

use super::failure::failed;
use crate::{Bound, Fitted, FromRow, Params, Row, Value, fitting::Taking, row::Source};

pub(crate) fn execute(db: &Connection, sql: &str, params: Params<'_>) -> Result<u64> {
    let mut statement = prepare(db, sql, params)?;
    let rows = statement.raw_execute().map_err(|e| failed(db, sql, &e))?;
    Ok(rows as u64)
}

/// The first `max` rows.
pub(crate) fn query<T: FromRow>(db: &Connection, sql: &str, params: Params<'_>, max: usize) -> Result<Vec<T>> {
    let mut statement = prepare(db, sql, params)?;
    let mut rows = statement.raw_query();
    let mut out = Vec::new();
    while out.len() < max
        && let Some(row) = rows.next().map_err(|e| failed(db, sql, &e))?
    {
        out.push(T::from_row(&Row(Source::Sqlite(row)))?);
    }
    Ok(out)
}

/// The rows within the bound, without reading further.
pub(crate) fn query_fitting<T: FromRow>(
    db: &Connection,
    sql: &str,
    params: Params<'_>,
    bound: Bound,
) -> Result<Fitted<T>> {
    let mut statement = prepare(db, sql, params)?;
    let mut rows = statement.raw_query();
    let mut taking = Taking::new(bound);
    while let Some(row) = rows.next().map_err(|e| failed(db, sql, &e))? {
        if !taking.take(&Row(Source::Sqlite(row))) {
            break;
        }
    }
    taking.done()
}

/// Full-scan steps and machine steps of the statement since the last call.
#[cfg(feature = "testing")]
pub(crate) fn steps(db: &Connection, sql: &str) -> (u64, u64) {
    use rusqlite::StatementStatus::{FullscanStep, VmStep};
    let Ok(statement) = db.prepare_cached(sql) else { return (0, 0) };
    let [scanned, all] = [FullscanStep, VmStep].map(|which| statement.reset_status(which));
    (u64::try_from(scanned).unwrap_or(0), u64::try_from(all).unwrap_or(0))
}

fn prepare<'c>(db: &'c Connection, sql: &str, params: Params<'_>) -> Result<CachedStatement<'c>> {
    let mut statement = db.prepare_cached(sql).map_err(|e| failed(db, sql, &e))?;
    if statement.parameter_count() != params.len() {
        let (wanted, given) = (statement.parameter_count(), params.len());
        return Err(Error::internal(format!("{given} parameters for {wanted}: {sql}")));
    }
    for (i, param) in params.iter().enumerate() {
        let value = param.value();
        refuse_nul(sql, &value)?;
        statement.raw_bind_parameter(i + 1, value).map_err(|e| failed(db, sql, &e))?;
    }
    Ok(statement)
}

/// Refuses NUL in text. PostgreSQL has no such texts, and SQLite would store them.
fn refuse_nul(sql: &str, value: &Value<'_>) -> Result<()> {
    match value {
        Value::Text(text) if text.as_bytes().contains(&0) => Err(Error::internal(format!("NUL in a text: {sql}"))),
        _ => Ok(()),
    }
}

/// Bytes of text in all columns of a row, without reading the text.
pub(crate) fn text_bytes(row: &rusqlite::Row<'_>) -> usize {
    let text = |i| match row.get_ref(i) {
        Ok(ValueRef::Text(text)) => text.len(),
        _ => 0,
    };
    (0..row.as_ref().column_count()).map(text).sum()
}

/// Column `i` of a row, or the reason why it is wrong.
pub(crate) fn column<'r>(row: &'r rusqlite::Row<'_>, i: usize) -> Result<Value<'r>, String> {
    match row.get_ref(i).map_err(|e| e.to_string())? {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(i) => Ok(Value::Int(i)),
        ValueRef::Text(text) => std::str::from_utf8(text).map(Value::Text).map_err(|e| e.to_string()),
        ValueRef::Blob(bytes) => Ok(Value::Bytes(bytes)),
        ValueRef::Real(_) => Err("a fraction".to_owned()),
    }
}

impl rusqlite::ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(i) => ValueRef::Integer(*i),
            Value::Bool(b) => ValueRef::Integer(i64::from(*b)),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
            Value::Uuid(id) => ValueRef::Blob(id.as_bytes()),
        }))
    }
}
