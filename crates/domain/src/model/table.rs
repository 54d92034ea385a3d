//! The abilities of the catalogue's models: the vendors' documentation, and two public tables of prices.

use super::{
    Abilities, CATALOGUE, Style,
    Style::{Adaptive, Budget, BudgetAndEffort, Effort, Fixed, Switch, SwitchAndEffort},
    Tier,
};
use crate::{
    controls::{
        Reasoning::{self, High, Low, Max, Medium, Minimal, None as Nothing, Off, On, Xhigh},
        Speed::{self, Default as Ordinary, Fast, Flex, Priority, Standard},
    },
    usage::{Price, Usd},
};

/// The date of the data.
pub const DATE: &str = "2026-11-30";

/// Name; tokens of the window, of the input if that is less, of an answer; pictures; the way of reasoning; speeds;
/// prices.
///
/// A price is `input / output / cached input` in dollars for a million tokens, without the last if the cache has no
/// price of its own. A second price holds above so many tokens of input: `; over 272000: 10 / 45 / 1`. `; fast x2.5`
/// is the factor of the fast speed. An empty text: the price is unknown.
type Row = (&'static str, [u64; 3], Option<bool>, &'static Way, Option<&'static [Speed]>, &'static str);

/// The way in which a model reasons.
struct Way {
    style: Style,
    words: Option<&'static [Reasoning]>,
    rests: bool,
    only_responses: bool,
}

const fn way(style: Style, words: &'static [Reasoning]) -> Way {
    Way { style, words: Some(words), rests: false, only_responses: false }
}

const fn resting(way: Way) -> Way {
    Way { rests: true, ..way }
}

const fn only_responses(way: Way) -> Way {
    Way { only_responses: true, ..way }
}

const CLAUDE_FABLE: &Way = &way(Adaptive, &[On, Low, Medium, High, Xhigh, Max]);
const CLAUDE_XHIGH: &Way = &resting(way(Adaptive, &[Off, Nothing, On, Low, Medium, High, Xhigh, Max]));
const CLAUDE_4_6: &Way = &resting(way(Adaptive, &[Off, Nothing, On, Low, Medium, High, Max]));
const CLAUDE_EFFORT: &Way = &resting(way(BudgetAndEffort, &[Off, Nothing, On, Low, Medium, High]));
const CLAUDE_BUDGET: &Way = &resting(way(Budget, &[Off, Nothing, On, Low, Medium, High]));
const GPT: &Way = &way(Effort, &[Off, Nothing, On, Low, Medium, High, Xhigh]);
const GPT_RESTS: &Way = &resting(way(Effort, &[Off, Nothing, On, Low, Medium, High, Xhigh]));
const GPT_PRO: &Way = &only_responses(way(Effort, &[On, Medium, High, Xhigh]));
const GPT_CODEX: &Way = &only_responses(way(Effort, &[Off, Nothing, On, Low, Medium, High, Xhigh]));
const GPT_SPARK: &Way = &Way { words: None, ..only_responses(way(Effort, &[])) };
const GEMINI_PRO: &Way = &way(Effort, &[On, Low, Medium, High]);
const GEMINI_FLASH: &Way = &way(Effort, &[On, Minimal, Low, Medium, High]);
const UNKNOWN: &Way = &Way { words: None, ..way(Effort, &[]) };
const SWITCH: &Way = &way(Switch, &[Off, Nothing, On]);
const SWITCH_EFFORT: &Way = &way(SwitchAndEffort, &[Off, Nothing, On, Low, High, Max]);
const ALWAYS: &Way = &way(Fixed, &[On]);
const NEVER: &Way = &way(Fixed, &[Off, Nothing]);

const SEES: Option<bool> = Some(true);
const BLIND: Option<bool> = Some(false);

const ONE: Option<&[Speed]> = Some(&[Ordinary, Standard]);
const OPENAI: Option<&[Speed]> = Some(&[Flex, Ordinary, Standard, Priority, Fast]);
const GOOGLE: Option<&[Speed]> = Some(&[Ordinary, Standard, Priority, Fast]);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("claude-fable-5",         [1_000_000, 0, 128_000],       SEES,  CLAUDE_FABLE,  ONE,    "10 / 50 / 1"),
    ("claude-opus-4-8",        [1_000_000, 0, 128_000],       SEES,  CLAUDE_XHIGH,  ONE,    "5 / 25 / 0.5"),
    ("claude-opus-4-7",        [1_000_000, 0, 128_000],       SEES,  CLAUDE_XHIGH,  ONE,    "5 / 25 / 0.5"),
    ("claude-opus-4-6",        [1_000_000, 0, 128_000],       SEES,  CLAUDE_4_6,    ONE,    "5 / 25 / 0.5"),
    ("claude-opus-4-5",        [200_000, 0, 64_000],          SEES,  CLAUDE_EFFORT, ONE,    "5 / 25 / 0.5"),
    ("claude-sonnet-4-6",      [1_000_000, 0, 64_000],        SEES,  CLAUDE_4_6,    ONE,    "3 / 15 / 0.3"),
    ("claude-haiku-4-5",       [200_000, 0, 64_000],          SEES,  CLAUDE_BUDGET, ONE,    "1 / 5 / 0.1"),
    ("gpt-5.5",                [1_050_000, 922_000, 128_000], SEES,  GPT,           OPENAI, "5 / 30 / 0.5; over 272000: 10 / 45 / 1; fast x2.5"),
    ("gpt-5.5-pro",            [1_050_000, 0, 128_000],       SEES,  GPT_PRO,       OPENAI, "30 / 180"),
    ("gpt-5.4",                [1_050_000, 0, 128_000],       SEES,  GPT_RESTS,     OPENAI, "2.5 / 15 / 0.25; over 272000: 5 / 22.5"),
    ("gpt-5.4-mini",           [400_000, 272_000, 128_000],   SEES,  GPT_RESTS,     OPENAI, "0.75 / 4.5 / 0.075"),
    ("gpt-5.3-codex",          [400_000, 0, 128_000],         SEES,  GPT_CODEX,     OPENAI, "1.75 / 14 / 0.175"),
    ("gpt-5.3-codex-spark",    [128_000, 0, 32_000],          None,  GPT_SPARK,     None,   ""),
    ("gemini-3.1-pro-preview", [1_048_576, 0, 65_536],        SEES,  GEMINI_PRO,    GOOGLE, "2 / 12 / 0.2; over 200000: 4 / 18 / 0.4"),
    ("gemini-3-flash-preview", [1_048_576, 0, 65_536],        SEES,  GEMINI_FLASH,  GOOGLE, "0.5 / 3 / 0.05"),
    ("grok-4-1-fast",          [2_000_000, 0, 30_000],        SEES,  UNKNOWN,       None,   "0.2 / 0.5 / 0.05"),
    ("glm-5.2",                [1_000_000, 0, 131_072],       BLIND, SWITCH_EFFORT, ONE,    "1.4 / 4.4 / 0.26"),
    ("glm-5.1",                [200_000, 0, 131_072],         BLIND, SWITCH,        ONE,    "1.4 / 4.4 / 0.26"),
    ("glm-5",                  [200_000, 0, 131_072],         BLIND, SWITCH,        ONE,    "1 / 3.2 / 0.2"),
    ("glm-5-turbo",            [200_000, 0, 131_072],         BLIND, SWITCH,        ONE,    "1.2 / 4 / 0.24"),
    ("glm-5v-turbo",           [200_000, 0, 131_072],         SEES,  SWITCH,        ONE,    "1.2 / 4 / 0.24"),
    ("glm-4.7",                [200_000, 0, 131_072],         BLIND, SWITCH,        ONE,    "0.6 / 2.2 / 0.11"),
    ("deepseek-v4-pro",        [1_000_000, 0, 384_000],       BLIND, SWITCH_EFFORT, ONE,    "1.32 / 3.96 / 0.044"),
    ("kimi-k2.7-code",         [262_144, 0, 262_144],         SEES,  ALWAYS,        ONE,    "0.95 / 4 / 0.19"),
    ("kimi-k2.6",              [262_144, 0, 262_144],         SEES,  SWITCH,        ONE,    "0.95 / 4 / 0.16"),
    // Open weights and a hosted model share the name, at prices of their own.
    ("qwen3-coder",            [262_144, 0, 65_536],          BLIND, NEVER,         ONE,    ""),
];

/// The retired models, each with its vendor's nearest one.
pub(super) const RETIRED: &[(&str, &str)] = &[("grok-4-1-fast", "grok-4.3")];

/// The abilities of each model of the table, by its name.
pub(super) fn all() -> Vec<(&'static str, Abilities)> {
    TABLE.iter().map(|row| (row.0, abilities(row))).collect()
}

fn abilities((name, [context, input, output], images, way, speeds, prices): &Row) -> Abilities {
    let vendor = CATALOGUE.iter().find(|model| model.name == *name).map(|model| model.vendor);
    Abilities {
        context: Some(*context),
        input: Some(*input).filter(|tokens| *tokens > 0),
        output: Some(*output),
        images: *images,
        style: way.style,
        reasoning: way.words.map(<[Reasoning]>::to_vec),
        rests: way.rests,
        speeds: speeds.map(<[Speed]>::to_vec),
        prices: tiers(prices, vendor == Some("anthropic")),
        only_responses: way.only_responses,
    }
}

fn tiers(text: &str, writes_cost: bool) -> Vec<Tier> {
    let mut fast_percent = None;
    let mut tiers = Vec::new();
    for part in text.split("; ").filter(|part| !part.is_empty()) {
        if let Some(factor) = part.strip_prefix("fast x") {
            fast_percent = u32::try_from(usd(factor).0 / (Usd::ONE.0 / 100)).ok();
            continue;
        }
        let (above, price) = match part.strip_prefix("over ").and_then(|rest| rest.split_once(": ")) {
            Some((above, price)) => (above.parse().expect("a number of tokens"), price),
            None => (0, part),
        };
        tiers.push(Tier { above, price: price_of(price, writes_cost), fast_percent: None });
    }
    tiers.iter_mut().for_each(|tier| tier.fast_percent = fast_percent);
    tiers
}

/// Anthropic's writes to the cache cost 1.25 times the input for minutes, and twice the input for an hour.
fn price_of(text: &str, writes_cost: bool) -> Price {
    let mut amounts = text.split(" / ").map(usd);
    let mut next = || amounts.next();
    let (input, output, cache_read) = (next().unwrap_or_default(), next().unwrap_or_default(), next());
    let write = |percent: i64| writes_cost.then_some(Usd(input.0 / 100 * percent));
    Price { input, output, cache_read, cache_write: write(125), cache_write_1h: write(200) }
}

fn usd(text: &str) -> Usd {
    Usd::parse(text).expect("an amount of the table")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::ECHO, usage::Usage};

    #[test]
    fn every_model_of_the_catalogue_but_echo_has_its_row() {
        let names: Vec<&str> = TABLE.iter().map(|row| row.0).collect();
        for model in CATALOGUE {
            let rows = names.iter().filter(|name| **name == model.name).count();
            assert_eq!(rows, usize::from(model.name != ECHO), "{}", model.name);
        }
        assert_eq!(names.len(), CATALOGUE.len() - 1);
        for (retired, nearest) in RETIRED {
            assert!(names.contains(retired) && !names.contains(nearest), "{retired}");
        }
    }

    #[test]
    fn an_answer_of_the_most_tokens_fits_into_the_window() {
        for (name, abilities) in all() {
            assert!(abilities.output <= abilities.context, "{name}");
            assert!(abilities.input.is_none_or(|input| Some(input) < abilities.context), "{name}");
        }
    }

    #[test]
    fn a_price_holds_from_its_size_of_the_input_on_and_by_the_speed() {
        let cost = |name: &str, input: u64, fast: bool| {
            let abilities = all().into_iter().find(|(other, _)| *other == name).expect("a model").1;
            let usage = Usage { input, output: 1_000_000, ..Usage::default() };
            abilities.cost(&usage, fast.then_some(Fast)).map(|usd| usd.to_string())
        };
        assert_eq!(cost("gpt-5.5", 272_000, false).as_deref(), Some("31.36"));
        assert_eq!(cost("gpt-5.5", 272_001, false).as_deref(), Some("47.72001"));
        assert_eq!(cost("gpt-5.5", 272_000, true).as_deref(), Some("78.4"));
        assert_eq!(cost("gpt-5.5-pro", 0, false).as_deref(), Some("180"));
        assert_eq!(cost("gpt-5.5-pro", 0, true), None, "the price of the fast speed is unknown");
        assert_eq!(cost("qwen3-coder", 0, false), None);
    }

    #[test]
    fn anthropics_writes_to_the_cache_have_their_price() {
        let haiku = all().into_iter().find(|(name, _)| *name == "claude-haiku-4-5").expect("a model").1;
        let of = |usage: Usage| haiku.cost(&usage, None).map(|usd| usd.to_string());
        let million = 1_000_000;
        assert_eq!(of(Usage { cache_write: million, ..Usage::default() }).as_deref(), Some("1.25"));
        assert_eq!(of(Usage { cache_write_1h: million, ..Usage::default() }).as_deref(), Some("2"));
        assert_eq!(of(Usage { cache_read: million, ..Usage::default() }).as_deref(), Some("0.1"));
    }
}
