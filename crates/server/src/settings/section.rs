//! A section of the configuration file, whose names the operator chose.

use super::nearest::nearest;
use crate::failure::{Failure, Result};

/// A value made of its text, or the reason why the text is wrong, starting with "must".
pub type Parsed<T> = std::result::Result<T, String>;

/// A section that is read key by key. The keys that nobody read are unknown.
pub struct Section {
    /// The file.
    path: String,
    /// The keys that lead here: `providers.local`.
    place: String,
    table: toml::Table,
    read: Vec<&'static str>,
    /// Keys with their values, as they were read.
    shown: Vec<(String, String)>,
}

impl Section {
    pub fn new(path: &str, place: String, value: toml::Value) -> Result<Self> {
        let toml::Value::Table(table) = value else {
            return Err(wrong(path, &place, "must be a section, as [NAME]"));
        };
        Ok(Self { path: path.into(), place, table, read: Vec::new(), shown: Vec::new() })
    }

    /// The value of a key, made of its text.
    pub fn parsed<T>(&mut self, key: &'static str, parse: impl Fn(&str) -> Parsed<T>) -> Result<Option<T>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let toml::Value::String(text) = value else { return Err(self.wrong(key, "must be a text in quotes")) };
        let parsed = parse(&text).map_err(|why| self.wrong(key, &why))?;
        self.shown.push((self.key(key), text));
        Ok(Some(parsed))
    }

    pub fn text(&mut self, key: &'static str) -> Result<Option<String>> {
        self.parsed(key, |text| if text.is_empty() { Err("must not be empty".into()) } else { Ok(text.to_owned()) })
    }

    /// A whole number from 1 on.
    pub fn count(&mut self, key: &'static str) -> Result<Option<u64>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let number = value.as_integer().and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0);
        let number = number.ok_or_else(|| self.wrong(key, "must be a whole number from 1 on, without quotes"))?;
        self.shown.push((self.key(key), number.to_string()));
        Ok(Some(number))
    }

    pub fn flag(&mut self, key: &'static str) -> Result<Option<bool>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let flag = value.as_bool().ok_or_else(|| self.wrong(key, "must be true or false, without quotes"))?;
        self.shown.push((self.key(key), flag.to_string()));
        Ok(Some(flag))
    }

    /// A list of texts.
    pub fn list<T>(&mut self, key: &'static str, parse: impl Fn(&str) -> Parsed<T>) -> Result<Option<Vec<T>>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let texts: Option<Vec<&str>> = value.as_array().and_then(|list| list.iter().map(toml::Value::as_str).collect());
        let texts = texts.ok_or_else(|| self.wrong(key, "must be a list of texts in quotes"))?;
        let parsed = texts.iter().map(|text| parse(text)).collect::<Parsed<Vec<T>>>();
        let parsed = parsed.map_err(|why| self.wrong(key, &why))?;
        self.shown.push((self.key(key), texts.join(", ")));
        Ok(Some(parsed))
    }

    /// A section within this one.
    pub fn section(&mut self, key: &'static str) -> Result<Option<Self>> {
        let Some(value) = self.take(key) else { return Ok(None) };
        Self::new(&self.path, self.key(key), value).map(Some)
    }

    /// Takes over the shown values of a section within this one.
    pub fn show(&mut self, below: Vec<(String, String)>) {
        self.shown.extend(below);
    }

    /// The keys that were read, with their values as text.
    ///
    /// # Errors
    /// Usage: a key that nobody read.
    pub fn end(self) -> Result<Vec<(String, String)>> {
        let Some(unknown) = self.table.keys().next() else { return Ok(self.shown) };
        let failure = Failure::usage(format!("unknown key {}.{unknown} in {}", self.place, self.path));
        Err(match nearest(unknown, self.read.iter().copied()) {
            Some(near) => failure.hint(format!("did you mean {near}?")),
            None => failure.hint(format!("the keys of this section are {}", self.read.join(", "))),
        })
    }

    /// The failure of a wrong value. The value is not repeated, because it may be a misplaced secret.
    pub fn wrong(&self, key: &str, why: &str) -> Failure {
        wrong(&self.path, &self.key(key), why)
    }

    fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.place)
    }

    fn take(&mut self, key: &'static str) -> Option<toml::Value> {
        self.read.push(key);
        self.table.remove(key)
    }
}

/// The failure of a wrong value at a place of the file.
pub fn wrong(path: &str, place: &str, why: &str) -> Failure {
    Failure::usage(format!("bad value of `{place}` (file {path}): it {why}"))
}

/// A key as TOML writes it: in quotes unless it has only letters, digits, hyphens and underscores.
pub fn quoted(key: &str) -> String {
    let is_bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if is_bare { key.into() } else { format!("{key:?}") }
}
