//! Reads server-sent events.

use domain::Kept;
use reqwest::Response;
use serde::Serialize;

use super::Answer;

/// One event of a stream.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// The position after which to resume.
    pub id: Option<String>,
    #[serde(rename = "event")]
    pub kind: String,
    pub data: Answer,
}

/// An open stream.
pub struct Events {
    response: Response,
    parser: Parser,
}

impl Events {
    pub fn new(response: Response) -> Self {
        Self { response, parser: Parser::default() }
    }

    /// The next event. `None` after the end or a lost connection.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.parser.event() {
                return Some(event);
            }
            self.parser.bytes.extend_from_slice(&self.response.chunk().await.ok()??);
        }
    }
}

/// Splits bytes into lines, and lines into events. Incomplete ones wait for more.
#[derive(Default)]
struct Parser {
    bytes: Vec<u8>,
    id: Option<String>,
    kind: String,
    data: String,
}

impl Parser {
    fn event(&mut self) -> Option<Event> {
        while let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.bytes.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\r', '\n']);
            if !line.is_empty() {
                self.field(line);
            } else if !self.data.is_empty() {
                let data = std::mem::take(&mut self.data);
                let data = Answer::of(serde_json::from_str(&data).unwrap_or_else(|_| Kept::from(data)));
                return Some(Event { id: self.id.take(), kind: std::mem::take(&mut self.kind), data });
            }
        }
        None
    }

    fn field(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => self.id = Some(value.into()),
            "event" => self.kind = value.into(),
            "data" if self.data.is_empty() => self.data = value.into(),
            "data" => {
                self.data.push('\n');
                self.data.push_str(value);
            }
            // A comment, or a field without meaning here.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn events_are_read_however_they_are_cut() {
        let stream =
            ": hello\n\nid: 1\nevent: a\ndata: {\"x\":\n\ndata: ä\r\ndata: b\r\n\r\nid: 3\nevent: c\ndata: [1]\n\n";
        for size in [1, 2, 7, stream.len()] {
            let mut parser = Parser::default();
            let mut events = Vec::new();
            for piece in stream.as_bytes().chunks(size) {
                parser.bytes.extend_from_slice(piece);
                events.extend(std::iter::from_fn(|| parser.event()));
            }
            let event = |id: Option<&str>, kind: &str, data: serde_json::Value| Event {
                id: id.map(Into::into),
                kind: kind.into(),
                data: Answer::of(data.into()),
            };
            let expected = [
                event(Some("1"), "a", json!("{\"x\":")),
                event(None, "", json!("ä\nb")),
                event(Some("3"), "c", json!([1])),
            ];
            assert_eq!(events, expected, "in pieces of {size}");
        }
    }
}
