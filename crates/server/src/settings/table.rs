//! All settings by name.

use domain::Limits;

use super::{kind::Kind, machine::MEMORY_BYTES_MIN};

/// The prefix of environment variables.
pub const PREFIX: &str = "THREADLINE_";

/// One setting.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The name in the configuration file; a dot separates a section. The variable and the flag are derived from it.
    pub name: String,
    pub kind: Kind,
    /// The default in its written form. Absent: none.
    pub default: Option<String>,
    pub meaning: &'static str,
    pub audience: Audience,
    pub flag: bool,
    /// True if the configuration file may contain it.
    pub file: bool,
}

/// The commands that a setting is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// `serve`, `dev`, `config` and `secrets`.
    Server,
    /// The commands that talk to a running server.
    Remote,
    Both,
}

impl Setting {
    /// `THREADLINE_LIMITS_PAGE` for `limits.page`.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.replace('.', "_").to_ascii_uppercase())
    }

    /// `log-format` for `log_format`.
    pub fn flag(&self) -> Option<String> {
        self.flag.then(|| self.name.replace('_', "-"))
    }

    /// Tells whether commands for `audience` take it.
    pub fn is_for(&self, audience: Audience) -> bool {
        self.audience == Audience::Both || self.audience == audience
    }
}

/// Name, kind, default, meaning.
type Row = (&'static str, Kind, Option<&'static str>, &'static str);

const SERVER: &[Row] = &[
    ("listen", Kind::Address, Some("127.0.0.1:7420"), "Address and port to listen on; port 0 takes any free port"),
    (
        "database",
        Kind::Database,
        None,
        "PostgreSQL, as postgres://user:password@host:5432/name; default: SQLite in the data folder",
    ),
    (
        "turns",
        Kind::Count { min: 0, max: 100_000 },
        Some("88"),
        "Turns that run at once, by shares: a project alone has three quarters of them; 0: messages are accepted, and no turn runs",
    ),
    (
        "memory_bytes",
        Kind::Count { min: MEMORY_BYTES_MIN, max: LIMIT_MAX },
        None,
        "Memory that the process may have: a request that would take more is refused with 503; default: half of the machine's memory, or of the cgroup's limit if that is less",
    ),
    (
        "webhook_targets",
        Kind::Word(&["public", "any"]),
        Some("public"),
        "Addresses of webhooks: public ones alone (a guard against SSRF), or any, those of this machine and its network among them",
    ),
    (
        "link_targets",
        Kind::Word(&["public", "any"]),
        Some("public"),
        "Addresses of links and pictures in messages: public ones alone, at port 80, 443, 8080 or 8443, or any, those of this machine and its network among them",
    ),
    (
        "provider_targets",
        Kind::Word(&["public", "any"]),
        Some("public"),
        "Addresses of projects' own model providers: public ones alone, at port 80, 443, 8080 or 8443, or any, those of this machine and its network among them",
    ),
    (
        "tool_targets",
        Kind::Word(&["public", "any"]),
        Some("public"),
        "Addresses of agents' HTTP tools: public ones alone, at port 80, 443, 8080 or 8443, or any, those of this machine and its network among them",
    ),
    (
        "former_models",
        Kind::Word(&["refused", "default"]),
        Some("refused"),
        "Model names of other revisions of Capy, and `auto`: refused, or `default` for the agent's own model",
    ),
    ("sealing_key_file", Kind::Path, None, "File with the keys of `sealing_key`, in place of it, each on a line"),
    (
        "public_url",
        Kind::Origin,
        None,
        "Address by which browsers reach the server, as https://chat.example.com; the console answers to this name and to this machine alone, and sign-in links begin with it",
    ),
    (
        "widget_url",
        Kind::Origin,
        None,
        "Address of the chat pages at /chat/GUEST_ID, as https://talk.example.com; with it they answer to this name alone, which should be another than that of the console",
    ),
    (
        "trusted_proxies",
        Kind::Proxies,
        None,
        "Proxies whose X-Forwarded-For is believed, by address or block (10.0.0.0/8), separated by commas; in the file also as a list",
    ),
    (
        "log",
        Kind::Filter,
        Some("info"),
        "Level of the log: off, error, warn, info, debug, trace, or by module as in info,store=debug",
    ),
    (
        "log_format",
        Kind::Word(&["auto", "human", "json"]),
        Some("auto"),
        "Format of the log; auto is human on a terminal and json elsewhere",
    ),
];

const REMOTE: &[Row] = &[
    ("url", Kind::Url, Some("http://127.0.0.1:7420"), "Address of the running server"),
    (
        "key",
        Kind::Secret { min: 1 },
        None,
        "Key to send; default: the key that `threadline dev` left in the data folder",
    ),
];

const DATA: Row = (
    "data",
    Kind::Path,
    Some("./threadline-data"),
    "Data folder with the SQLite database, the attachments and the lock; a relative path starts at the working directory",
);
const CONFIG: Row = ("config", Kind::Path, None, "TOML file of settings, by the names that `threadline config` lists");
const BOOTSTRAP_KEY: Row = (
    "bootstrap_key",
    Kind::Secret { min: 20 },
    None,
    "First key of the project `default`, with all scopes; used only if the store has no key; 20 to 256 visible ASCII characters",
);

const OTLP_ENDPOINT: Row = (
    "telemetry.otlp_endpoint",
    Kind::Url,
    None,
    "Collector of OpenTelemetry that gets a span of each turn, model call and tool call, by OTLP over HTTP in JSON at the path /v1/traces below this address; default: none",
);

const SEALING_KEY: Row = (
    "sealing_key",
    Kind::SealingKeys,
    None,
    "Keys for secrets in the database: 64 hex digits each, separated by commas, in the file also as a list; the first seals, all open; default: on SQLite the file `sealing.key` in the data folder, on PostgreSQL none, so that no secret is stored",
);

/// The largest limit. A million times as many microseconds still fit into 64 bits.
const LIMIT_MAX: u64 = 1 << 40;

/// Limits that may be 0, which means none or off.
const MAY_BE_ZERO: &[&str] = &[
    "drain_bytes",
    "drain_ms",
    "recipients",
    "contacts",
    "thread_customers",
    "attachments",
    "tags",
    "tools",
    "model_pictures",
    "snapshot_ids",
    "requests_per_s",
    "project_requests_per_s",
    "guest_requests_per_s",
    "failed_keys_per_s",
    "project_stored_bytes",
    "project_threads",
    "open_requests_per_s",
    "queued_turns",
    "wait_s",
    "stream_readers",
    "delta_ms",
    "drain_s",
];

/// Every setting, in the order of the documentation: the server's, the clients', the limits.
pub fn all() -> Vec<Setting> {
    let mut all = vec![setting(CONFIG, Audience::Server), setting(DATA, Audience::Both)];
    all[0].file = false;
    all.extend(SERVER.iter().map(|row| setting(*row, Audience::Server)));
    // Every user of the machine can see arguments, so there is no flag.
    let secrets = [BOOTSTRAP_KEY, SEALING_KEY];
    all.extend(secrets.map(|row| Setting { flag: false, ..setting(row, Audience::Server) }));
    all.push(Setting { flag: false, ..setting(OTLP_ENDPOINT, Audience::Server) });
    all.extend(REMOTE.iter().map(|row| Setting { file: false, ..setting(*row, Audience::Remote) }));
    all.extend(Limits::TABLE.iter().map(|(name, default, meaning)| limit(name, *default, meaning)));
    all
}

fn setting((name, kind, default, meaning): Row, audience: Audience) -> Setting {
    Setting { name: name.into(), kind, default: default.map(Into::into), meaning, audience, flag: true, file: true }
}

fn limit(name: &str, default: u64, meaning: &'static str) -> Setting {
    let min = u64::from(!MAY_BE_ZERO.contains(&name));
    Setting {
        name: format!("limits.{name}"),
        kind: Kind::Count { min, max: LIMIT_MAX },
        default: Some(default.to_string()),
        meaning,
        audience: Audience::Server,
        flag: false,
        file: true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_a_good_value() {
        for setting in all() {
            if let Some(default) = &setting.default {
                assert_eq!(setting.kind.check(default), Ok(()), "{}", setting.name);
            }
        }
    }

    #[test]
    fn names_and_variables_are_unique() {
        let mut variables: Vec<String> = all().iter().map(Setting::variable).collect();
        variables.sort();
        let count = variables.len();
        variables.dedup();
        assert_eq!(variables.len(), count);
    }

    #[test]
    fn the_limits_that_may_be_zero_are_limits() {
        for name in MAY_BE_ZERO {
            assert!(Limits::TABLE.iter().any(|(limit, _, _)| limit == name), "{name}");
        }
    }
}
