//! Reading of fields that servers fill in their own way.

use domain::Kept;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};

/// Decodes a field. A value of another type counts as absent, so that one odd field does not end an answer. Use:
/// `#[serde(default, deserialize_with = "lenient")]`.
pub(super) fn lenient<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: DeserializeOwned + Default,
    D: Deserializer<'de>,
{
    Ok(Kept::deserialize(deserializer)?.read().unwrap_or_default())
}
