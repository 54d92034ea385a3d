//! Fields with rules beyond their JSON type that several vendors share. Each is checked while it is decoded, so that
//! the error names the field.

use serde::Deserialize;

/// Rows of a page: 1 to 100. `DEFAULT` without a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct PageLimit<const DEFAULT: i64>(pub i64);

impl<const DEFAULT: i64> Default for PageLimit<DEFAULT> {
    fn default() -> Self {
        Self(DEFAULT)
    }
}

impl<const DEFAULT: i64> TryFrom<i64> for PageLimit<DEFAULT> {
    type Error = &'static str;

    fn try_from(limit: i64) -> Result<Self, Self::Error> {
        if (1..=100).contains(&limit) { Ok(Self(limit)) } else { Err("must be 1 to 100") }
    }
}

/// Number of rows to skip: 0 or more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "i64")]
pub struct Offset(pub i64);

impl TryFrom<i64> for Offset {
    type Error = &'static str;

    fn try_from(offset: i64) -> Result<Self, Self::Error> {
        if offset >= 0 { Ok(Self(offset)) } else { Err("must not be negative") }
    }
}

/// A text of at least one character.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Text(pub String);

impl TryFrom<String> for Text {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.is_empty() { Err("must not be empty") } else { Ok(Self(text)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_1_to_100_rows() {
        assert_eq!(PageLimit::<50>::default().0, 50);
        for limit in [1, 100] {
            assert_eq!(PageLimit::<50>::try_from(limit), Ok(PageLimit(limit)));
        }
        for limit in [i64::MIN, -1, 0, 101, i64::MAX] {
            assert!(PageLimit::<50>::try_from(limit).is_err(), "{limit}");
        }
    }

    #[test]
    fn an_offset_is_not_negative_and_a_text_not_empty() {
        assert_eq!((Offset::try_from(0), Offset::try_from(i64::MAX)), (Ok(Offset(0)), Ok(Offset(i64::MAX))));
        assert!(Offset::try_from(-1).is_err());
        assert_eq!(Text::try_from(" ".to_owned()), Ok(Text(" ".into())));
        assert!(Text::try_from(String::new()).is_err());
    }
}
