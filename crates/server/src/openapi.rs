//! `threadline openapi`: the documents that a running server has at `/openapi/{dialect}.json`.

use std::sync::Arc;

use dialect_kit::{Dialect, openapi};
use serde_json::Value;

use crate::{
    doors,
    failure::{Failure, Result},
    output,
};

/// The document of one dialect, or of all in one object.
pub fn print(dialect: Option<&str>) -> Result<()> {
    let doors = doors::all();
    match dialect {
        None => {
            let named = |door: &Arc<dyn Dialect>| Ok((door.name().to_owned(), document(&**door)?));
            output::print_json(&Value::Object(doors.iter().map(named).collect::<Result<_>>()?));
        }
        Some(wanted) => {
            let names: Vec<&str> = doors.iter().map(|door| door.name()).collect();
            let unknown = || {
                Failure::usage(format!("there is no dialect {wanted}")).hint(format!("there are {}", names.join(", ")))
            };
            let door = doors.iter().find(|door| door.name() == wanted).ok_or_else(unknown)?;
            output::print_json(&document(&**door)?);
        }
    }
    Ok(())
}

fn document(dialect: &dyn Dialect) -> Result<Value> {
    serde_json::to_value(openapi::document(dialect))
        .map_err(|why| Failure::failed(format!("the document of {}: {why}", dialect.name())))
}
