//! Converts a message's controls.

use domain::{
    Error, Result, codes,
    controls::{Controls, Disclosure, Reasoning, Speed, Verbosity},
};
use engine::app::models::Models;

use crate::{ids, wire};

/// # Errors
/// `model_not_found` for an id that no listed model has; `invalid_parameter` for a malformed model id.
pub fn chosen(controls: wire::Controls, models: &Models) -> Result<Controls> {
    Ok(Controls {
        model: controls.model_id.as_deref().map(|id| model_named("controls.model_id", id, models)).transpose()?,
        reasoning: controls.reasoning.and_then(|reasoning| reasoning.effort).map(reasoning),
        locale: controls.locale,
        hints: controls.hints.unwrap_or_default(),
        error_disclosure: controls.error_disclosure.map(|disclosure| match disclosure {
            wire::ErrorDisclosure::Generic => Disclosure::Generic,
            wire::ErrorDisclosure::Standard => Disclosure::Standard,
            wire::ErrorDisclosure::Detailed => Disclosure::Detailed,
        }),
        speed: controls.speed.map(|speed| match speed {
            wire::Speed::Flex => Speed::Flex,
            wire::Speed::Default => Speed::Default,
            wire::Speed::Priority => Speed::Priority,
            wire::Speed::Fast => Speed::Fast,
            wire::Speed::Ultrafast => Speed::Ultrafast,
        }),
        verbosity: controls.verbosity.map(|verbosity| match verbosity {
            wire::Verbosity::Low => Verbosity::Low,
            wire::Verbosity::Medium => Verbosity::Medium,
            wire::Verbosity::High => Verbosity::High,
        }),
        ..Controls::default()
    })
}

/// The name of the model with the id in a field.
///
/// # Errors
/// `model_not_found` for an id that no listed model has; `invalid_parameter` for a malformed model id.
pub fn model_named(field: &str, id: &str, models: &Models) -> Result<String> {
    let id = ids::parse_model(id).ok_or_else(|| Error::field(field, "must be model_ and 32 hex digits"))?;
    let unknown = || Error { code: codes::MODEL_NOT_FOUND, ..Error::field(field, "must name a model") };
    models.name_of(id).map(str::to_owned).ok_or_else(unknown)
}

fn reasoning(effort: wire::Effort) -> Reasoning {
    match effort {
        wire::Effort::None => Reasoning::None,
        wire::Effort::Minimal => Reasoning::Minimal,
        wire::Effort::Low => Reasoning::Low,
        wire::Effort::Medium => Reasoning::Medium,
        wire::Effort::High => Reasoning::High,
        wire::Effort::Xhigh => Reasoning::Xhigh,
        wire::Effort::Max => Reasoning::Max,
    }
}

/// The controls of another dialect in this one's terms. Settings without a term are left out.
pub fn shown(controls: &Controls) -> Option<wire::Controls> {
    let shown = wire::Controls {
        model_id: controls.model.as_deref().and_then(ids::model_named),
        reasoning: controls.reasoning.map(|reasoning| wire::ReasoningConfig { effort: effort(reasoning) }),
        locale: controls.locale.clone(),
        hints: Some(controls.hints.clone()).filter(|hints| !hints.is_empty()),
        error_disclosure: controls.error_disclosure.map(|disclosure| match disclosure {
            Disclosure::Generic => wire::ErrorDisclosure::Generic,
            Disclosure::Standard => wire::ErrorDisclosure::Standard,
            Disclosure::Detailed => wire::ErrorDisclosure::Detailed,
        }),
        speed: controls.speed.map(|speed| match speed {
            Speed::Flex => wire::Speed::Flex,
            Speed::Standard | Speed::Default => wire::Speed::Default,
            Speed::Priority => wire::Speed::Priority,
            Speed::Fast => wire::Speed::Fast,
            Speed::Ultrafast => wire::Speed::Ultrafast,
        }),
        verbosity: controls.verbosity.map(|verbosity| match verbosity {
            Verbosity::Low => wire::Verbosity::Low,
            Verbosity::Medium => wire::Verbosity::Medium,
            Verbosity::High => wire::Verbosity::High,
        }),
    };
    (shown != wire::Controls::default()).then_some(shown)
}

/// "On" is no effort: the model decides.
fn effort(reasoning: Reasoning) -> Option<wire::Effort> {
    Some(match reasoning {
        Reasoning::On => return None,
        Reasoning::Off | Reasoning::None => wire::Effort::None,
        Reasoning::Minimal => wire::Effort::Minimal,
        Reasoning::Low => wire::Effort::Low,
        Reasoning::Medium => wire::Effort::Medium,
        Reasoning::High => wire::Effort::High,
        Reasoning::Xhigh => wire::Effort::Xhigh,
        Reasoning::Max => wire::Effort::Max,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_word_of_this_dialect_reads_back() {
        let model = &domain::model::CATALOGUE[3];
        for effort in ["none", "minimal", "low", "medium", "high", "xhigh", "max"] {
            for speed in ["flex", "default", "priority", "fast", "ultrafast"] {
                let sent = json!({
                    "model_id": ids::model(model.id()), "reasoning": {"effort": effort}, "speed": speed,
                    "locale": "uk-UA", "hints": {"rich_media": true}, "error_disclosure": "detailed", "verbosity": "low",
                });
                let kept = chosen(serde_json::from_value(sent.clone()).unwrap(), &Models::default()).unwrap();
                assert_eq!(kept.model.as_deref(), Some(model.name));
                assert_eq!(serde_json::to_value(shown(&kept)).unwrap(), sent);
            }
        }
    }

    #[test]
    fn words_of_other_doors_are_translated_or_left_out() {
        let kept = Controls { reasoning: Some(Reasoning::On), speed: Some(Speed::Standard), ..Controls::default() };
        assert_eq!(serde_json::to_value(shown(&kept)).unwrap(), json!({"reasoning": {}, "speed": "default"}));
        let only_theirs = Controls { build_model: Some("gpt-5.5".into()), ..Controls::default() };
        assert_eq!(shown(&only_theirs), None);
    }
}
