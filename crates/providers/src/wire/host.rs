//! Hosts of OpenAI's protocols that differ from it.

use domain::controls::Speed;
use http::Uri;

use super::Call;

/// The operator of a provider, by the host of its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Host {
    OpenAi,
    DeepSeek,
    Moonshot,
    Zai,
    OpenRouter,
    /// A compatible server or gateway of anybody.
    Other,
}

const HOSTS: [(Host, &[&str]); 5] = [
    (Host::OpenAi, &["api.openai.com"]),
    (Host::DeepSeek, &["deepseek.com"]),
    (Host::Moonshot, &["moonshot.ai", "moonshot.cn", "kimi.com"]),
    (Host::Zai, &["z.ai", "bigmodel.cn"]),
    (Host::OpenRouter, &["openrouter.ai"]),
];

impl Host {
    pub fn of(call: &Call<'_>) -> Self {
        let uri = call.base_url.parse::<Uri>().ok();
        let host = uri.as_ref().and_then(Uri::host).unwrap_or_default().to_ascii_lowercase();
        let is_of = |domain: &str| host.strip_suffix(domain).is_some_and(|sub| sub.is_empty() || sub.ends_with('.'));
        let found = HOSTS.into_iter().find(|(_, domains)| domains.iter().any(|domain| is_of(domain)));
        found.map_or(Self::Other, |(host, _)| host)
    }
}

/// The tier of a speed in the words of `service_tier`. The standard speed is the default.
pub(super) fn service_tier(speed: Option<Speed>) -> Option<&'static str> {
    match speed? {
        Speed::Standard => None,
        Speed::Fast => Some(Speed::Priority.as_str()),
        other => Some(other.as_str()),
    }
}
