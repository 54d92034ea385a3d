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
    /// The words of reasoning that the model takes, from the least to the most.
    pub reasoning: Vec<Reasoning>,
    /// Tells whether the model does not reason unless it is asked to.
    pub rests: bool,
    /// The speeds that the model takes.
    pub speeds: Vec<Speed>,
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
    /// The factor of the fast speed in hundredths: 250 for two and a half times the price. 100 where the speed costs
    /// nothing more, or the model has no fast speed.
    pub fast_percent: u32,
}

impl Abilities {
    /// The cost of a call. `None` if the price is unknown.
    pub fn cost(&self, usage: &Usage, fast: bool) -> Option<Usd> {
        let input = usage.input_total();
        let tier = self.prices.iter().rev().find(|tier| tier.above == 0 || input > tier.above)?;
        let cost = tier.price.of(usage);
        let percent = if fast { i128::from(tier.fast_percent) } else { 100 };
        Some(Usd(i64::try_from(i128::from(cost.0) * percent / 100).unwrap_or(i64::MAX)))
    }
}
