//! E-mail addresses. They are later written into headers, so nothing that could end a header passes.

use std::borrow::Cow;

use domain::{Error, Limits, Result, codes};
use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

/// RFC 5321, 4.5.3.1.1.
const LOCAL_PART_MAX: usize = 64;
/// RFC 1035, 2.3.4.
const DOMAIN_MAX: usize = 253;
const LABEL_MAX: usize = 63;

/// Parses one address in the field, bare or as `Name <a@b>`. Returns the bare address in its stored form.
pub(crate) fn address(path: &str, text: &str, limits: &Limits) -> Result<String> {
    super::chars(path, text, limits.address_chars)?;
    read(text).map_err(|wrong| Error::field(path, wrong))
}

/// Parses one bare address in the field. Returns its stored form.
pub(crate) fn plain_address(path: &str, text: &str, limits: &Limits) -> Result<String> {
    super::chars(path, text, limits.address_chars)?;
    bare(text).map_err(|wrong| Error::field(path, wrong))
}

/// The stored form of an address in a search. A malformed address matches nobody.
pub(crate) fn spelled_as_stored(text: &str) -> String {
    bare(text).unwrap_or_else(|_| text.to_lowercase())
}

/// Parses one address, bare or as `Name <a@b>`. Returns the bare address in lower case, with its domain in ASCII.
///
/// A domain in another script equals its `xn--` form (UTS 46, not transitional). Refused are non-ASCII or quoted local
/// parts, groups, lists, domain literals, and a name that contains another address.
///
/// # Errors
/// `invalid`.
pub fn parse_address(text: &str) -> Result<String> {
    read(text).map_err(|wrong| Error::invalid(codes::INVALID_ADDRESS, format!("The address {wrong}")))
}

fn read(text: &str) -> Result<String, &'static str> {
    if text.chars().any(breaks_or_hides) {
        return Err("must not contain line breaks, control characters or marks that turn the writing direction");
    }
    let text = text.trim_matches(BLANK);
    let Some(named) = text.strip_suffix('>') else { return bare(text) };
    let (name, address) = named.rsplit_once('<').ok_or(NOT_ONE)?;
    let address = bare(address)?;
    check_name(name.trim_matches(BLANK), &address)?;
    Ok(address)
}

const NOT_ONE: &str = "must be one e-mail address";
/// White space around words in a header.
const BLANK: [char; 2] = [' ', '\t'];

/// Characters that end a line for some reader, or change the displayed order.
fn breaks_or_hides(c: char) -> bool {
    c.is_control() && c != '\t'
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Parses an addr-spec of RFC 5322 in its plain form: dot-atom, `@`, domain.
fn bare(text: &str) -> Result<String, &'static str> {
    let (local, domain) = text.split_once('@').ok_or(NOT_ONE)?;
    let domain = in_ascii(domain)?;
    let atom = |atom: &str| !atom.is_empty() && atom.bytes().all(is_atext);
    let label = |label: &str| {
        let edges = !label.starts_with('-') && !label.ends_with('-');
        let inner = label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (1..=LABEL_MAX).contains(&label.len()) && edges && inner
    };
    let sized = local.len() <= LOCAL_PART_MAX && domain.len() <= DOMAIN_MAX;
    match sized && local.split('.').all(atom) && domain.split('.').all(label) {
        true => Ok(format!("{local}@{domain}").to_ascii_lowercase()),
        false => Err(NOT_ONE),
    }
}

/// The domain in the form of the DNS. An ASCII domain stays unchanged, so that stored addresses are found.
fn in_ascii(domain: &str) -> Result<Cow<'_, str>, &'static str> {
    match domain.is_ascii() {
        true => Ok(domain.into()),
        false => Uts46::new()
            .to_ascii(domain.as_bytes(), AsciiDenyList::STD3, Hyphens::CheckFirstLast, DnsLength::Verify)
            .map_err(|_| NOT_ONE),
    }
}

fn is_atext(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b)
}

/// A name must not look like an address, except for its own one, because some programs write that.
fn check_name(name: &str, address: &str) -> Result<(), &'static str> {
    let quoted = name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let forbidden: &[char] =
        if quoted.is_some() { &['"', '\\', '<', '>'] } else { &['"', '\\', '<', '>', '[', ']', ':', ';', ','] };
    let words = quoted.unwrap_or(name);
    if words.contains(forbidden) {
        return Err(NOT_ONE);
    }
    match words.contains('@') && bare(words).as_deref() != Ok(address) {
        true => Err("must not name an address other than its own"),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_bare_and_after_a_name() {
        for (text, expect) in [
            ("a@b", "a@b"),
            ("Ann.Lee+tag@Example.COM", "ann.lee+tag@example.com"),
            ("o'neil@example.com", "o'neil@example.com"),
            (" ann@example.com ", "ann@example.com"),
            ("<ann@example.com>", "ann@example.com"),
            ("Ann Lee <Ann@example.com>", "ann@example.com"),
            ("Ann Q. Lee (Sales) <ann@example.com>", "ann@example.com"),
            ("Ånn Łee <ann@example.com>", "ann@example.com"),
            ("\"Lee, Ann\" <ann@example.com>", "ann@example.com"),
            ("\"ann@example.com\" <ann@example.com>", "ann@example.com"),
            ("Ann@Example.com <ann@example.com>", "ann@example.com"),
            ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
            ("Ann@XN--BCHER-KVA.Example", "ann@xn--bcher-kva.example"),
            ("ann@bücher.example", "ann@xn--bcher-kva.example"),
            ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
            ("ann@bu\u{308}cher.example", "ann@xn--bcher-kva.example"),
            ("ann@bücher。example", "ann@xn--bcher-kva.example"),
            ("Ann <ann@bücher.example>", "ann@xn--bcher-kva.example"),
            ("ann@bücher.example <ann@xn--bcher-kva.example>", "ann@xn--bcher-kva.example"),
            ("a@straße.example", "a@xn--strae-oqa.example"),
            ("a@пошта.укр", "a@xn--80a1acn3a.xn--j1amh"),
            ("a@ex\u{e4}mple.com", "a@xn--exmple-cua.com"),
            ("Ann\tLee\t<ann@example.com>", "ann@example.com"),
        ] {
            assert_eq!(parse_address(text).as_deref().ok(), Some(expect), "{text:?}");
        }
    }

    #[test]
    fn whatever_could_be_read_as_something_else_is_refused() {
        let long = format!("{}@example.com", "a".repeat(65));
        let long_label = format!("ann@{}.example", "ü".repeat(58));
        for text in [
            "",
            " ",
            "ann",
            "@example.com",
            "ann@",
            "ann@@example.com",
            "ann@example.com@evil.com",
            ".ann@example.com",
            "ann.@example.com",
            "a..b@example.com",
            "ann lee@example.com",
            "ann@example..com",
            "ann@example.com.",
            "ann@-example.com",
            "ann@[127.0.0.1]",
            "\"ann lee\"@example.com",
            "ånn@example.com",
            "ann@bü cher.example",
            "ann@bücher..example",
            "ann@bücher.example.",
            "ann@-bücher.example",
            "ann@bücher_.example",
            "ann@xn--bücher.example",
            "ann@\u{302}a.example",
            "ann@ü＠b.example",
            "boss@bänk.example <evil@example.com>",
            "Ann <ann@exa\tmple.com>",
            "ann\t@example.com",
            "ann@example.com\r\nBcc: evil@example.com",
            "ann@example.com\nx",
            "ann\u{0}@example.com",
            "Ann\u{2028} <ann@example.com>",
            "Ann\u{2029} <ann@example.com>",
            "Ann\u{202e} <ann@example.com>",
            "ann@example.com\u{85}",
            "ann@example.com, lee@example.com",
            "ann@example.com; lee@example.com",
            "team: ann@example.com, lee@example.com;",
            "team: ann@example.com;",
            "Ann <ann@example.com",
            "Ann ann@example.com>",
            "Ann <lee@example.com> <ann@example.com>",
            "boss@bank.com <evil@example.com>",
            "\"boss@bank.com\" <evil@example.com>",
            "\"Ann\" \"Lee\" <ann@example.com>",
            "< ann@example.com>",
            long.as_str(),
            long_label.as_str(),
        ] {
            assert!(parse_address(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_field_may_ask_for_a_bare_address_and_has_a_limit() {
        let limits = Limits { address_chars: 16, ..Limits::default() };
        assert_eq!(plain_address("email", "Ann@example.com", &limits).as_deref().ok(), Some("ann@example.com"));
        for text in ["Ann <a@b>", " a@b", "annie@example.com"] {
            assert_eq!(
                plain_address("email", text, &limits).map_err(|e| e.fields[0].path.clone()),
                Err("email".into()),
                "{text}"
            );
        }
        assert_eq!(address("to.0", "Ann <a@b>", &limits).as_deref().ok(), Some("a@b"));
    }
}
