//! Writes the generated pages of the documentation from the table. A test compares `docs/` with them.

use std::{fs, path::Path};

use super::table::{self, Audience, Setting};
use crate::{
    access, events,
    failure::{Failure, Result},
    manual,
};

/// Writes the pages into a folder.
///
/// # Errors
/// Failed if a file cannot be written.
pub fn write_pages(folder: &Path) -> Result<()> {
    for (name, page) in [
        ("configuration.md", configuration()),
        ("limits.md", limits()),
        ("commands.md", manual::page()),
        ("access.md", access::page()),
        ("events.md", events::page()),
    ] {
        let path = folder.join(name);
        fs::write(&path, page).map_err(|why| Failure::failed(format!("cannot write {}: {why}", path.display())))?;
    }
    Ok(())
}

const CONFIGURATION: &str = "\
# Configuration

`threadline config --markdown docs` makes this page from the table of settings in the code; a test fails when the two differ.

A setting comes from its flag, else from its environment variable, else from the configuration file, else from its default.
`threadline config` prints every setting with its value, its default and where the value came from; passwords and keys are not
shown.

Three mistakes stop the program before it does anything:

- an unknown key in the file;
- an unknown variable that begins with `THREADLINE_`;
- a bad value.

The error has the name, the source and the nearest known name. `threadline openapi` reads no settings.

The file is TOML, with the names below as keys:

```toml
listen = \"0.0.0.0:7420\"
data = \"/var/lib/threadline\"
turns = 128

[limits]
body_bytes = 2097152
```

`threadline serve --config threadline.toml` reads the file. The commands that talk to a running server read flags and variables only.
";

const MODELS: &str = "
## Models: the sections `providers` and `models`

Only the configuration file has these sections. A mistake in them stops the program like any other. Without a provider, the model
`echo` answers for every agent without a script.

```toml
[providers.local]
kind = \"openai\"
base_url = \"http://127.0.0.1:11434/v1\"

[providers.anthropic]
kind = \"anthropic\"
api_key_env = \"ANTHROPIC_API_KEY\"

[models.\"claude-*\"]
provider = \"anthropic\"
fallback = [\"gpt-5.5\"]

[models.default]
provider = \"local\"
model = \"llama3.1\"
```

A provider's name has lower-case letters, digits and hyphens. These are the keys of `[providers.NAME]`:

| key | meaning |
|---|---|
| `kind` | `openai` for OpenAI and every compatible server, `anthropic`, or `gemini` |
| `base_url` | Origin and path of the API; default: the vendor's |
| `wire` | `chat` or `responses`, for the kind `openai`; default: `responses` at api.openai.com, `chat` elsewhere |
| `api_key_env`, `api_key_file` | The variable or the file with the key; only one of them |
| `ca_file` | CA certificates in PEM, trusted beside those of the system |
| `concurrency`, `requests_per_minute` | Calls that the provider takes at once, and in a minute, from this server, lent to projects by shares; default: no limit |
| `connect_s`, `first_byte_s`, `first_token_s`, `silence_s`, `call_s` | Time-outs in seconds; default: the limits `model_…` |

`[models.NAME]` says where a public name leads. The exact name wins, then the longest name that ends in `*`, then `default`, which
serves every name of the catalogue. A model that its vendor has retired leads to the vendor's nearest one.

| key | meaning |
|---|---|
| `provider` | The name of a provider |
| `model` | The provider's name of the model; default: the public one |
| `fallback` | Public names, tried in order when the model fails for a passing reason before it has said anything |
| `context`, `output` | Tokens of the window and of an answer |
| `images` | Whether the model reads pictures: `true` or `false` |
| `reasoning`, `speeds` | The words that the model takes |
| `prices` | Dollars for a million tokens, as decimal numbers in quotes: `input`, `output`, `cache_read`, `cache_write` |

The last four rows override the catalogue.
";

const LIMITS: &str = "\
# Limits

`threadline config --markdown docs` makes this page from the table of limits in the code; a test fails when the two differ.

- The last word of a name is its unit: `bytes`, `chars` (Unicode scalar values), `ms`, `s` and `h` (milliseconds, seconds and
  hours), `days`. `…_per_s` is a rate, so many each second. A name without a unit is a count.
- Set a limit under `[limits]` in the configuration file, or by the variable beside it. A running server shows its limits at
  `GET /threadline/v1/limits`.
- A request beyond a limit is refused with an answer that names the limit, and has no effect.

| limit | default | least | meaning | variable |
|---|---|---|---|---|
";

fn configuration() -> String {
    let mut page = String::from(CONFIGURATION);
    for (title, audience) in [
        ("The server: `serve`, `dev`, `config`, `secrets`", Audience::Server),
        (
            "Commands that talk to a running server: `key`, `thread`, `project`, `member`, `agent`, `model`, `usage`",
            Audience::Remote,
        ),
    ] {
        page += &format!(
            "\n## {title}\n\n| setting | type | default | meaning | flag | variable |\n|---|---|---|---|---|---|\n"
        );
        table::all().iter().filter(|s| s.is_for(audience) && !is_limit(s)).for_each(|s| page += &setting_row(s));
    }
    page + MODELS + "\nThe limits are settings too: [limits.md](limits.md).\n"
}

fn setting_row(setting: &Setting) -> String {
    let default = setting.default.as_ref().map_or("none".into(), |default| format!("`{default}`"));
    let flag = setting.flag().map_or("none".into(), |flag| format!("`--{flag}`"));
    format!(
        "| `{}` | {} | {default} | {} | {flag} | `{}` |\n",
        setting.name,
        setting.kind.name(),
        setting.meaning,
        setting.variable()
    )
}

fn limits() -> String {
    let mut page = String::from(LIMITS);
    for setting in table::all().iter().filter(|s| is_limit(s)) {
        let name = setting.name.trim_start_matches("limits.");
        let default = setting.default.as_deref().unwrap_or_default();
        let least = setting.kind.least();
        page += &format!("| `{name}` | {default} | {least} | {} | `{}` |\n", setting.meaning, setting.variable());
    }
    page
}

fn is_limit(setting: &Setting) -> bool {
    setting.name.starts_with("limits.")
}
