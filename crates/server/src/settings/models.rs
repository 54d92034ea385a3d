//! The sections `providers` and `models` of the configuration file.

use std::{collections::BTreeMap, env, fs, time::Duration};

use domain::{
    Limits,
    controls::{Reasoning, Speed},
    usage::{Price, Usd},
};
use engine::Targets;
use providers::{Bounds, Key, Kind, Overrides, Protocol, Provider, ProviderSettings, RouteSettings, Routes, Times};

use super::section::{Parsed, Section, quoted, wrong};
use crate::failure::Result;

/// The providers and routes of a configuration file.
#[derive(Default)]
pub struct Tables {
    path: String,
    providers: Vec<(ProviderSettings, OwnTimes, Bounds)>,
    routes: BTreeMap<String, RouteSettings>,
    /// Keys with their values. A provider's key is not among them.
    shown: Vec<(String, String)>,
}

/// A provider's time-outs in seconds, instead of the limits.
struct OwnTimes([Option<u64>; 5]);

/// The keys of a provider's time-outs, in the order of [`OwnTimes`].
const TIMES: [&str; 5] = ["connect_s", "first_byte_s", "first_token_s", "silence_s", "call_s"];
/// Longest name of a provider.
const NAME_CHARS_MAX: usize = 64;

impl Tables {
    /// The sections of a file's table that belong here, which are removed from it.
    ///
    /// # Errors
    /// Usage: an unknown key, a wrong value, a key that is not there.
    pub fn take(path: &str, file: &mut toml::Table) -> Result<Self> {
        let mut tables = Self { path: path.into(), ..Self::default() };
        for (name, value) in sections(path, file, "providers")? {
            let place = format!("providers.{}", quoted(&name));
            let is_name = !name.is_empty()
                && name.len() <= NAME_CHARS_MAX
                && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            if !is_name {
                return Err(wrong(path, &place, "must be named by lower-case letters, digits and hyphens"));
            }
            let mut section = Section::new(path, place, value)?;
            tables.providers.push(provider(&mut section, name)?);
            tables.shown.extend(section.end()?);
        }
        for (pattern, value) in sections(path, file, "models")? {
            let mut section = Section::new(path, format!("models.{}", quoted(&pattern)), value)?;
            tables.routes.insert(pattern, route(&mut section)?);
            tables.shown.extend(section.end()?);
        }
        Ok(tables)
    }

    /// The providers and routes. The time-outs are those of the limits, unless a provider has its own.
    ///
    /// # Errors
    /// Usage: a CA file that cannot be used, a route that leads nowhere, fallbacks in a circle.
    pub fn build(&self, limits: &Limits) -> Result<Routes> {
        let providers = self.providers.iter().map(|(configured, own, bounds)| {
            let configured = ProviderSettings { times: own.or(limits), ..configured.clone() };
            let place = format!("providers.{}.ca_file", configured.name);
            let provider = Provider::new(configured).map(|provider| provider.bounded(*bounds));
            provider.map_err(|why| wrong(&self.path, &place, &format!("cannot be used: {why}")))
        });
        let providers = providers.collect::<Result<Vec<_>>>()?;
        Routes::new(providers, self.routes.clone()).map_err(|bad| {
            let dot = if bad.field.is_empty() { "" } else { "." };
            let place = format!("models.{}{dot}{}", quoted(&bad.pattern), bad.field);
            wrong(&self.path, &place, &bad.wrong)
        })
    }

    /// The keys with their values, in the order of the file's names, and the file.
    pub fn shown(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.shown.iter().map(|(key, value)| (key.as_str(), value.as_str(), self.path.as_str()))
    }
}

/// The sections below a key, which is removed.
fn sections(path: &str, file: &mut toml::Table, key: &str) -> Result<toml::Table> {
    match file.remove(key) {
        None => Ok(toml::Table::new()),
        Some(toml::Value::Table(table)) => Ok(table),
        Some(_) => Err(wrong(path, key, &format!("must be sections, as [{key}.NAME]"))),
    }
}

fn provider(section: &mut Section, name: String) -> Result<(ProviderSettings, OwnTimes, Bounds)> {
    let words = || Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(", ");
    let kind = section.parsed("kind", |text| Kind::parse(text).ok_or_else(|| format!("must be one of {}", words())))?;
    let kind = kind.ok_or_else(|| section.wrong("kind", &format!("must be given: one of {}", words())))?;
    let base_url = section.parsed("base_url", base_url)?;
    let wire = section.parsed("wire", |text| {
        let wires = kind.wires().iter().copied();
        let names = || kind.wires().iter().map(|wire| wire.as_str()).collect::<Vec<_>>().join(", ");
        wires.into_iter().find(|wire| wire.as_str() == text).ok_or_else(|| format!("must be one of {}", names()))
    })?;
    let wire: Option<Protocol> = wire;
    let from_variable = section.parsed("api_key_env", key_of_variable)?;
    let from_file = section.parsed("api_key_file", key_of_file)?;
    if from_variable.is_some() && from_file.is_some() {
        return Err(section.wrong("api_key_file", "must not be given beside api_key_env"));
    }
    let ca_file = section.text("ca_file")?.map(Into::into);
    let mut own = [None; 5];
    for (time, name) in own.iter_mut().zip(TIMES) {
        *time = section.count(name)?;
    }
    let bounds = Bounds { at_once: section.count("concurrency")?, in_a_minute: section.count("requests_per_minute")? };
    let (key, times) = (from_variable.or(from_file), Times::all(Duration::ZERO));
    Ok((ProviderSettings { name, kind, base_url, wire, key, ca_file, times }, OwnTimes(own), bounds))
}

fn base_url(text: &str) -> Parsed<String> {
    // The operator chose the address, so it may be local.
    let checked = outward::target("", text, Targets::Any);
    checked.map_err(|error| error.fields.first().map_or_else(|| error.to_string(), |field| field.message.clone()))?;
    match text.contains(['?', '#']) {
        true => Err("must end with its path, without `?` and `#`".into()),
        false => Ok(text.trim_end_matches('/').into()),
    }
}

fn key_of_variable(name: &str) -> Parsed<Key> {
    match env::var(name) {
        Ok(value) => Key::parse(&value).ok_or_else(|| format!("must name a variable with a key; {name} has none")),
        Err(_) => Err(format!("must name a variable that is set; {name} is not")),
    }
}

fn key_of_file(path: &str) -> Parsed<Key> {
    let text = fs::read_to_string(path).map_err(|why| format!("must name a file with a key; {path}: {why}"))?;
    Key::parse(&text).ok_or_else(|| format!("must name a file with a key and nothing else; {path} has none"))
}

fn route(section: &mut Section) -> Result<RouteSettings> {
    let provider = section.text("provider")?;
    let provider = provider.ok_or_else(|| section.wrong("provider", "must be given: a name under `providers`"))?;
    let model = section.text("model")?;
    let fallback = section.list("fallback", |name| Ok(name.to_owned()))?.unwrap_or_default();
    let context = section.count("context")?;
    let output = section.count("output")?;
    let images = section.flag("images")?;
    let reasoning = section.list("reasoning", |word| {
        Reasoning::parse(word).ok_or_else(|| one_of(Reasoning::ALL.iter().map(|word| word.as_str())))
    })?;
    let speeds = section
        .list("speeds", |word| Speed::parse(word).ok_or_else(|| one_of(Speed::ALL.iter().map(|word| word.as_str()))))?;
    let price = match section.section("prices")? {
        None => None,
        Some(mut prices) => {
            let price = price(&mut prices)?;
            section.show(prices.end()?);
            Some(price)
        }
    };
    let overrides = Overrides { context, output, images, reasoning, speeds, price };
    Ok(RouteSettings { provider, model, fallback, disabled: false, overrides })
}

fn one_of<'w>(words: impl Iterator<Item = &'w str>) -> String {
    format!("must be a list of these words: {}", words.collect::<Vec<_>>().join(", "))
}

/// Dollars for a million tokens.
fn price(section: &mut Section) -> Result<Price> {
    let mut usd = |key: &'static str| {
        section.parsed(key, |text| Usd::parse(text).ok_or_else(|| "must be dollars in digits, as \"0.25\"".into()))
    };
    let (input, output) = (usd("input")?, usd("output")?);
    let (cache_read, cache_write) = (usd("cache_read")?, usd("cache_write")?);
    let needed =
        |key: &str, found: Option<Usd>| found.ok_or_else(|| section.wrong(key, "must be given with the prices"));
    let (input, output) = (needed("input", input)?, needed("output", output)?);
    Ok(Price { input, output, cache_read, cache_write, cache_write_1h: cache_write })
}

/// The time-outs of a provider without its own.
pub fn times(limits: &Limits) -> Times {
    OwnTimes([None; 5]).or(limits)
}

impl OwnTimes {
    fn or(&self, limits: &Limits) -> Times {
        let general = [
            limits.model_connect_s,
            limits.model_first_byte_s,
            limits.model_first_token_s,
            limits.model_silence_s,
            limits.model_call_s,
        ];
        let [connect, first_byte, first_token, between, whole] =
            std::array::from_fn(|i| Duration::from_secs(self.0[i].unwrap_or(general[i])));
        Times { connect, first_byte, first_token, between, whole }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables(text: &str) -> Result<Tables> {
        let mut file: toml::Table = text.parse().expect("TOML");
        let tables = Tables::take("t.toml", &mut file)?;
        assert!(file.is_empty());
        tables.build(&Limits::default())?;
        Ok(tables)
    }

    fn refusal(text: &str) -> String {
        tables(text).map(|_| ()).expect_err("refused").to_string()
    }

    const LOCAL: &str = "[providers.local]\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:11434/v1\"\n";

    #[test]
    fn a_whole_configuration_is_read_and_shown_without_its_key() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        fs::write(&file, "sk-secret\n").unwrap();
        let text = format!(
            "{LOCAL}wire = \"responses\"\napi_key_file = {file:?}\nfirst_token_s = 300\nconcurrency = 8\nrequests_per_minute = 600\n\
             [models.\"claude-*\"]\nprovider = \"local\"\nmodel = \"llama3.1\"\nfallback = [\"gpt-5.4\"]\n\
             context = 8192\noutput = 1024\nimages = false\nreasoning = [\"off\", \"on\"]\nspeeds = [\"standard\"]\n\
             prices = {{ input = \"0.5\", output = \"1\", cache_read = \"0.1\" }}\n\
             [models.default]\nprovider = \"local\"\n"
        );
        let tables = tables(&text).unwrap();
        let shown: Vec<String> = tables.shown().map(|(key, value, _)| format!("{key} = {value}")).collect();
        assert_eq!(
            shown,
            [
                "providers.local.kind = openai",
                "providers.local.base_url = http://127.0.0.1:11434/v1",
                "providers.local.wire = responses",
                &format!("providers.local.api_key_file = {}", file.display()),
                "providers.local.first_token_s = 300",
                "providers.local.concurrency = 8",
                "providers.local.requests_per_minute = 600",
                "models.\"claude-*\".provider = local",
                "models.\"claude-*\".model = llama3.1",
                "models.\"claude-*\".fallback = gpt-5.4",
                "models.\"claude-*\".context = 8192",
                "models.\"claude-*\".output = 1024",
                "models.\"claude-*\".images = false",
                "models.\"claude-*\".reasoning = off, on",
                "models.\"claude-*\".speeds = standard",
                "models.\"claude-*\".prices.input = 0.5",
                "models.\"claude-*\".prices.output = 1",
                "models.\"claude-*\".prices.cache_read = 0.1",
                "models.default.provider = local",
            ]
        );
        let limits = Limits {
            model_connect_s: 1,
            model_first_byte_s: 2,
            model_first_token_s: 3,
            model_silence_s: 4,
            model_call_s: 5,
            ..Limits::default()
        };
        let Times { connect, first_byte, first_token, between, whole } = tables.providers[0].1.or(&limits);
        let seconds = [connect, first_byte, first_token, between, whole].map(|time| time.as_secs());
        assert_eq!(seconds, [1, 2, 300, 4, 5]);
        let leads = tables.build(&Limits::default()).unwrap().leads("claude-opus-4-8").unwrap();
        assert_eq!(leads.iter().map(|lead| lead.model.as_str()).collect::<Vec<_>>(), ["llama3.1", "gpt-5.4"]);
        assert!(!format!("{leads:?}").contains("sk-secret"));
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        for (text, expected) in [
            ("[providers.local]", "`providers.local.kind` (file t.toml): it must be given: one of openai, anthropic"),
            ("[providers.local]\nkind = \"other\"", "`providers.local.kind` (file t.toml): it must be one of openai"),
            ("[providers.local]\nkind = 3", "it must be a text in quotes"),
            ("[providers.\"a b\"]\nkind = \"openai\"", "`providers.\"a b\"` (file t.toml): it must be named by lower"),
            ("providers = 3", "`providers` (file t.toml): it must be sections, as [providers.NAME]"),
            ("[models]\ndefault = 3", "`models.default` (file t.toml): it must be a section"),
            ("[providers.local]\nkind = \"openai\"\nbase_url = \"ftp://a\"", "it must be an http or https URL"),
            ("[providers.local]\nkind = \"openai\"\nbase_url = \"http://a/?b\"", "without `?` and `#`"),
            (
                "[providers.local]\nkind = \"anthropic\"\nwire = \"chat\"",
                "local.wire` (file t.toml): it must be one of anthropic",
            ),
            (
                &format!("{LOCAL}bas_url = 3"),
                "unknown key providers.local.bas_url in t.toml\n  hint: did you mean base_url?",
            ),
            (&format!("{LOCAL}api_key_env = \"NOT_SET_ANYWHERE\""), "NOT_SET_ANYWHERE is not"),
            (&format!("{LOCAL}api_key_file = \"/nowhere/key\""), "must name a file with a key; /nowhere/key: No such"),
            (&format!("{LOCAL}api_key_env = \"PATH\"\napi_key_file = \"/proc/self/comm\""), "beside api_key_env"),
            (
                &format!("{LOCAL}ca_file = \"/nowhere/ca\""),
                "`providers.local.ca_file` (file t.toml): it cannot be used",
            ),
            (&format!("{LOCAL}call_s = 0"), "it must be a whole number from 1 on"),
            (&format!("{LOCAL}[models.a]"), "`models.a.provider` (file t.toml): it must be given"),
            ("[models.a]\nprovider = \"far\"", "`models.a.provider` (file t.toml): it must name a provider under"),
            (&format!("{LOCAL}[models.a]\nprovider = \"local\"\nfallback = [\"b\"]"), "`b` is not a known model"),
            (&format!("{LOCAL}[models.a]\nprovider = \"local\"\nfallback = [\"a\"]"), "in a circle: a → a"),
            (&format!("{LOCAL}[models.a]\nprovider = \"local\"\nfallback = \"b\""), "must be a list of texts"),
            (&format!("{LOCAL}[models.a]\nprovider = \"local\"\nimages = \"no\""), "must be true or false"),
            (&format!("{LOCAL}[models.a]\nprovider = \"local\"\nreasoning = [\"hard\"]"), "these words: off, on, none"),
            (
                &format!("{LOCAL}[models.a]\nprovider = \"local\"\nprices.input = \"1\""),
                "`models.a.prices.output` (file",
            ),
            (
                &format!("{LOCAL}[models.a]\nprovider = \"local\"\nprices = {{ input = \"free\", output = \"1\" }}"),
                "must be dollars in digits",
            ),
            (
                &format!(
                    "{LOCAL}[models.a]\nprovider = \"local\"\nprices = {{ input = \"1\", output = \"1\", in = \"1\" }}"
                ),
                "unknown key models.a.prices.in in t.toml",
            ),
        ] {
            let said = refusal(text);
            assert!(said.contains(expected), "{text}: {said}");
        }
    }
}
