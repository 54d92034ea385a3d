//! The common part of OpenAI's two wires: hosts that differ from OpenAI, and words of controls.

use base64::{Engine, engine::general_purpose::STANDARD};
use domain::controls::{Reasoning, Speed, Verbosity};
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
        Self::at(call.base_url)
    }

    /// The host of a provider's address.
    pub fn at(base_url: &str) -> Self {
        let uri = base_url.parse::<Uri>().ok();
        let host = uri.as_ref().and_then(Uri::host).unwrap_or_default().to_ascii_lowercase();
        let is_of = |domain: &str| host.strip_suffix(domain).is_some_and(|sub| sub.is_empty() || sub.ends_with('.'));
        let found = HOSTS.into_iter().find(|(_, domains)| domains.iter().any(|domain| is_of(domain)));
        found.map_or(Self::Other, |(host, _)| host)
    }
}

/// The tier of a speed in the words of `service_tier`. The ordinary speed needs no word, and OpenAI alone has one for it.
pub(super) fn service_tier(speed: Option<Speed>, host: Host) -> Option<&'static str> {
    match speed? {
        Speed::Standard => None,
        Speed::Default if host != Host::OpenAi => None,
        Speed::Fast => Some(Speed::Priority.as_str()),
        other => Some(other.as_str()),
    }
}

/// Beginnings of the names of OpenAI's models that refuse every word of verbosity.
const WITHOUT_VERBOSITY: [&str; 6] = ["gpt-3", "gpt-4", "chatgpt-", "o1", "o3", "o4"];

/// The word of verbosity. OpenAI has it, except for earlier models and for Codex. OpenRouter passes it on to models that
/// take it. Other hosts may refuse a field that they do not know.
pub(super) fn verbosity(call: &Call<'_>, host: Host) -> Option<&'static str> {
    let takes = match host {
        Host::OpenAi => {
            let is_earlier = WITHOUT_VERBOSITY.iter().any(|name| call.model.starts_with(name));
            !is_earlier && !call.model.contains("codex")
        }
        Host::OpenRouter => true,
        Host::DeepSeek | Host::Moonshot | Host::Zai | Host::Other => false,
    };
    call.request.controls.verbosity.filter(|_| takes).map(Verbosity::as_str)
}

/// The word of effort. `rests`: the model does not reason unless it is asked to. `None` leaves it to the model.
pub(super) fn effort(asked: Reasoning, rests: bool) -> Option<&'static str> {
    match asked {
        Reasoning::Off | Reasoning::None => Some(Reasoning::None.as_str()),
        Reasoning::On => rests.then_some(Reasoning::Medium.as_str()),
        word => Some(word.as_str()),
    }
}

/// A picture as the URL that contains it.
pub(super) fn data_url(media_type: &str, bytes: &[u8]) -> String {
    format!("data:{media_type};base64,{}", STANDARD.encode(bytes))
}
