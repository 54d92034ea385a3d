//! Names of fields on the vendors' wires.

use std::collections::BTreeSet;

use super::source::{File, files, vendors};

/// Where the engine may have a field's name of a vendor's.
const VENDOR_FIELD_ALLOWED: [(&str, &[&str]); 2] = [
    // What a browser keeps, in the words of the programs that save it.
    ("crates/engine/src/app/snapshots/storage_state.rs", &["httpOnly", "localStorage", "sameSite"]),
    // Columns of our own tables.
    ("crates/engine/src/", &["agent_id", "thread_id"]),
];

#[test]
fn the_engine_calls_no_field_as_a_vendor_does() {
    let (files, of) = (files(), |folders: &[String]| {
        let within = |file: &&File| folders.iter().any(|folder| file.path.starts_with(folder));
        files().iter().filter(within).flat_map(declared).collect::<BTreeSet<_>>()
    });
    let theirs = of(&vendors().iter().map(|vendor| format!("dialects/{vendor}/src/wire")).collect::<Vec<_>>());
    let ours = of(&["crates/domain/src", "crates/engine/src", "dialects/native/src/wire"].map(str::to_owned));
    let vendors: BTreeSet<&str> =
        theirs.difference(&ours).map(String::as_str).filter(|name| is_compound(name)).collect();
    assert!(vendors.contains("ext_msg_id") && vendors.contains("storageState"), "{vendors:?}");
    for file in files.iter().filter(|file| file.path.starts_with("crates/engine/src")) {
        let allowed = |name: &str| {
            VENDOR_FIELD_ALLOWED.iter().any(|(path, names)| file.path.starts_with(path) && names.contains(&name))
        };
        let code = file.code_without_tests();
        let named: Vec<&str> =
            words_of_texts(&code).into_iter().filter(|word| vendors.contains(word) && !allowed(word)).collect();
        assert!(named.is_empty(), "{} names {named:?}, as a vendor does", file.path);
    }
}

/// The names that the fields of the file's structs have on the wire.
fn declared(file: &File) -> BTreeSet<String> {
    let (mut found, mut is_camel, mut renamed) = (BTreeSet::new(), false, None);
    for line in file.text.lines().map(str::trim) {
        if line.starts_with("#[") {
            is_camel |= line.contains("rename_all = \"camelCase\"");
            renamed = between(line, "rename = \"").or(renamed);
        } else if line.starts_with("pub struct") || line.starts_with("pub enum") {
            renamed = None;
        } else if line == "}" {
            (is_camel, renamed) = (false, None);
        } else if let Some((name, _)) = line.strip_prefix("pub ").and_then(|field| field.split_once(": ")) {
            let name = name.trim_start_matches("r#");
            found.insert(renamed.take().unwrap_or_else(|| if is_camel { camel(name) } else { name.to_owned() }));
        }
    }
    found
}

fn between(line: &str, before: &str) -> Option<String> {
    let (_, rest) = line.split_once(before)?;
    rest.split('"').next().map(str::to_owned)
}

fn camel(name: &str) -> String {
    let mut words = name.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let (initial, rest) = word.split_at(word.len().min(1));
        name + &initial.to_uppercase() + rest
    })
}

/// Whether a name is made of several words, and so of somebody's choice. One word alone is everybody's.
fn is_compound(name: &str) -> bool {
    name.contains('_') || name.chars().skip(1).any(char::is_uppercase) && name.starts_with(char::is_lowercase)
}

/// The words in the code's texts.
fn words_of_texts(code: &str) -> BTreeSet<&str> {
    let (mut texts, mut began, mut escaped, mut before) = (Vec::new(), None, false, ' ');
    for (at, c) in code.char_indices() {
        match began {
            Some(from) if c == '"' && !escaped => {
                texts.push(&code[from..at]);
                began = None;
            }
            None if c == '"' && before != '\'' => began = Some(at + 1),
            _ => {}
        }
        escaped = c == '\\' && !escaped;
        before = c;
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    texts.into_iter().flat_map(|text| text.split(move |c| !is_word(c))).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_called_as_on_the_wire() {
        let text = "/// X\n#[serde(rename_all = \"camelCase\")]\npub struct A {\n    pub ext_id: Id,\n    #[serde(rename = \"Other\")]\n    pub one: u8,\n}\n\npub struct B {\n    pub plain_name: u8,\n}\n";
        let file = File { path: "x.rs".into(), text: text.into() };
        assert_eq!(declared(&file).into_iter().collect::<Vec<_>>(), ["Other", "extId", "plain_name"]);
    }

    #[test]
    fn words_are_found_in_texts_alone() {
        let code = "let a_b = '\"'; f(\"c_d.{e_f}\", \"g \\\" h\"); // i";
        assert_eq!(words_of_texts(code).into_iter().collect::<Vec<_>>(), ["c_d", "e_f", "g", "h"]);
    }
}
