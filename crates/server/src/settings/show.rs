//! `threadline config`: every setting with the value for this process.

use console::Setting;
use serde_json::{Value, json};

use super::{Layers, Origin};
use crate::columns::Columns;

/// A table for people, or JSON for programs. A secret is shown only as set.
pub fn show(layers: &Layers, as_json: bool) -> String {
    if as_json {
        let mut all: Vec<Value> = layers
            .all()
            .map(|(setting, value, origin)| {
                json!({
                    "name": setting.name,
                    "value": value.map(|value| setting.kind.shown(value)),
                    "default": setting.default,
                    "origin": origin.to_string(),
                    "environment": setting.variable(),
                    "flag": setting.flag().map(|flag| format!("--{flag}")),
                    "file_key": setting.file.then_some(&setting.name),
                    "type": setting.kind.name(),
                    "meaning": setting.meaning,
                })
            })
            .collect();
        all.extend(layers.tables().shown().map(
            |(key, value, file)| json!({"name": key, "value": value, "origin": origin(file, key), "file_key": key}),
        ));
        return serde_json::to_string_pretty(&all).expect("strings are JSON") + "\n";
    }
    let mut columns = Columns::new(["SETTING", "VALUE", "DEFAULT", "ORIGIN"]);
    for (setting, value, origin) in layers.all() {
        let value = value.map_or("-".into(), |value| setting.kind.shown(value));
        columns.row([setting.name.clone(), value, setting.default.clone().unwrap_or("-".into()), origin.to_string()]);
    }
    for (key, value, file) in layers.tables().shown() {
        columns.row([key.into(), value.into(), "-".into(), origin(file, key)]);
    }
    columns.to_string()
}

/// All settings for the console. A secret is shown only as set.
pub fn settings(layers: &Layers) -> Vec<Setting> {
    let own = layers.all().map(|(setting, value, origin)| Setting {
        name: setting.name.clone(),
        value: value.map(|value| setting.kind.shown(value)),
        origin: origin.to_string(),
    });
    let tables = layers.tables().shown().map(|(key, value, file)| Setting {
        name: key.to_owned(),
        value: Some(value.to_owned()),
        origin: origin(file, key),
    });
    own.chain(tables).collect()
}

fn origin(file: &str, key: &str) -> String {
    Origin::File { path: file.into(), key: key.into() }.to_string()
}
