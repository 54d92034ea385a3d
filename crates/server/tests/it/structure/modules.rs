//! The modules of a crate and who of them names whom.

use std::collections::{BTreeMap, BTreeSet};

use super::source::File;

/// The top-level modules of a crate, each with those that it names.
#[derive(Debug, Default)]
pub struct Modules(pub BTreeMap<String, BTreeSet<String>>);

impl Modules {
    /// Of the crate in the folder.
    pub fn of<'f>(folder: &str, files: impl IntoIterator<Item = &'f File>) -> Self {
        let source = format!("{folder}/src/");
        let own: Vec<(Vec<&str>, String)> = files
            .into_iter()
            .filter_map(|file| {
                let path = file.path.strip_prefix(&source)?.strip_suffix(".rs")?;
                Some((path.split('/').collect(), file.code_without_tests()))
            })
            .collect();
        let roots = ["lib", "main"];
        let modules: BTreeSet<&str> =
            own.iter().map(|(path, _)| path[0]).filter(|name| !roots.contains(name)).collect();
        // What the crate's root tells of a module under a name of its own.
        let mut told = BTreeMap::new();
        for (path, code) in own.iter().filter(|(path, _)| roots.contains(&path[0])) {
            for used in named(path, code) {
                if let [module, .., name] = used.as_slice() {
                    told.insert(name.clone(), module.clone());
                }
            }
        }
        let mut found: BTreeMap<String, BTreeSet<String>> =
            modules.iter().map(|name| ((*name).to_owned(), BTreeSet::new())).collect();
        for (path, code) in &own {
            let Some(uses) = found.get_mut(path[0]) else { continue };
            let firsts = named(path, code).into_iter().map(|mut used| used.swap_remove(0));
            let firsts = firsts.map(|first| told.get(&first).cloned().unwrap_or(first));
            uses.extend(firsts.filter(|first| modules.contains(first.as_str()) && first != path[0]));
        }
        Self(found)
    }

    /// Modules each of which names the next, and the last the first.
    pub fn circle(&self) -> Option<Vec<&str>> {
        let mut done = BTreeSet::new();
        self.0.keys().find_map(|name| self.circle_from(name, &mut Vec::new(), &mut done))
    }

    fn circle_from<'m>(
        &'m self,
        name: &'m str,
        way: &mut Vec<&'m str>,
        done: &mut BTreeSet<&'m str>,
    ) -> Option<Vec<&'m str>> {
        if let Some(at) = way.iter().position(|passed| *passed == name) {
            return Some(way[at..].to_vec());
        }
        if !done.insert(name) {
            return None;
        }
        way.push(name);
        let found = self.0[name].iter().find_map(|next| self.circle_from(next, way, done));
        way.pop();
        found
    }
}

/// The paths within its own crate that a file names, from the crate's root on.
fn named(path: &[&str], code: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut rest = String::new();
    for statement in code.split_inclusive(';') {
        match statement.trim_start().rsplit_once("use ") {
            Some((before, tree)) if is_start(before) => {
                paths.extend(leaves(tree.trim_end_matches(';')));
                rest.push_str(before);
            }
            _ => rest.push_str(statement),
        }
    }
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    paths.extend(rest.split(|c| !is_path(c)).filter(|word| word.starts_with("crate::")).map(str::to_owned));
    paths.iter().filter_map(|written| from_root(path, written)).collect()
}

/// Whether a `use` may stand behind this: at the beginning of a line, or behind `pub`.
fn is_start(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default().trim();
    line.is_empty() || line == "pub" || line.starts_with("pub(") && line.ends_with(')')
}

/// The paths that a tree of uses stands for: `a::{b, c::d}` for `a::b` and `a::c::d`.
fn leaves(tree: &str) -> Vec<String> {
    let tree = tree.trim();
    let Some((before, within)) =
        tree.split_once('{').and_then(|(before, rest)| Some((before, rest.strip_suffix('}')?)))
    else {
        return vec![tree.split(" as ").next().unwrap_or(tree).trim().to_owned()];
    };
    let (mut parts, mut depth) = (vec![String::new()], 0);
    for c in within.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match parts.last_mut() {
            Some(part) if c != ',' || depth > 0 => part.push(c),
            _ => parts.push(String::new()),
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    parts.flat_map(|part| leaves(part)).map(|leaf| format!("{}{leaf}", before.trim())).collect()
}

/// A path as the crate's root would write it; `None` for one that leaves the crate. A file at the root names its modules plainly.
fn from_root(path: &[&str], written: &str) -> Option<Vec<String>> {
    let is_root = path == ["lib"] || path == ["main"];
    let mut names = written.split("::").map(str::trim).peekable();
    let mut base: Vec<&str> = match names.peek() {
        Some(&"crate") => Vec::new(),
        Some(&"self") => path.to_vec(),
        Some(&"super") => path[..path.len() - 1].to_vec(),
        _ if is_root => Vec::new(),
        _ => return None,
    };
    if names.next_if(|name| ["crate", "self", "super"].contains(name)).is_some() {
        while names.next_if_eq(&"super").is_some() {
            base.pop();
        }
    }
    base.extend(names);
    (!base.is_empty()).then(|| base.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modules(files: &[(&str, &str)]) -> Modules {
        let files: Vec<File> = files
            .iter()
            .map(|(path, text)| File { path: format!("crates/x/src/{path}"), text: (*text).to_owned() })
            .collect();
        Modules::of("crates/x", &files)
    }

    #[test]
    fn a_circle_is_found_however_it_is_written() {
        for back in [
            "use crate::a;",
            "use crate::a::One;",
            "use crate::{\n    c,\n    a::{self, One},\n};",
            "pub(crate) use crate::a::One as Other;",
            "use crate::One;",
            "use super::a::One;",
            "fn f() {\n    crate::a::f();\n}",
            "fn f() {\n    use crate::a::One;\n}",
        ] {
            let files = [
                ("lib.rs", "mod a;\nmod b;\nmod c;\n\npub use a::{One, Two};"),
                ("a.rs", "use crate::c;"),
                ("b.rs", back),
                ("c/deep.rs", "use std::fmt;\n\nuse super::super::b;"),
            ];
            assert_eq!(modules(&files).circle(), Some(vec!["a", "c", "b"]), "{back}");
        }
    }

    #[test]
    fn what_is_no_circle_is_none() {
        let files = [
            ("lib.rs", "mod a;\nmod b;\n\npub use a::One;"),
            ("a.rs", "use crate::b;\n\n// crate::a\n#[cfg(test)]\nmod tests {\n    use crate::a;\n}"),
            ("a/deep.rs", "use super::One;"),
            ("b.rs", "use std::a;\nuse domain::a::One;\n\n#[cfg(test)]\nmod tests {\n    use crate::a;\n}"),
        ];
        assert_eq!(modules(&files).circle(), None);
    }
}
