//! Merges the three sources of settings, and records the source of each value.

use std::{
    collections::{BTreeMap, HashMap},
    env,
    ffi::OsString,
    fmt, fs,
};

use domain::Limits;

use super::{
    kind::Kind,
    machine::half_of_memory,
    models::Tables,
    nearest::nearest,
    table::{self, PREFIX, Setting},
};
use crate::failure::{Failure, Result};

/// The source of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Flag(String),
    Variable(String),
    File {
        path: String,
        key: String,
    },
    /// A default that depends on the machine.
    Machine(&'static str),
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "flag --{name}"),
            Self::Variable(name) => write!(f, "environment {name}"),
            Self::File { path, key } => write!(f, "file {path}, key {key}"),
            Self::Machine(of) => write!(f, "default: {of}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// Every setting with its value and its source.
pub struct Layers {
    settings: Vec<Setting>,
    values: HashMap<String, (String, Origin)>,
    tables: Tables,
}

impl Default for Layers {
    fn default() -> Self {
        Self { settings: table::all(), values: HashMap::new(), tables: Tables::default() }
    }
}

impl Layers {
    /// Merges flags over the environment over the configuration file over the defaults. `file` tells whether the file
    /// is read.
    ///
    /// # Errors
    /// Usage: an unknown name, an invalid value, an unreadable file.
    pub fn load(flags: &BTreeMap<String, String>, file: bool) -> Result<Self> {
        let mut layers = Self::default();
        layers.add_variables(env::vars_os())?;
        layers.add_flags(flags)?;
        if file && let Some(path) = layers.optional("config") {
            let text = fs::read_to_string(&path)
                .map_err(|why| Failure::usage(format!("cannot read the configuration file {path}: {why}")))?;
            layers.add_file(&path, &text)?;
        }
        layers.add_machine();
        layers.tables.build(&layers.limits())?;
        Ok(layers)
    }

    /// The providers and routes of the configuration file.
    pub fn tables(&self) -> &Tables {
        &self.tables
    }

    pub fn limits(&self) -> Limits {
        let mut limits = Limits::default();
        for (name, _, _) in Limits::TABLE {
            limits.set(name, self.count(&format!("limits.{name}")));
        }
        limits
    }

    /// Every setting, in the order of the documentation, with its value and its source.
    pub fn all(&self) -> impl Iterator<Item = (&Setting, Option<&str>, Origin)> {
        self.settings.iter().map(|setting| match self.values.get(&setting.name) {
            Some((value, origin)) => (setting, Some(value.as_str()), origin.clone()),
            None => (setting, setting.default.as_deref(), Origin::Default),
        })
    }

    /// The value of a setting without a default, if it is set, with its source.
    pub fn found(&self, name: &str) -> Option<(String, Origin)> {
        let (_, value, origin) =
            self.all().find(|(setting, _, _)| setting.name == name).expect("the name stands in the table");
        value.map(|value| (value.into(), origin))
    }

    /// The value of a setting without a default, if it is set.
    pub fn optional(&self, name: &str) -> Option<String> {
        self.found(name).map(|(value, _)| value)
    }

    /// The value of a setting with a default.
    pub fn text(&self, name: &str) -> String {
        self.optional(name).expect("the setting has a default")
    }

    /// The value of a number.
    pub fn count(&self, name: &str) -> u64 {
        self.text(name).parse().expect("values were checked when they were read")
    }

    fn add_flags(&mut self, flags: &BTreeMap<String, String>) -> Result<()> {
        for (name, value) in flags {
            let setting = self.find(|s| s.name == *name).expect("flags are made of the table");
            let flag = setting.flag().expect("flags are made of settings that have one");
            self.put(&setting, value.clone(), Origin::Flag(flag))?;
        }
        Ok(())
    }

    fn add_variables(&mut self, variables: impl Iterator<Item = (OsString, OsString)>) -> Result<()> {
        for (name, value) in variables {
            let name = name.to_string_lossy().into_owned();
            let Some(own) = name.strip_prefix(PREFIX) else { continue };
            // Variables of tests: a planted bug, and the file for differences from documents. They are not settings.
            if cfg!(feature = "planted-bugs") && ["PLANT", "MISFITS"].contains(&own) {
                continue;
            }
            let Some(setting) = self.find(|s| s.variable() == name) else {
                let known: Vec<String> = self.settings.iter().map(Setting::variable).collect();
                let near = nearest(own, known.iter().filter_map(|name| name.strip_prefix(PREFIX)));
                return Err(unknown(&format!("environment variable {name}"), near.map(|own| format!("{PREFIX}{own}"))));
            };
            let origin = Origin::Variable(name);
            let value = value.into_string().map_err(|_| bad(&setting, &origin, "must be UTF-8"))?;
            self.put(&setting, value, origin)?;
        }
        Ok(())
    }

    fn add_file(&mut self, path: &str, text: &str) -> Result<()> {
        let mut parsed: toml::Table = text.parse().map_err(|why: toml::de::Error| {
            Failure::usage(format!("the configuration file {path} is not TOML: {}", one_line(&why)))
        })?;
        self.tables = Tables::take(path, &mut parsed)?;
        for (key, value) in flat(parsed) {
            let Some(setting) = self.find(|s| s.file && s.name == key) else {
                let known: Vec<String> = self.settings.iter().filter(|s| s.file).map(|s| s.name.clone()).collect();
                let near = nearest(&key, known.iter().map(String::as_str));
                return Err(unknown(&format!("key {key} in {path}"), near.map(Into::into)));
            };
            let origin = Origin::File { path: path.into(), key };
            let value = written(setting.kind, &value).map_err(|why| bad(&setting, &origin, why))?;
            self.put(&setting, value, origin)?;
        }
        Ok(())
    }

    /// Adds values that nobody has set and that the machine determines.
    fn add_machine(&mut self) {
        self.values.entry("memory_bytes".into()).or_insert_with(|| {
            let (bytes, of) = half_of_memory();
            (bytes.to_string(), Origin::Machine(of))
        });
    }

    fn find(&self, is: impl Fn(&Setting) -> bool) -> Option<Setting> {
        self.settings.iter().find(|setting| is(setting)).cloned()
    }

    fn put(&mut self, setting: &Setting, value: String, origin: Origin) -> Result<()> {
        setting.kind.check(&value).map_err(|why| bad(setting, &origin, &why))?;
        // The file is read last, because a flag or a variable names it.
        if matches!(origin, Origin::File { .. }) && self.values.contains_key(&setting.name) {
            return Ok(());
        }
        self.values.insert(setting.name.clone(), (value, origin));
        Ok(())
    }
}

/// The sections of the file with names that are known beforehand.
const SECTIONS: [&str; 2] = ["limits", "telemetry"];

/// Turns `[limits] page = 1` into `limits.page = 1`.
fn flat(table: toml::Table) -> Vec<(String, toml::Value)> {
    let mut entries = Vec::new();
    for (key, value) in table {
        match value {
            // An empty section is known or unknown like any other key.
            toml::Value::Table(inner) if !inner.is_empty() || SECTIONS.contains(&key.as_str()) => {
                entries.extend(inner.into_iter().map(|(below, value)| (format!("{key}.{below}"), value)));
            }
            value => entries.push((key, value)),
        }
    }
    entries
}

/// The value as text, if it has the type of the kind.
fn written(kind: Kind, value: &toml::Value) -> std::result::Result<String, &'static str> {
    match (kind, value) {
        (Kind::Proxies | Kind::SealingKeys, toml::Value::Array(list)) => {
            let texts: Option<Vec<&str>> = list.iter().map(toml::Value::as_str).collect();
            texts.map(|texts| texts.join(", ")).ok_or("must be a list of texts in quotes")
        }
        (Kind::Count { .. }, toml::Value::Integer(number)) => Ok(number.to_string()),
        (Kind::Count { .. }, _) => Err("must be a whole number, without quotes"),
        (_, toml::Value::String(text)) => Ok(text.clone()),
        _ => Err("must be a text in quotes"),
    }
}

fn unknown(what: &str, near: Option<String>) -> Failure {
    let failure = Failure::usage(format!("unknown {what}"));
    match near {
        Some(near) => failure.hint(format!("did you mean {near}? `threadline config` lists every setting")),
        None => failure.hint("`threadline config` lists every setting"),
    }
}

/// The value is not repeated, because it may be a misplaced secret.
fn bad(setting: &Setting, origin: &Origin, why: &str) -> Failure {
    Failure::usage(format!("bad value of `{}` ({origin}): it {why}", setting.name))
}

fn one_line(error: &toml::de::Error) -> String {
    error.to_string().lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(variables: &[(&str, &str)], file: &str) -> Result<Layers> {
        let mut layers = Layers::default();
        layers.add_variables(variables.iter().map(|(name, value)| (name.into(), value.into())))?;
        layers.add_file("t.toml", file)?;
        Ok(layers)
    }

    fn refusal(variables: &[(&str, &str)], file: &str) -> String {
        layers(variables, file).map(|_| ()).expect_err("refused").to_string()
    }

    #[test]
    fn the_environment_goes_over_the_file_and_the_file_over_defaults() {
        let layers = layers(
            &[("THREADLINE_TURNS", "3"), ("PATH", "/bin"), ("THREADLINE_LIMITS_PAGE", "7")],
            "turns = 4\nlog = \"debug\"\n[limits]\npage = 8\nsteps = 9\n",
        )
        .unwrap();
        let found: Vec<(String, String)> = ["turns", "log", "limits.page", "limits.steps", "listen"]
            .iter()
            .map(|name| layers.all().find(|(s, _, _)| s.name == *name).unwrap())
            .map(|(_, value, origin)| (value.unwrap().to_owned(), origin.to_string()))
            .collect();
        let expected = [
            ("3", "environment THREADLINE_TURNS"),
            ("debug", "file t.toml, key log"),
            ("7", "environment THREADLINE_LIMITS_PAGE"),
            ("9", "file t.toml, key limits.steps"),
            ("127.0.0.1:7420", "default"),
        ];
        assert_eq!(found, expected.map(|(value, origin)| (value.to_owned(), origin.to_owned())));
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_nearest_known_one() {
        for (variables, file, expected) in [
            (&[("THREADLINE_LISTN", "x")][..], "", "did you mean THREADLINE_LISTEN?"),
            (&[("THREADLINE_LIMITS_PAGES", "1")], "", "did you mean THREADLINE_LIMITS_PAGE?"),
            (&[], "trun = 1", "did you mean turns?"),
            (&[], "[limits]\nstep = 1", "did you mean limits.steps?"),
            (&[], "config = \"x\"", "unknown key config in t.toml"),
            (&[], "key = \"x\"", "unknown key key in t.toml"),
            (&[], "[limit]", "unknown key limit in t.toml"),
            (&[], "[server]\n", "unknown key server in t.toml"),
            (
                &[("THREADLINE_XYZZYXYZZY", "x")],
                "",
                "unknown environment variable THREADLINE_XYZZYXYZZY\n  hint: `threadline config`",
            ),
        ] {
            let said = refusal(variables, file);
            assert!(said.contains(expected), "{said}");
        }
    }

    #[test]
    fn a_bad_value_is_refused_with_its_source_and_not_repeated() {
        for (variables, file, expected) in [
            (
                &[("THREADLINE_TURNS", "many")][..],
                "",
                "(environment THREADLINE_TURNS): it must be a whole number from 0 to",
            ),
            (&[], "turns = \"3\"", "(file t.toml, key turns): it must be a whole number, without quotes"),
            (&[], "log = 3", "(file t.toml, key log): it must be a text in quotes"),
            (&[], "[limits]\npage = 0", "(file t.toml, key limits.page): it must be a whole number from 1 to"),
            (&[], "[limits]\npage = -1", "from 1 to"),
            (&[], "limits = 3", "unknown key limits in t.toml"),
            (&[], "turns = ", "t.toml is not TOML"),
            (&[], "trusted_proxies = [\"::1\", 3]", "key trusted_proxies): it must be a list of texts in quotes"),
            (
                &[],
                "trusted_proxies = [\"::1\", \"10.0.0.1/8\"]",
                "it must be addresses and blocks of them by their first",
            ),
            (
                &[("THREADLINE_DATABASE", "many://u:secret@h")],
                "",
                "(environment THREADLINE_DATABASE): it must have the form postgres://",
            ),
        ] {
            let said = refusal(variables, file);
            assert!(said.contains(expected), "{said}");
            assert!(!said.contains("many") && !said.contains("secret@"), "{said}");
        }
    }

    #[test]
    fn a_value_that_is_overridden_is_checked_all_the_same() {
        assert!(refusal(&[("THREADLINE_TURNS", "3")], "turns = -4").contains("key turns"));
    }
}
