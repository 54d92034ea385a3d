//! Providers: services that run models, as the operator configured them.

use std::{fmt, path::PathBuf, time::Duration};

pub use domain::provider::{Kind, Protocol};
use outward::{BadCaFile, Client, Settings, Targets};

/// The settings of a provider.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    pub name: String,
    pub kind: Kind,
    /// Origin and path, without a trailing slash. Absent: the vendor's own.
    pub base_url: Option<String>,
    /// Absent: by kind and address.
    pub wire: Option<Protocol>,
    pub key: Option<Key>,
    /// A file of CA certificates in PEM, trusted beside those of the system.
    pub ca_file: Option<PathBuf>,
    pub times: Times,
}

/// The calls that a provider takes from this server. Absent: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    pub at_once: Option<u64>,
    pub in_a_minute: Option<u64>,
}

/// The time-outs of a call. The first that runs out fails the call and closes the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Times {
    /// Resolving the name, connecting and the TLS handshake.
    pub connect: Duration,
    /// From the start of the call to the head of the answer.
    pub first_byte: Duration,
    /// From the start of the call to the first piece of the answer.
    pub first_token: Duration,
    /// Silence within the answer. Every byte ends it, those of comments too.
    pub between: Duration,
    /// From the start of the call to its end.
    pub whole: Duration,
}

/// A provider's key. It goes into a header only, and its `Debug` form does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

/// A provider that can be called.
#[derive(Clone)]
pub struct Provider {
    pub name: String,
    pub kind: Kind,
    /// Without a trailing slash.
    pub base_url: String,
    pub bounds: Bounds,
    pub(crate) wire: Option<Protocol>,
    pub(crate) key: Option<Key>,
    pub(crate) times: Times,
    pub(crate) client: Client,
    /// True for a provider whose stored key cannot be opened. It is not called.
    pub(crate) lost_key: bool,
}

const OPENAI_HOST: &str = "api.openai.com";
/// Longest key, in bytes.
const KEY_BYTES_MAX: usize = 8192;

impl Times {
    /// The same time for each.
    pub fn all(time: Duration) -> Self {
        Self { connect: time, first_byte: time, first_token: time, between: time, whole: time }
    }
}

impl Key {
    /// A key of visible ASCII characters. White space around it is cut off. `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let key = text.trim();
        let is_key = (1..=KEY_BYTES_MAX).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic());
        is_key.then(|| Self(key.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(not shown)")
    }
}

impl Provider {
    /// Reads the CA file. No connection is made.
    ///
    /// # Errors
    /// A CA file that cannot be read or has no usable certificate.
    pub fn new(configured: ProviderSettings) -> Result<Self, BadCaFile> {
        // The operator chose the address, so it may be local.
        let client = Client::new(Settings {
            targets: Targets::Any,
            ca_files: configured.ca_file.iter().cloned().collect(),
            ..Settings::default()
        })?;
        Ok(Self::by(client, configured))
    }

    /// A provider that is called by this client, whose policy and certificates hold.
    pub fn by(client: Client, configured: ProviderSettings) -> Self {
        let ProviderSettings { name, kind, base_url, wire, key, times, .. } = configured;
        let base_url = base_url.unwrap_or_else(|| kind.base_url().into());
        let base_url = base_url.trim_end_matches('/').to_owned();
        let bounds = Bounds::default();
        Self { name, kind, base_url, bounds, wire, key, times, client, lost_key: false }
    }

    /// The provider with bounds of its calls.
    #[must_use]
    pub fn bounded(self, bounds: Bounds) -> Self {
        Self { bounds, ..self }
    }

    /// The provider, if its stored key cannot be opened. Each of its calls fails.
    #[must_use]
    pub fn without_its_key(self) -> Self {
        Self { key: None, lost_key: true, ..self }
    }

    /// The wire for a model. `only_responses` tells whether OpenAI serves the model by Responses alone.
    pub(crate) fn protocol(&self, only_responses: bool) -> Protocol {
        let is_openai =
            host(&self.base_url).is_some_and(|host| host == OPENAI_HOST || host.ends_with(".api.openai.com"));
        match self.kind {
            Kind::Openai if is_openai && only_responses => Protocol::Responses,
            Kind::Openai => self.wire.unwrap_or(if is_openai { Protocol::Responses } else { Protocol::Chat }),
            Kind::Anthropic => Protocol::Anthropic,
            Kind::Gemini => Protocol::Gemini,
        }
    }
}

fn host(base_url: &str) -> Option<String> {
    base_url.parse::<http::Uri>().ok()?.host().map(str::to_ascii_lowercase)
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider").field("name", &self.name).field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "sk-123";

    fn provider(kind: Kind, base_url: Option<&str>, wire: Option<Protocol>) -> Provider {
        let times = Times::all(Duration::from_secs(1));
        let (base_url, key) = (base_url.map(Into::into), Key::parse(SECRET));
        Provider::new(ProviderSettings { name: "one".into(), kind, base_url, wire, key, ca_file: None, times })
            .expect("there is no CA file")
    }

    #[test]
    fn the_wire_follows_from_kind_and_address() {
        let local = Some("http://127.0.0.1:11434/v1/");
        for (kind, base_url, wire, only_responses, expected) in [
            (Kind::Openai, None, None, false, "responses"),
            (Kind::Openai, None, Some(Protocol::Chat), false, "chat"),
            (Kind::Openai, None, Some(Protocol::Chat), true, "responses"),
            (Kind::Openai, Some("https://eu.api.openai.com/v1"), None, false, "responses"),
            (Kind::Openai, Some("https://api.openai.com.example/v1"), None, false, "chat"),
            (Kind::Openai, local, None, false, "chat"),
            (Kind::Openai, local, None, true, "chat"),
            (Kind::Openai, local, Some(Protocol::Responses), false, "responses"),
            (Kind::Anthropic, local, None, false, "anthropic"),
            (Kind::Gemini, None, None, false, "gemini"),
        ] {
            let found = provider(kind, base_url, wire).protocol(only_responses);
            assert_eq!(found.as_str(), expected, "{kind:?} {base_url:?} {wire:?} {only_responses}");
            assert!(kind.wires().contains(&found));
        }
        assert_eq!(provider(Kind::Openai, local, None).base_url, "http://127.0.0.1:11434/v1");
    }

    #[test]
    fn a_key_is_visible_ascii_and_never_shown() {
        for (text, is_key) in [(" sk-1\n", true), ("", false), (" ", false), ("a b", false), ("ä", false)] {
            assert_eq!(Key::parse(text).is_some(), is_key, "{text:?}");
        }
        let shown = format!("{:?}", provider(Kind::Openai, None, None));
        assert!(!shown.contains(SECRET), "{shown}");
        assert!(!format!("{:?}", Key::parse(SECRET)).contains(SECRET));
    }
}
