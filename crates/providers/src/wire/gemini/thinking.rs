//! The words of reasoning.

use domain::{controls::Reasoning, model::Style};
use serde::Serialize;

use crate::wire::Call;

/// The model decides how much to think.
const AUTOMATIC: i32 = -1;
/// The models that take a budget where others take a level.
const BUDGET_MODELS: &str = "gemini-2.5";

/// The field `thinkingConfig`.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Thinking {
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_level: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<i32>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    include_thoughts: bool,
}

impl Thinking {
    /// The field for the call's word of reasoning, in the style of its model. `None` where there is nothing to say.
    pub(super) fn of(call: &Call<'_>) -> Option<Self> {
        let word = call.request.controls.reasoning?;
        let unknown = if call.model.contains(BUDGET_MODELS) { Style::Budget } else { Style::Effort };
        let (level, budget) = match call.abilities.map_or(unknown, |abilities| abilities.style) {
            Style::Fixed => (None, None),
            Style::Effort | Style::Adaptive if word.thinks() => (level(word), None),
            Style::Effort | Style::Adaptive => (None, Some(0)),
            Style::Budget | Style::BudgetAndEffort | Style::Switch | Style::SwitchAndEffort => {
                (None, Some(budget(word)))
            }
        };
        let include_thoughts = word.thinks();
        let says = level.is_some() || budget.is_some() || include_thoughts;
        says.then_some(Self { thinking_level: level, thinking_budget: budget, include_thoughts })
    }
}

fn level(word: Reasoning) -> Option<&'static str> {
    match word {
        Reasoning::Minimal | Reasoning::Low | Reasoning::Medium | Reasoning::High | Reasoning::Xhigh => {
            Some(word.as_str())
        }
        Reasoning::Off | Reasoning::On | Reasoning::None | Reasoning::Max => None,
    }
}

/// The tokens that Google names for the words of effort.
fn budget(word: Reasoning) -> i32 {
    match word {
        Reasoning::Off | Reasoning::None => 0,
        Reasoning::On => AUTOMATIC,
        Reasoning::Minimal | Reasoning::Low => 1_024,
        Reasoning::Medium => 8_192,
        Reasoning::High | Reasoning::Xhigh | Reasoning::Max => 24_576,
    }
}
