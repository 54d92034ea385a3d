//! The catalogue of models, the same on every installation.

mod abilities;
mod table;
mod words;

use std::sync::LazyLock;

use uuid::Uuid;

use crate::ModelId;

pub use abilities::{Abilities, Style, Tier};
pub use table::DATE;

/// The model of an installation without a provider. It repeats the user's text at once.
pub const ECHO: &str = "echo";
/// The model of an agent with a script.
pub const SCRIPTED: &str = "scripted";

/// A model of the catalogue.
#[derive(Debug, PartialEq, Eq)]
pub struct Model {
    /// The name that clients send, for example `claude-opus-4-8`.
    pub name: &'static str,
    pub display_name: &'static str,
    /// The vendor of the model.
    pub vendor: &'static str,
}

/// The namespace of model ids. It never changes, because clients store ids.
const NAMESPACE: Uuid = Uuid::from_u128(0x7468_7265_6164_5c69_8e65_6d6f_6465_6c73);

impl Model {
    pub fn id(&self) -> ModelId {
        id(self.name)
    }

    /// The model that the vendor names as the nearest, for a model that the vendor serves no longer. The nearest model
    /// may stand outside of the catalogue.
    pub fn nearest(&self) -> Option<&'static str> {
        table::RETIRED.iter().find(|(name, _)| *name == self.name).map(|(_, nearest)| *nearest)
    }
}

/// The id of a public name of a model: the UUIDv5 of the name in a fixed namespace.
pub fn id(name: &str) -> ModelId {
    ModelId(Uuid::new_v5(&NAMESPACE, name.as_bytes()))
}

/// The abilities of a model by the vendor's name, as of [`DATE`]. `None` for a model outside of the catalogue, and for
/// echo, which takes everything.
pub fn abilities(name: &str) -> Option<&'static Abilities> {
    static ALL: LazyLock<Vec<(&str, Abilities)>> = LazyLock::new(table::all);
    ALL.iter().find(|(other, _)| *other == name).map(|(_, abilities)| abilities)
}

pub fn by_name(name: &str) -> Option<&'static Model> {
    CATALOGUE.iter().find(|m| m.name == name)
}

pub fn by_id(id: ModelId) -> Option<&'static Model> {
    CATALOGUE.iter().find(|m| m.id() == id)
}

const fn model(name: &'static str, display_name: &'static str, vendor: &'static str) -> Model {
    Model { name, display_name, vendor }
}

/// The vendors' models, and our own echo.
pub const CATALOGUE: &[Model] = &[
    model("claude-opus-4-8", "Claude Opus 4.8", "anthropic"),
    model("claude-opus-4-7", "Claude Opus 4.7", "anthropic"),
    model("claude-opus-4-6", "Claude Opus 4.6", "anthropic"),
    model("claude-opus-4-5", "Claude Opus 4.5", "anthropic"),
    model("claude-sonnet-4-6", "Claude Sonnet 4.6", "anthropic"),
    model("claude-haiku-4-5", "Claude Haiku 4.5", "anthropic"),
    model("gpt-5.5", "GPT-5.5", "openai"),
    model("gpt-5.5-pro", "GPT-5.5 Pro", "openai"),
    model("gpt-5.4", "GPT-5.4", "openai"),
    model("gpt-5.4-mini", "GPT-5.4 Mini", "openai"),
    model("gpt-5.3-codex", "GPT-5.3 Codex", "openai"),
    model("gpt-5.3-codex-spark", "GPT-5.3 Codex Spark", "openai"),
    model("gemini-3.1-pro-preview", "Gemini 3.1 Pro Preview", "google"),
    model("gemini-3-flash-preview", "Gemini 3 Flash Preview", "google"),
    model("grok-4-1-fast", "Grok 4.1 Fast", "xai"),
    model("glm-5.2", "GLM 5.2", "zai"),
    model("glm-5.1", "GLM 5.1", "zai"),
    model("glm-5v-turbo", "GLM 5V Turbo", "zai"),
    model("glm-5", "GLM 5", "zai"),
    model("deepseek-v4-pro", "DeepSeek V4 Pro", "deepseek"),
    model("glm-5-turbo", "GLM 5 Turbo", "zai"),
    model("glm-4.7", "GLM 4.7", "zai"),
    model("kimi-k2.7-code", "Kimi K2.7 Code", "moonshot"),
    model("kimi-k2.6", "Kimi K2.6", "moonshot"),
    model("qwen3-coder", "Qwen3 Coder", "qwen"),
    model("claude-fable-5", "Claude Fable 5", "anthropic"),
    model(ECHO, "Echo", "threadline"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_the_same_on_every_installation() {
        assert_eq!(
            by_name("gpt-5.5").map(|m| m.id().to_string()).as_deref(),
            Some("3f356838-731f-5111-9efb-e092042992a5")
        );
        for model in CATALOGUE {
            assert_eq!(by_id(model.id()), Some(model));
        }
    }
}
