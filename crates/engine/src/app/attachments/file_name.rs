//! Names of files, as strangers send them.

/// The longest ending that survives a cut.
const ENDING_MAX: usize = 16;

/// A name that is safe to show and to save under: no folders, drives, controls, leading dots or names of devices; at most
/// `chars_max` characters, with its ending; `file` when nothing is left.
pub(super) fn file_name(sent: &str, chars_max: usize) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last.chars().filter(|c| !hides(*c)).collect();
    let name = without_drive(&visible).trim_start_matches(['.', ' ']).trim_end_matches(['.', ' ']);
    match name.is_empty() {
        true => "file".into(),
        false if is_device(name) => cut(&format!("_{name}"), chars_max),
        false => cut(name, chars_max),
    }
}

/// Controls, line separators, and marks that show a name in another order than it is stored in.
fn hides(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn without_drive(name: &str) -> &str {
    match name.split_once(':') {
        Some((drive, rest)) if drive.len() == 1 && drive.bytes().all(|b| b.is_ascii_alphabetic()) => rest,
        _ => name,
    }
}

/// Whether Windows would open a device instead of a file, whatever the ending.
fn is_device(name: &str) -> bool {
    let stem = name.split(['.', ':', ' ']).next().unwrap_or_default().to_ascii_uppercase();
    let numbered =
        |kind| stem.strip_prefix(kind).is_some_and(|n: &str| n.len() == 1 && n.bytes().all(|b| b.is_ascii_digit()));
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL") || numbered("COM") || numbered("LPT")
}

fn cut(name: &str, chars_max: usize) -> String {
    if name.chars().count() <= chars_max {
        return name.into();
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| format!(".{ending}")).unwrap_or_default();
    let ending_chars = ending.chars().count();
    match ending_chars <= ENDING_MAX && ending_chars < chars_max {
        true => name.chars().take(chars_max - ending_chars).chain(ending.chars()).collect(),
        false => name.chars().take(chars_max).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sent: &str, expect: &str) {
        assert_eq!(file_name(sent, 20), expect, "{sent:?}");
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
    fn a_long_name_keeps_its_ending() {
        check(&format!("{}.png", "a".repeat(300)), "aaaaaaaaaaaaaaaa.png");
        check(&"ä".repeat(300), &"ä".repeat(20));
        check(&format!("a.{}", "b".repeat(300)), "a.bbbbbbbbbbbbbbbbbb");
        check(&"a".repeat(20), &"a".repeat(20));
    }
}
