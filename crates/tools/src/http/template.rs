//! The URL of an HTTP tool, with places for arguments.

use domain::{Kept, Map};

/// A URL whose places are whole segments of the path, or whole values of the query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Scheme, host and port.
    origin: String,
    path: Vec<Piece>,
    query: Vec<(String, Piece)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Fixed(String),
    Place(String),
}

impl Template {
    /// # Errors
    /// The reason, starting with "must".
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let begin = text.find("://").ok_or("must be an absolute URL")? + 3;
        if text.contains('#') {
            return Err("must have no fragment");
        }
        let end = text[begin..].find(['/', '?']).map_or(text.len(), |at| begin + at);
        let (origin, rest) = text.split_at(end);
        if origin.contains(['{', '}']) {
            return Err("must have places in its path and its query alone");
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let path = path.strip_prefix('/').unwrap_or(path).split('/').map(piece).collect::<Result<_, _>>()?;
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let query = pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                let name = match piece(name)? {
                    Piece::Fixed(name) => name,
                    Piece::Place(_) => return Err("must have fixed names in its query"),
                };
                Ok((name, piece(value)?))
            })
            .collect::<Result<_, _>>()?;
        Ok(Self { origin: origin.to_owned(), path, query })
    }

    /// The names of the places, in order.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        let pieces = self.path.iter().chain(self.query.iter().map(|(_, value)| value));
        pieces.filter_map(|piece| if let Piece::Place(name) = piece { Some(name.as_str()) } else { None })
    }

    /// The URL with a harmless value in each place, for the check of its target.
    pub fn example(&self) -> String {
        let values = self.places().map(|name| (name.to_owned(), Kept::from("x"))).collect::<Map>();
        self.fill(values).map(|(url, _)| url).unwrap_or_default()
    }

    /// The URL with the arguments in their places, and the arguments without a place. A value of the query whose argument
    /// is absent or null is left out.
    ///
    /// # Errors
    /// The argument of a segment is absent, empty, or leads to another folder; an argument is no text, number or boolean.
    pub fn fill(&self, arguments: Map) -> Result<(String, Map), String> {
        let of = |name: &str| -> Result<Option<String>, String> {
            let Some(value) = arguments.get(name) else { return Ok(None) };
            match value.text() {
                "null" => Ok(None),
                text if value.is_string() => Ok(value.read().or_else(|| Some(text.to_owned()))),
                text if text.starts_with(['{', '[']) => {
                    Err(format!("The argument `{name}` must be a text, a number or a boolean"))
                }
                text => Ok(Some(text.to_owned())),
            }
        };
        let mut url = self.origin.clone();
        for piece in &self.path {
            url.push('/');
            match piece {
                Piece::Fixed(text) => url.push_str(text),
                Piece::Place(name) => url.push_str(&segment(name, of(name)?)?),
            }
        }
        let mut separator = '?';
        for (name, value) in &self.query {
            let value = match value {
                Piece::Fixed(text) => Some(text.clone()),
                Piece::Place(place) => of(place)?.map(|text| encoded(&text)),
            };
            if let Some(value) = value {
                url.push(separator);
                url.push_str(&format!("{name}={value}"));
                separator = '&';
            }
        }
        let rest = arguments.into_iter().filter(|(name, _)| self.places().all(|place| place != name)).collect();
        Ok((url, rest))
    }
}

fn piece(text: &str) -> Result<Piece, &'static str> {
    match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some(name) if !name.is_empty() && !name.contains(['{', '}']) => Ok(Piece::Place(name.to_owned())),
        None if !text.contains(['{', '}']) => Ok(Piece::Fixed(text.to_owned())),
        _ => Err("must have places that are whole segments of the path, or whole values of the query"),
    }
}

/// An endpoint may decode a slash before it looks for folders, so no part between slashes may lead to another folder.
fn segment(name: &str, value: Option<String>) -> Result<String, String> {
    let text = value.filter(|text| !text.is_empty()).ok_or_else(|| format!("The argument `{name}` is missing"))?;
    match text.split(['/', '\\']).any(|part| matches!(part, "." | "..")) {
        true => Err(format!("The argument `{name}` must not lead to another folder")),
        false => Ok(encoded(&text)),
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn fill(url: &str, arguments: Value) -> Result<String, String> {
        let arguments: Kept = arguments.into();
        Template::parse(url)?.fill(arguments.read().expect("an object")).map(|(url, _)| url)
    }

    #[test]
    fn arguments_are_percent_encoded_into_their_places() {
        let url = "https://a.example/orders/{id}?q={text}&page={page}&v=1";
        assert_eq!(
            fill(url, json!({"id": "7/8?#%&=ä", "text": "a b&c=d", "page": 2})).as_deref(),
            Ok("https://a.example/orders/7%2F8%3F%23%25%26%3D%C3%A4?q=a%20b%26c%3Dd&page=2&v=1")
        );
        assert_eq!(fill(url, json!({"id": true, "text": null})).as_deref(), Ok("https://a.example/orders/true?v=1"));
        assert_eq!(fill("https://a.example", json!({})).as_deref(), Ok("https://a.example/"));
        assert_eq!(fill("https://a.example/?q={q}", json!({"q": ""})).as_deref(), Ok("https://a.example/?q="));
    }

    #[test]
    fn no_argument_leaves_its_segment() {
        for id in ["", ".", "..", "../x", "a/..", "..\\x", "a/./b", "/.."] {
            assert!(fill("https://a.example/orders/{id}/x", json!({"id": id})).is_err(), "{id:?}");
        }
        for id in [json!(null), json!([1]), json!({"a": 1})] {
            assert!(fill("https://a.example/{id}", json!({"id": id})).is_err(), "{id}");
        }
        assert!(fill("https://a.example/{id}", json!({})).is_err());
        // Encoded once more, so an endpoint that decodes once sees no dots.
        assert_eq!(
            fill("https://a.example/{id}", json!({"id": "%2e%2e"})).as_deref(),
            Ok("https://a.example/%252e%252e")
        );
        assert_eq!(
            fill("https://a.example/{id}", json!({"id": "@evil.example"})).as_deref(),
            Ok("https://a.example/%40evil.example")
        );
    }

    #[test]
    fn places_are_whole_segments_or_values() {
        for url in [
            "a.example/x",
            "https://{host}/x",
            "https://a.example:{port}/x",
            "{scheme}://a.example/",
            "https://a.example/x{id}",
            "https://a.example/{id",
            "https://a.example/{}",
            "https://a.example/{{id}}",
            "https://a.example/?{name}=1",
            "https://a.example/?a=x{b}",
            "https://a.example/x#{id}",
        ] {
            assert!(Template::parse(url).is_err(), "{url}");
        }
        let template = Template::parse("https://a.example/{a}/b?c={d}").expect("a template");
        assert_eq!(template.places().collect::<Vec<_>>(), ["a", "d"]);
        assert_eq!(template.example(), "https://a.example/x/b?c=x");
    }
}
