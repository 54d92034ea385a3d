//! Tags.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    field::{TagName, TagNames},
    schema,
};

/// The color of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Color {
    Default,
    Primary,
    Success,
    Warning,
    Destructive,
    Blue,
    Purple,
    Pink,
    Orange,
    Lime,
}

/// A tag of the project.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ThreadTag {
    #[schema(schema_with = schema::tag)]
    pub name: String,
    pub color: Color,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateThreadTagBody {
    #[schema(schema_with = schema::tag)]
    pub name: TagName,
    pub color: Color,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListThreadTagsResponse {
    pub items: Vec<ThreadTag>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetThreadTagsBody {
    /// Replaces all tags of the thread.
    #[schema(schema_with = schema::tags)]
    pub tags: TagNames,
}

#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetThreadTagsResponse {
    pub tags: Vec<ThreadTag>,
}
