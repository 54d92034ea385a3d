//! Tags.

use domain::tag::{self, Tag};

use crate::wire::{self, Color};

pub fn tag(body: wire::CreateThreadTagBody) -> Tag {
    let color = match body.color {
        Color::Default => tag::Color::Default,
        Color::Primary => tag::Color::Primary,
        Color::Success => tag::Color::Success,
        Color::Warning => tag::Color::Warning,
        Color::Destructive => tag::Color::Destructive,
        Color::Blue => tag::Color::Blue,
        Color::Purple => tag::Color::Purple,
        Color::Pink => tag::Color::Pink,
        Color::Orange => tag::Color::Orange,
        Color::Lime => tag::Color::Lime,
    };
    Tag { name: body.name.0, color }
}

pub fn tags(tags: Vec<Tag>) -> Vec<wire::ThreadTag> {
    tags.into_iter().map(known).collect()
}

/// A tag of the project.
pub fn known(tag: Tag) -> wire::ThreadTag {
    wire::ThreadTag { color: color(tag.color), name: tag.name }
}

pub fn color(color: tag::Color) -> Color {
    match color {
        tag::Color::Default => Color::Default,
        tag::Color::Primary => Color::Primary,
        tag::Color::Success => Color::Success,
        tag::Color::Warning => Color::Warning,
        tag::Color::Destructive => Color::Destructive,
        tag::Color::Blue => Color::Blue,
        tag::Color::Purple => Color::Purple,
        tag::Color::Pink => Color::Pink,
        tag::Color::Orange => Color::Orange,
        tag::Color::Lime => Color::Lime,
    }
}
