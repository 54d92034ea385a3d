//! Words that threads are found by.

use domain::tag::Color;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;

/// A word that threads are found by.
#[derive(Debug, Serialize, ToSchema)]
pub struct Tag {
    pub name: String,
    /// The colour. A tag that the project does not know has `default`.
    #[schema(value_type = schema::Color)]
    pub color: Color,
}

/// The look of a tag.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TagStyle {
    /// Absent: `default`.
    #[serde(default)]
    #[schema(value_type = Option<schema::Color>)]
    pub color: Option<Color>,
}

impl From<domain::tag::Tag> for Tag {
    fn from(tag: domain::tag::Tag) -> Self {
        Self { name: tag.name, color: tag.color }
    }
}
