//! The reason of a failed turn, for the project: the provider's text, shortened, without anything that looks like a
//! key.

use domain::{controls::Disclosure, event::Ended};

/// Longest reason if the turn's controls ask for details, in characters.
const DETAILED_CHARS: usize = 4_000;

/// A shorter run of letters and digits is a word, a number or a date.
const SECRET_CHARS: usize = 20;
const REMOVED: &str = "[removed]";

/// The reason in its stored form.
pub(super) fn told(reason: &str, disclosure: Option<Disclosure>) -> String {
    let most = match disclosure {
        Some(Disclosure::Detailed) => DETAILED_CHARS,
        _ => Ended::REASON_CHARS,
    };
    Ended::cut(without_keys(reason), most)
}

/// Removes keys. Providers quote a refused key, as a whole or in part.
fn without_keys(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_of_key) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|c| !is_of_key(c)).unwrap_or(from.len());
        let (run, after) = from.split_at(end);
        out.push_str(before);
        let is_authorization = out.ends_with("Bearer ") || out.ends_with("bearer ");
        out.push_str(if is_authorization || looks_secret(run) { REMOVED } else { run });
        rest = after;
    }
    out.push_str(rest);
    out
}

fn is_of_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '*')
}

/// Recognizes a key by its prefix, or by mixed letters and digits of a key's length. UUIDs and request ids are kept,
/// because the provider's support asks for them.
fn looks_secret(run: &str) -> bool {
    let starts = |prefix: &str| run.len() > prefix.len() && run.starts_with(prefix);
    if ["sk-", "sk_", "pk_", "rk_", "AIza", "xoxb-", "ghp_", "gsk_", "AKIA"].into_iter().any(starts) {
        return true;
    }
    if starts("req_") || starts("request_") || uuid::Uuid::parse_str(run).is_ok() {
        return false;
    }
    let has = |test: fn(&u8) -> bool| run.as_bytes().iter().any(test);
    run.len() >= SECRET_CHARS && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_key_is_removed() {
        for (reason, told_as) in [
            ("Incorrect API key provided: sk-proj-abc123.", "Incorrect API key provided: [removed]."),
            ("Incorrect API key provided: sk-ab****xyz9", "Incorrect API key provided: [removed]"),
            ("header was 'Authorization: Bearer abc.def'", "header was 'Authorization: Bearer [removed].def'"),
            ("token 0123456789abcdef0123 is unknown", "token [removed] is unknown"),
            ("x-api-key=AIzaSyA1 is bad", "x-api-key=[removed] is bad"),
        ] {
            assert_eq!(told(reason, None), told_as);
        }
    }

    #[test]
    fn words_numbers_and_names_of_requests_stay() {
        for reason in [
            "the model was silent for 120 seconds",
            "claude-opus-4-8 is overloaded, see req_011CSHoEeqs5C35K2UUqR7Fy",
            "thread 018f2b9e-7c1d-7a3e-9f10-0242ac120002 at 2026-11-30T03:51:46Z",
            "internationalisation_of_everything",
        ] {
            assert_eq!(told(reason, None), reason);
        }
    }

    #[test]
    fn a_reason_ends_at_its_bound_on_a_whole_character() {
        for (disclosure, most) in [(None, 500), (Some(Disclosure::Standard), 500), (Some(Disclosure::Detailed), 4_000)]
        {
            let whole = "é".repeat(most);
            assert_eq!(told(&whole, disclosure), whole);
            let cut = told(&"é".repeat(most + 1), disclosure);
            assert_eq!((cut.chars().count(), cut.ends_with("é…")), (most, true));
        }
    }
}
