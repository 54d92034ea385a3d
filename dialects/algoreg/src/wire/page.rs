//! Pages.

use dialect_kit::fields::{Offset, PageLimit};
use serde::Deserialize;
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListMessagesQuery {
    /// Number of messages to skip, from the oldest.
    #[serde(default)]
    #[param(value_type = i64, required = false, minimum = 0, default = 0)]
    pub offset: Offset,
    /// Number of messages per page.
    #[serde(default)]
    #[param(value_type = i64, required = false, minimum = 1, maximum = 100, default = 50)]
    pub limit: PageLimit<50>,
}
