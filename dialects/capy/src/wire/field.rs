//! Fields with rules beyond their JSON type. Each is checked while the body is decoded, so that the error names the
//! field.

use std::sync::LazyLock;

use domain::{Timestamp, tag};
use fancy_regex::Regex;
use serde::Deserialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use super::{
    model::{FORMER_MODELS, MODELS},
    schema,
};

/// `SendThreadMessageBody.impersonateUserEmail.pattern`, verbatim. The pattern uses look-ahead.
pub(super) const EMAIL: &str =
    r"^(?!\.)(?!.*\.\.)([A-Za-z0-9_'+\-\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$";

static EMAIL_PATTERN: LazyLock<Regex> = LazyLock::new(|| Regex::new(EMAIL).expect("the pattern is a constant"));

/// Defines a string type that is checked while it is decoded.
macro_rules! checked {
    ($($(#[$doc:meta])* $name:ident: $check:expr, $wrong:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(pub String);

        impl TryFrom<String> for $name {
            type Error = &'static str;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                let check: fn(&str) -> bool = $check;
                if check(&text) { Ok(Self(text)) } else { Err($wrong) }
            }
        }
    )*};
}

checked! {
    /// An e-mail address that matches Capy's own pattern.
    Email: |text| EMAIL_PATTERN.is_match(text).unwrap_or(false), "must be an e-mail address";
    /// The sender's own id of a message.
    MessageKey: |text| (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()),
        "must be 1 to 64 visible ASCII characters";
    /// A model name that this revision of Capy's API allows, or that another revision allowed ([`FORMER_MODELS`]).
    Model: |name| MODELS.contains(&name) || FORMER_MODELS.contains(&name), "is not a known model";
    /// An absolute URI (RFC 3986). The engine checks its target.
    Uri: is_uri, "must be an absolute URI";
    /// The name of a tag.
    TagName: tag::is_plain, "must be 1 to 64 lower-case letters, digits, `_` and `-`, and begin with a letter or a digit";
    /// The id of a reliability investigation.
    Investigation: |id| id.strip_prefix("rel_").is_some_and(|hex| {
        hex.len() == 40 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    }), "must be `rel_` and 40 hex digits";
}

/// At most 20 tag names.
#[derive(Default, Deserialize)]
#[serde(try_from = "Vec<TagName>")]
pub struct TagNames(pub Vec<String>);

impl TryFrom<Vec<TagName>> for TagNames {
    type Error = &'static str;

    fn try_from(names: Vec<TagName>) -> Result<Self, Self::Error> {
        match names.len() <= TAGS_MAX {
            true => Ok(Self(names.into_iter().map(|name| name.0).collect())),
            false => Err("must have at most 20 tags"),
        }
    }
}

/// An integer that JavaScript represents exactly.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
pub struct SafeInteger;

impl TryFrom<i64> for SafeInteger {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        if number.unsigned_abs() < 1 << 53 {
            Ok(Self)
        } else {
            Err("must be a safe integer of JavaScript (at most 2^53 - 1)")
        }
    }
}

/// Tests for a scheme, a colon, and only characters that a URI may contain; escapes must be complete.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let named = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&b);
    let escapes_whole = |text: &str| {
        text.split('%').skip(1).all(|after| {
            let digits = after.as_bytes().get(..2).unwrap_or_default();
            digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit)
        })
    };
    named && !rest.is_empty() && rest.bytes().all(allowed) && escapes_whole(rest)
}

impl Model {
    /// Tests whether another revision has the name.
    pub fn is_former(&self) -> bool {
        !MODELS.contains(&self.0.as_str())
    }
}

/// Capy API, `SetThreadTagsBody.tags.maxItems`.
pub(super) const TAGS_MAX: usize = 20;

/// `UsageQuery.from.pattern`, verbatim: RFC 3339 in UTC, with optional seconds.
pub(super) const DATE_TIME: &str = r"^(?:(?:\d\d[2468][048]|\d\d[13579][26]|\d\d0[48]|[02468][048]00|[13579][26]00)-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|(?:02)-(?:0[1-9]|1\d|2[0-8])))T(?:(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?:Z))$";

static DATE_TIME_PATTERN: LazyLock<Regex> = LazyLock::new(|| Regex::new(DATE_TIME).expect("the pattern is a constant"));

/// An instant, with the text that the client sent.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub struct DateTime {
    pub text: String,
    pub at: Timestamp,
}

impl TryFrom<String> for DateTime {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let well_formed = text.is_ascii() && DATE_TIME_PATTERN.is_match(&text).unwrap_or(false);
        let at = match text.strip_suffix('Z').filter(|_| well_formed) {
            Some(to_minute) if to_minute.len() == "0000-00-00T00:00".len() => {
                Timestamp::parse(&format!("{to_minute}:00Z"))
            }
            Some(_) => Timestamp::parse(&text),
            None => None,
        };
        at.map(|at| Self { text, at }).ok_or("must be a time in UTC in the form of RFC 3339, with `Z`")
    }
}

impl PartialSchema for DateTime {
    fn schema() -> RefOr<Schema> {
        schema::date_time().into()
    }
}

impl ToSchema for DateTime {}

/// A page number from 1 to 2^53 - 1.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
pub struct PageNumber(pub i64);

impl Default for PageNumber {
    fn default() -> Self {
        Self(1)
    }
}

impl TryFrom<i64> for PageNumber {
    type Error = &'static str;

    fn try_from(number: i64) -> Result<Self, Self::Error> {
        if (1..1 << 53).contains(&number) { Ok(Self(number)) } else { Err("must be 1 or more") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is<T: TryFrom<String>>(text: &str) -> bool {
        T::try_from(text.to_owned()).is_ok()
    }

    #[test]
    fn an_address_is_one_by_the_pattern_as_written() {
        for good in
            ["a@b.co", "a.b+c_d-e'f@sub-domain.example.com", "_@a.io", "A9@X1.Yz", "+@a.bc", "a.-@b.co", "'a@b.co"]
        {
            assert!(is::<Email>(good), "{good}");
        }
        for bad in [
            "",
            "a",
            "@b.co",
            ".a@b.co",
            "a..b@b.co",
            "a.@b.co",
            "a'@b.co",
            "a@b",
            "a@b.c",
            "a@-b.co",
            "a@b..co",
            "a@.co",
            "a@b.c0",
            "a b@b.co",
            " a@b.co",
            "a@b.co ",
            "a@b.co\n",
            "a@b.co\nx",
            "a@b@c.co",
            "ä@b.co",
            "a@ä.co",
            "a@b.co.",
            "Ann <a@b.co>",
            "a@b_c.co",
        ] {
            assert!(!is::<Email>(bad), "{bad:?}");
        }
        assert!(!is::<Email>(&format!("{}!", "a.".repeat(100_000))), "an attack on the matcher ends");
    }

    #[test]
    fn a_time_is_in_utc_and_may_leave_out_its_seconds() {
        for (text, at) in [
            ("2030-01-01T00:00Z", "2030-01-01T00:00:00.000000Z"),
            ("2030-01-01T00:00:00.1234567890123456789012345678901234567890123456789Z", "2030-01-01T00:00:00.123456Z"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000000Z"),
        ] {
            assert_eq!(DateTime::try_from(text.to_owned()).ok().map(|time| time.at.to_string()).as_deref(), Some(at));
        }
        for bad in ["2030-01-01T00:00:00+00:00", "2030-01-01 00:00:00Z", "2030-02-30T00:00Z", "20300101T000000Z"] {
            assert!(!is::<DateTime>(bad), "{bad}");
        }
    }

    #[test]
    fn a_uri_is_absolute_and_of_its_characters_alone() {
        for good in ["https://example.com/a%20b?c=d#e", "mailto:a@b.co", "urn:x", "http://[::1]/", "a+b-c.d:e"] {
            assert!(is::<Uri>(good), "{good}");
        }
        for bad in [
            "",
            ":",
            "a:",
            "/a",
            "a/b",
            "example.com",
            "1a:b",
            "ä:b",
            "https://a b",
            "https://ä",
            "a:%",
            "a:%2",
            "a:%zz",
            "a:%2ä",
            "a:<b>",
            "a:\"b\"",
            "a:\n",
            "a:{b}",
            "a:b\\c",
        ] {
            assert!(!is::<Uri>(bad), "{bad:?}");
        }
    }

    #[test]
    fn a_message_key_has_1_to_64_visible_characters() {
        let longest = "~".repeat(64);
        for good in ["!", "a", longest.as_str()] {
            assert!(is::<MessageKey>(good), "{good}");
        }
        let too_long = "a".repeat(65);
        for bad in ["", " ", "a b", "a\t", "ä", "\u{7f}", too_long.as_str()] {
            assert!(!is::<MessageKey>(bad), "{bad:?}");
        }
    }
}
