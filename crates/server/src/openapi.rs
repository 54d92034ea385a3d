//! `threadline openapi`: the documents that a running server serves at `/openapi/{dialect}.json`.

use std::sync::Arc;

use dialect_kit::{Contract, openapi};
use serde_json::Value;

use crate::{
    dialects,
    failure::{Failure, Result},
    output,
};

/// The document of one dialect, or of all in one object.
pub fn print(dialect: Option<&str>) -> Result<()> {
    let dialects = dialects::all();
    match dialect {
        None => {
            let named = |dialect: &Arc<dyn Contract>| Ok((dialect.name().to_owned(), document(&**dialect)?));
            output::print_json(&Value::Object(dialects.iter().map(named).collect::<Result<_>>()?));
        }
        Some(wanted) => {
            let unknown = || {
                Failure::usage(format!("there is no dialect {wanted}"))
                    .hint(format!("there are {}", dialects::names().join(", ")))
            };
            let found = dialects.iter().find(|dialect| dialect.name() == wanted).ok_or_else(unknown)?;
            output::print_json(&document(&**found)?);
        }
    }
    Ok(())
}

fn document(dialect: &dyn Contract) -> Result<Value> {
    serde_json::to_value(openapi::document(dialect))
        .map_err(|why| Failure::failed(format!("the document of {}: {why}", dialect.name())))
}
