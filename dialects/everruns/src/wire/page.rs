//! Types that lists and resources share.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The start and the size of a page.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Number of items to skip. Default: 0.
    #[param(minimum = 0, default = 0)]
    pub offset: Option<u32>,
    /// Default: 20.
    #[param(minimum = 1, maximum = 100, default = 20)]
    pub limit: Option<u32>,
}

/// A page of a list with a total.
#[derive(Debug, Serialize, ToSchema)]
pub struct Paginated<T> {
    pub data: Vec<T>,
    /// Number of items in the whole list.
    pub total: u32,
    pub offset: u32,
    pub limit: u32,
    /// Absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_url: Option<String>,
    /// Absent on the first page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prev_url: Option<String>,
}

/// A whole list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Listed<T> {
    pub data: Vec<T>,
}
