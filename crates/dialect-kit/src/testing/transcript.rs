//! An answer as a reviewer reads it: status, headers, body.

use http::HeaderMap;
use reqwest::RequestBuilder;
use serde_json::Value;

use super::{Reply, pattern::Form};

/// Headers that every answer has, or that HTTP needs.
const LEFT_OUT: [&str; 7] = [
    "connection",
    "content-length",
    "content-security-policy",
    "date",
    "transfer-encoding",
    "x-content-type-options",
    "x-request-id",
];
/// No word is as long: the text is a key, a token or a cursor.
const OPAQUE_CHARS_MIN: usize = 30;

const LINE_CHARS: usize = 110;

/// Writes answers down. An id has the number of its first sight, in every spelling; times and secrets are named.
#[derive(Default)]
pub struct Transcript {
    ids: Vec<String>,
    /// Fields whose numbers are new in each run, beside those whose names end in `_ms`.
    pub(super) measured: &'static [&'static str],
}

impl Transcript {
    /// Asks. The whole answer written down, and as it came.
    pub async fn of(&mut self, request: RequestBuilder) -> (String, Reply) {
        let reply = Reply::of(request).await;
        let body = match serde_json::from_str::<Value>(&reply.body) {
            Ok(json) => self.laid_out(&json, 0),
            Err(_) => reply.body.clone(),
        };
        (self.written(reply.status, &reply.headers, &body), reply)
    }

    /// Writes an answer down: status, headers, body.
    pub(super) fn written(&mut self, status: u16, headers: &HeaderMap, body: &str) -> String {
        let mut whole = format!("{status}\n");
        for line in lines(headers).into_iter().chain((!body.is_empty()).then(|| format!("\n{body}"))) {
            whole += &line;
            whole.push('\n');
        }
        self.named(&whole)
    }

    /// JSON with a line for each value that fits one. A measured number is left out.
    pub(super) fn laid_out(&self, json: &Value, depth: usize) -> String {
        let indent = "  ".repeat(depth + 1);
        let (ends, elements): (_, Vec<String>) = match json {
            Value::Object(fields) => {
                let field = |(name, value): (&String, &Value)| {
                    let is_measured = value.is_number() && self.measured.contains(&name.as_str());
                    let shown = match name.ends_with("_ms") && value.is_number() {
                        true => "<ms>".into(),
                        false if is_measured => "<number>".into(),
                        false => self.laid_out(value, depth + 1),
                    };
                    format!("\"{name}\": {shown}")
                };
                (["{", "}"], fields.iter().map(field).collect())
            }
            Value::Array(elements) => {
                (["[", "]"], elements.iter().map(|element| self.laid_out(element, depth + 1)).collect())
            }
            plain => return plain.to_string(),
        };
        let line = format!("{}{}{}", ends[0], elements.join(", "), ends[1]);
        if line.len() + indent.len() <= LINE_CHARS && !line.contains('\n') {
            return line;
        }
        format!("{}\n{indent}{}\n{}{}", ends[0], elements.join(&format!(",\n{indent}")), "  ".repeat(depth), ends[1])
    }

    fn named(&mut self, text: &str) -> String {
        let (mut whole, mut rest, mut within) = (String::new(), text, false);
        while let Some(first) = rest.chars().next() {
            let found = if within { None } else { self.name(rest) };
            let taken = found.as_ref().map_or(first.len_utf8(), |(taken, _)| *taken);
            match &found {
                Some((_, name)) => whole += name,
                None => whole.push(first),
            }
            within = found.is_none() && first.is_ascii_alphanumeric();
            rest = &rest[taken..];
        }
        whole
    }

    /// What the text begins with that is new in each run: its length, and a name for it.
    fn name(&mut self, text: &str) -> Option<(usize, String)> {
        let is_of_token = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let token = text.find(|c| !is_of_token(c)).unwrap_or(text.len());
        let form = [Form::Uuid, Form::Hex].into_iter().find_map(|form| form.take(text, None));
        match form {
            _ if text.starts_with("whsec_") => Some((text.find('"').unwrap_or(text.len()), "<opaque>".into())),
            Some(taken) if taken == token => Some((taken, self.id(&text[..taken]))),
            _ if Form::Time.take(text, None).is_some() => Some((27, "<time>".into())),
            // An id behind a word of its own.
            _ if token > 32
                && text[..token - 32].ends_with('_')
                && Form::Hex.take(&text[token - 32..token], None).is_some() =>
            {
                None
            }
            _ => (token >= OPAQUE_CHARS_MIN).then(|| (token, "<opaque>".into())),
        }
    }

    fn id(&mut self, spelled: &str) -> String {
        let digits = spelled.replace('-', "");
        let at = self.ids.iter().position(|id| *id == digits).unwrap_or_else(|| {
            self.ids.push(digits);
            self.ids.len() - 1
        });
        format!("<id {}>", at + 1)
    }
}

fn lines(headers: &HeaderMap) -> Vec<String> {
    let told = headers.iter().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()));
    let mut lines: Vec<String> =
        told.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or("?"))).collect();
    lines.sort();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_new_in_each_run_is_named_and_all_else_stands() {
        let (id, time) = ("0199a0b0-0000-7000-8000-000000000000", "2026-11-22T05:22:00.000001Z");
        let (digits, key) = (id.replace('-', ""), "x".repeat(OPAQUE_CHARS_MIN));
        let text = format!("{id} session_{digits} \"{time}\" tl_{key} other {}", id.replace('9', "1"));
        assert_eq!(Transcript::default().named(&text), "<id 1> session_<id 1> \"<time>\" <opaque> other <id 2>");
    }
}
