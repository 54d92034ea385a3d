//! The words of reasoning, and their tokens.

use domain::{controls::Reasoning, model::Style};
use serde::Serialize;

use crate::wire::Call;

/// Fewest tokens of a budget of thinking.
const BUDGET_MIN: u64 = 1_024;

/// The request's fields `thinking` and `output_config`.
#[derive(Debug, Default, PartialEq, Serialize)]
pub(super) struct Thinking {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thinking: Option<Mode>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output_config: Option<Output>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Mode {
    /// The model decides how much to think. Some models show no thinking unless they are asked to.
    Adaptive {
        display: &'static str,
    },
    Enabled {
        budget_tokens: u64,
    },
    Disabled,
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Output {
    effort: &'static str,
}

impl Thinking {
    /// The fields for the call's word of reasoning, in the style of its model. A budget leaves room for the answer.
    pub(super) fn of(call: &Call<'_>, max_tokens: u64) -> Self {
        let Some(word) = call.request.controls.reasoning else { return Self::default() };
        let style = call.abilities.map_or(Style::Adaptive, |abilities| abilities.style);
        let rests = call.abilities.is_some_and(|abilities| abilities.rests);
        let thinking = match style {
            Style::Effort | Style::Fixed => None,
            _ if !word.thinks() => (!rests).then_some(Mode::Disabled),
            Style::Adaptive => Some(Mode::Adaptive { display: "summarized" }),
            Style::Budget | Style::BudgetAndEffort | Style::Switch | Style::SwitchAndEffort => {
                budget(word, max_tokens).map(|budget_tokens| Mode::Enabled { budget_tokens })
            }
        };
        let has_effort = !matches!(style, Style::Budget | Style::Switch | Style::Fixed);
        let output_config = effort(word).filter(|_| has_effort).map(|effort| Output { effort });
        Self { thinking, output_config }
    }
}

fn effort(word: Reasoning) -> Option<&'static str> {
    match word {
        Reasoning::Low | Reasoning::Medium | Reasoning::High | Reasoning::Xhigh | Reasoning::Max => Some(word.as_str()),
        Reasoning::Off | Reasoning::On | Reasoning::None | Reasoning::Minimal => None,
    }
}

/// The tokens of thinking for a word: at most half of the answer, if this is enough. `None` if the answer has no room.
fn budget(word: Reasoning, max_tokens: u64) -> Option<u64> {
    let wanted = match word {
        Reasoning::Off | Reasoning::None => return None,
        Reasoning::Minimal | Reasoning::Low => BUDGET_MIN,
        Reasoning::On | Reasoning::Medium => 8_000,
        Reasoning::High | Reasoning::Xhigh | Reasoning::Max => 24_000,
    };
    (max_tokens > BUDGET_MIN).then(|| wanted.min(max_tokens / 2).max(BUDGET_MIN))
}
