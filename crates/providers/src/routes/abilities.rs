//! The abilities of a model, with those that a route sets instead.

use domain::{
    model::{Abilities, Style, Tier},
    provider::{Overrides, Protocol},
};

/// The abilities with these instead. `None` if nothing is known. A model outside of the catalogue is told to reason
/// in the newest way of its wire.
pub(super) fn over(own: &Overrides, known: Option<&Abilities>, wire: Protocol) -> Option<Abilities> {
    if *own == Overrides::default() {
        return known.cloned();
    }
    let Overrides { context, output, images, reasoning, speeds, price } = own.clone();
    let newest = || match wire {
        Protocol::Anthropic => Abilities { style: Style::Adaptive, ..Abilities::default() },
        Protocol::Chat | Protocol::Responses | Protocol::Gemini => Abilities::default(),
    };
    let mut abilities = known.cloned().unwrap_or_else(newest);
    if context.is_some() {
        // The bound of the input belongs to the window that the catalogue knows.
        (abilities.context, abilities.input) = (context, None);
    }
    abilities.output = output.or(abilities.output);
    abilities.images = images.or(abilities.images);
    abilities.reasoning = reasoning.or(abilities.reasoning);
    abilities.speeds = speeds.or(abilities.speeds);
    if let Some(price) = price {
        abilities.prices = vec![Tier { above: 0, price, fast_percent: None }];
    }
    Some(abilities)
}
