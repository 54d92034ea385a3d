//! Fields that are more than their JSON type: each is checked as it is read, so that the refusal names it.

use std::sync::LazyLock;

use domain::model;
use fancy_regex::Regex;
use serde::Deserialize;
use utoipa::openapi::{
    Object, ObjectBuilder, SchemaFormat,
    schema::{Array, ArrayBuilder, Type},
};

/// `SendThreadMessageBody.impersonateUserEmail.pattern`, as written. It has look-ahead.
const EMAIL: &str = r"^(?!\.)(?!.*\.\.)([A-Za-z0-9_'+\-\.]*)[A-Za-z0-9_+-]@([A-Za-z0-9][A-Za-z0-9\-]*\.)+[A-Za-z]{2,}$";

static EMAIL_PATTERN: LazyLock<Regex> = LazyLock::new(|| Regex::new(EMAIL).expect("the pattern is a constant"));

/// A text that is read by its check.
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
    /// At least one character.
    Text: |text| !text.is_empty(), "must not be empty";
    /// An e-mail address by Capy's own pattern.
    Email: |text| EMAIL_PATTERN.is_match(text).unwrap_or(false), "must be an e-mail address";
    /// The sender's own name for a message.
    MessageKey: |text| (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()),
        "must be 1 to 64 visible ASCII characters";
    /// A model that Capy's API lets a message choose.
    Model: |name| model::by_name(name).is_some_and(model::Model::is_capy), "is not a known model";
    /// An absolute URI (RFC 3986). Where it may lead, the engine says.
    Uri: is_uri, "must be an absolute URI";
}

/// How many messages a page has: 1 to 100, by default 50.
#[derive(Clone, Copy, Deserialize)]
#[serde(try_from = "i64")]
pub struct PageLimit(pub i64);

impl Default for PageLimit {
    fn default() -> Self {
        Self(50)
    }
}

impl TryFrom<i64> for PageLimit {
    type Error = &'static str;

    fn try_from(limit: i64) -> Result<Self, Self::Error> {
        if (1..=100).contains(&limit) { Ok(Self(limit)) } else { Err("must be 1 to 100") }
    }
}

/// A scheme, a colon, and only characters that may stand in a URI; escapes are whole.
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

pub fn email_schema() -> Object {
    formatted("email").pattern(Some(EMAIL)).build()
}

pub fn model_schema() -> Object {
    let names = model::CATALOGUE.iter().filter(|model| model.is_capy()).map(|model| model.name);
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).build()
}

pub fn uris_schema() -> Array {
    ArrayBuilder::new().items(formatted("uri")).build()
}

fn formatted(format: &str) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).format(Some(SchemaFormat::Custom(format.into())))
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

    #[test]
    fn a_page_has_1_to_100_messages() {
        assert_eq!(PageLimit::default().0, 50);
        for limit in [1, 100] {
            assert_eq!(PageLimit::try_from(limit).map(|limit| limit.0), Ok(limit));
        }
        for limit in [i64::MIN, -1, 0, 101, i64::MAX] {
            assert!(PageLimit::try_from(limit).is_err(), "{limit}");
        }
    }
}
