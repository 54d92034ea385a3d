//! The abilities of a model: what it takes, what it bounds, what it costs.

use crate::{
    controls::{Reasoning, Speed},
    usage::{Price, Usage, Usd},
};

/// The abilities of a model, as its vendor documents them at the catalogue's date. The configuration may override them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Abilities {
    /// Tokens of the whole window: input and output.
    pub context: Option<u64>,
    /// Most tokens of the input, where this is less than the window.
    pub input: Option<u64>,
    /// Most tokens of an answer.
    pub output: Option<u64>,
    /// Tells whether the model reads pictures. Absent: unknown.
    pub images: Option<bool>,
    /// The way in which the model is told to reason.
    pub style: Style,
    /// The words of reasoning that the model takes, from the least to the most. Absent: unknown; every word goes out.
    pub reasoning: Option<Vec<Reasoning>>,
    /// Tells whether the model does not reason unless it is asked to.
    pub rests: bool,
    /// The speeds that the model takes, from the slowest on. Absent: unknown; every word goes out.
    pub speeds: Option<Vec<Speed>>,
    /// Prices by the size of the input, from the smallest on. Empty: unknown.
    pub prices: Vec<Tier>,
    /// Tells whether only the wire `responses` serves the model.
    pub only_responses: bool,
}

/// The way in which a model is told to reason.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// A word of effort, in the words of its wire.
    #[default]
    Effort,
    /// Anthropic: adaptive thinking, with a word of effort.
    Adaptive,
    /// Anthropic: a budget of tokens.
    Budget,
    /// Anthropic: a budget of tokens, with a word of effort.
    BudgetAndEffort,
    /// A switch: `thinking` is enabled or disabled.
    Switch,
    /// A switch, with a word of effort.
    SwitchAndEffort,
    /// The model always reasons in its own way.
    Fixed,
}

/// A price, from a size of the input on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Tokens of input above which the price holds.
    pub above: u64,
    pub price: Price,
    /// The factor of the fast speed in hundredths: 250 for two and a half times the price. Absent: unknown.
    pub fast_percent: Option<u32>,
}

impl Abilities {
    /// Most tokens of an input, with room for an answer in the window. `None` if the window is unknown.
    ///
    /// The room is the largest answer, at most a third of the window; an eighth if the largest answer is unknown.
    pub fn input_tokens(&self) -> Option<u64> {
        let context = self.context?;
        let answer = self.output.unwrap_or(context / 8).min(context / 3);
        Some(self.input.unwrap_or(context).min(context - answer))
    }

    /// The cost of a call at a speed. `None` if the price is unknown, as it is for every speed but the ordinary one and
    /// a fast one with its factor.
    pub fn cost(&self, usage: &Usage, speed: Option<Speed>) -> Option<Usd> {
        let input = usage.input_total();
        let tier = self.prices.iter().rev().find(|tier| tier.above == 0 || input > tier.above)?;
        let percent = match speed {
            None | Some(Speed::Standard | Speed::Default) => 100,
            Some(Speed::Fast | Speed::Priority) => i128::from(tier.fast_percent?),
            Some(Speed::Flex | Speed::Ultrafast) => return None,
        };
        let cost = i128::from(tier.price.of(usage).0) * percent / 100;
        Some(Usd(i64::try_from(cost).unwrap_or(i64::MAX)))
    }
}
