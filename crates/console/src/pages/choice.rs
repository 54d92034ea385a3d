//! The choices of a field.

pub struct Choice {
    pub value: String,
    pub text: String,
    pub is_chosen: bool,
}

impl Choice {
    /// One of several, as `(value, text)`.
    pub fn of(all: impl IntoIterator<Item = (String, String)>, chosen: &str) -> Vec<Self> {
        all.into_iter().map(|(value, text)| Self { is_chosen: value == chosen, value, text }).collect()
    }
}
