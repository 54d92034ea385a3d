//! Translates the common SQL text and its values for PostgreSQL.

use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::Value;

type Converted<T> = Result<T, Box<dyn Error + Sync + Send>>;

/// Replaces `?1` by `$1`, uncomments `/*pg … */`, and leaves out the text between `/*lite*/` and `/*end*/`. Quoted text
/// stays unchanged. Runs once for each statement and connection.
pub(super) fn translated(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len());
    let (mut rest, mut uncommenting) = (sql, false);
    while let Some(next) = rest.chars().next() {
        if let Some(inside) = rest.strip_prefix("/*pg") {
            (rest, uncommenting) = (inside, true);
        } else if let Some(inside) = rest.strip_prefix("/*lite*/") {
            rest = inside.split_once("/*end*/").map_or("", |(_, after)| after);
        } else if uncommenting && let Some(after) = rest.strip_prefix("*/") {
            (rest, uncommenting) = (after, false);
        } else {
            let taken = match next {
                '\'' => rest[1..].find('\'').map_or(rest.len(), |end| end + 2),
                _ => next.len_utf8(),
            };
            out.push_str(if next == '?' { "$" } else { &rest[..taken] });
            rest = &rest[taken..];
        }
    }
    out
}

impl ToSql for Value<'_> {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Converted<IsNull> {
        match (*self, ty) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Int(i), &Type::INT8) => i.to_sql(ty, out),
            (Value::Int(i), &Type::INT4) => i32::try_from(i)?.to_sql(ty, out),
            (Value::Bool(b), &Type::BOOL) => b.to_sql(ty, out),
            (Value::Text(text), &Type::TEXT) if text.as_bytes().contains(&0) => Err("NUL in a text".into()),
            (Value::Text(text), &Type::TEXT) => text.to_sql(ty, out),
            (Value::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(ty, out),
            (Value::Uuid(id), &Type::UUID) => id.to_sql(ty, out),
            (other, _) => Err(format!("{} does not fit {ty}", other.kind()).into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Converted<Self> {
        Ok(match *ty {
            Type::INT8 => Value::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Value::Int(i32::from_sql(ty, raw)?.into()),
            Type::BOOL => Value::Bool(bool::from_sql(ty, raw)?),
            Type::BYTEA => Value::Bytes(<&[u8]>::from_sql(ty, raw)?),
            Type::UUID => Value::Uuid(Uuid::from_sql(ty, raw)?),
            _ => Value::Text(<&str>::from_sql(ty, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Converted<Self> {
        Ok(Value::Null)
    }

    fn accepts(ty: &Type) -> bool {
        matches!(*ty, Type::INT8 | Type::INT4 | Type::BOOL | Type::BYTEA | Type::UUID | Type::TEXT | Type::VARCHAR)
    }
}

#[cfg(test)]
mod tests {
    use super::translated;

    #[test]
    fn parameters_are_renumbered_and_marked_comments_opened() {
        for (ours, theirs) in [
            ("SELECT ?1, ?12", "SELECT $1, $12"),
            ("SELECT '?1 /*pg x */ é', ?2", "SELECT '?1 /*pg x */ é', $2"),
            ("SELECT 'it''s ?', ?1", "SELECT 'it''s ?', $1"),
            ("SELECT 1 /* why? */", "SELECT 1 /* why$ */"),
            ("SELECT 1 /*pg FOR UPDATE SKIP LOCKED */, ?1", "SELECT 1  FOR UPDATE SKIP LOCKED , $1"),
            ("SELECT /*lite*/ hex(?1) /*end*//*pg encode(?1, 'hex') */, ?2", "SELECT  encode($1, 'hex') , $2"),
        ] {
            assert_eq!(translated(ours), theirs);
        }
    }
}
