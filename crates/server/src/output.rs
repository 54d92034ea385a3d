//! The output of commands: the server's JSON, or fields and tables for people.

use std::io::Write;

use serde::Serialize;
use serde_json::Value;

use crate::{
    client::Answer,
    columns::{Columns, plain},
};

/// The form of a command's output.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub json: bool,
}

impl Output {
    /// Prints one thing: some of its fields, one per line, or all of it as JSON.
    pub fn thing(self, thing: &Answer, fields: &[&str]) {
        if self.json {
            return print_json(thing);
        }
        let width = fields.iter().map(|name| name.len()).max().unwrap_or(0);
        let line = |name: &&str| format!("{name:width$}  {}\n", field(thing, name));
        print(&fields.iter().map(line).collect::<String>());
    }

    /// Prints several things: one line each under headings, or a JSON array.
    pub fn things<const N: usize>(self, things: &[Answer], fields: [&str; N]) {
        if self.json {
            return print_json(&things);
        }
        let mut columns = Columns::new(fields.map(str::to_ascii_uppercase).each_ref().map(String::as_str));
        things.iter().for_each(|thing| columns.row(fields.map(|name| field(thing, name))));
        print(&columns.to_string());
    }
}

/// A field by its path (`closed.reason`), on one line. `-` if it is absent.
pub fn field(thing: &Value, path: &str) -> String {
    let found = path.split('.').try_fold(thing, |value, name| value.get(name));
    match found {
        None | Some(Value::Null) => "-".into(),
        Some(Value::String(text)) => plain(text),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            plain(&items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","))
        }
        Some(other) => plain(&other.to_string()),
    }
}

/// Prints to standard output at once. If nobody reads it, as after `| head`, the program ends.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// Prints on several lines, with members in their own order.
pub fn print_json(value: &impl Serialize) {
    let text = serde_json::to_string_pretty(value).expect("it is JSON, and its keys are texts");
    print(&(text + "\n"));
}
