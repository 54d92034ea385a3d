//! File names from untrusted senders.

use domain::{Error, Result};

/// A name that is safe to show and to save under: without folders, drives, control characters, leading dots and device
/// names. `file` if nothing is left.
///
/// # Errors
/// `invalid`, at `name`, if more than `chars_max` characters are left.
pub(super) fn file_name(sent: &str, chars_max: u64) -> Result<String> {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last.chars().filter(|c| !hides(*c)).collect();
    let name = without_drive(&visible).trim_start_matches(['.', ' ']).trim_end_matches(['.', ' ']);
    let safe = match name.is_empty() {
        true => "file".into(),
        false if is_device(name) => format!("_{name}"),
        false => name.into(),
    };
    match safe.chars().count() as u64 <= chars_max {
        true => Ok(safe),
        false => Err(Error::field("name", format!("must have at most {chars_max} characters"))),
    }
}

/// Control characters, line separators, and marks that change the displayed order.
fn hides(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn without_drive(name: &str) -> &str {
    match name.split_once(':') {
        Some((drive, rest)) if drive.len() == 1 && drive.bytes().all(|b| b.is_ascii_alphabetic()) => rest,
        _ => name,
    }
}

/// Tells whether Windows would open a device for this name, with any extension.
fn is_device(name: &str) -> bool {
    let stem = name.split(['.', ':', ' ']).next().unwrap_or_default().to_ascii_uppercase();
    let numbered =
        |kind| stem.strip_prefix(kind).is_some_and(|n: &str| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()));
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sent: &str, expect: &str) {
        assert_eq!(file_name(sent, 20).unwrap(), expect, "{sent:?}");
    }

    #[test]
    fn a_name_loses_what_leads_elsewhere() {
        check("a.png", "a.png");
        check("Übersicht 2026.pdf", "Übersicht 2026.pdf");
        check("../../etc/passwd", "passwd");
        check("..\\..\\windows\\a.ini", "a.ini");
        check("/absolute/a.png", "a.png");
        check("C:\\a.png", "a.png");
        check("C:a.png", "a.png");
        check("Note: a.txt", "Note: a.txt");
        check("a.png/", "file");
        check("", "file");
        check(".", "file");
        check("..", "file");
        check(" . .", "file");
        check(".htaccess", "htaccess");
        check("a.png. ", "a.png");
    }

    #[test]
    fn a_name_shows_what_it_is() {
        check("a\r\nSet-Cookie: x", "aSet-Cookie: x");
        check("a\0.png", "a.png");
        check("a\u{202e}gnp.exe", "agnp.exe");
        check("a\u{2028}.png", "a.png");
        check("\"a\".png", "\"a\".png");
        check("con", "_con");
        check("NUL.txt", "_NUL.txt");
        check("com1.log", "_com1.log");
        check("com10.log", "com10.log");
        check("console.log", "console.log");
    }

    #[test]
    fn a_name_is_taken_at_its_limit_and_refused_beyond_it() {
        check(&"ä".repeat(20), &"ä".repeat(20));
        check(&format!("{}/{}", "folder".repeat(20), "a".repeat(20)), &"a".repeat(20));
        for long in ["a".repeat(21), format!("{}.png", "a".repeat(17)), format!("nul.{}", "a".repeat(16))] {
            let refused = file_name(&long, 20).unwrap_err();
            assert_eq!(refused.fields[0].path, "name", "{long}");
        }
    }
}
