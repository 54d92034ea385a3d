//! JSON that is stored as text, so that the order of members and the digits of numbers stay unchanged.

use std::{collections::HashMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{DeserializeOwned, MapAccess, Visitor},
};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

/// Any JSON value, on one line, without spaces between its parts. Two values are equal if their texts are.
///
/// A type that serde buffers (`tag`, `untagged`, `flatten`) must not contain it: the buffer has already lost the
/// digits, and reading fails.
#[derive(Clone, Serialize)]
#[serde(transparent)]
pub struct Kept(Box<RawValue>);

impl Kept {
    pub fn null() -> Self {
        Self(RawValue::NULL.to_owned())
    }

    pub fn of<T: Serialize + ?Sized>(value: &T) -> crate::Result<Self> {
        to_raw_value(value).map(Self).map_err(crate::Error::internal)
    }

    pub fn text(&self) -> &str {
        self.0.get()
    }

    /// Decodes the value. `None` if it does not fit the type.
    pub fn read<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_str(self.text()).ok()
    }

    pub fn is_string(&self) -> bool {
        self.text().starts_with('"')
    }

    pub fn is_object(&self) -> bool {
        self.text().starts_with('{')
    }

    /// A string's content, or the JSON of any other value.
    pub fn into_plain(self) -> String {
        if self.is_string() { self.read().unwrap_or_default() } else { Box::<str>::from(self.0).into() }
    }
}

impl Default for Kept {
    fn default() -> Self {
        Self::null()
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for Kept {}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl<'de> Deserialize<'de> for Kept {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        match compact(raw.get()) {
            None => Ok(Self(raw)),
            Some(text) => RawValue::from_string(text).map(Self).map_err(serde::de::Error::custom),
        }
    }
}

/// The JSON without spaces between its parts. `None` if it has no such spaces.
fn compact(text: &str) -> Option<String> {
    let (mut in_string, mut escaped) = (false, false);
    let mut is_part = |c: char| {
        let part = in_string || !matches!(c, ' ' | '\n' | '\r' | '\t');
        (in_string, escaped) = match (c, in_string, escaped) {
            (_, true, true) => (true, false),
            ('\\', true, false) => (true, true),
            ('"', inside, false) => (!inside, false),
            _ => (in_string, false),
        };
        part
    };
    let first = text.char_indices().find(|(_, c)| !is_part(*c)).map(|(at, _)| at)?;
    let mut compact = text[..first].to_owned();
    // The found space is between two parts, and so outside of a string.
    compact.extend(text[first + 1..].chars().filter(|c| is_part(*c)));
    Some(compact)
}

/// Decodes a field for which null is a value and only absence means none. Use: `#[serde(default, deserialize_with =
/// "domain::kept::given")]`.
pub fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Kept>, D::Error> {
    Kept::deserialize(deserializer).map(Some)
}

macro_rules! from {
    ($($type:ty),*) => {$(
        impl From<$type> for Kept {
            fn from(value: $type) -> Self {
                Self(to_raw_value(&value).expect("it is JSON, and its keys are texts"))
            }
        }
    )*};
}

from!(bool, i32, i64, u64, &str, String, Option<String>, Vec<String>, Value, Map);

/// A JSON object, with its members in the order in which they were sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Map<V = Kept>(Vec<(String, V)>);

impl<V> Map<V> {
    pub fn new() -> Self {
        Self(Vec::new())
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn get(&self, name: &str) -> Option<&V> {
        self.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// Replaces a member in its place, or appends it.
    pub fn insert(&mut self, name: String, value: V) {
        match self.0.iter_mut().find(|(own, _)| *own == name) {
            Some((_, own)) => *own = value,
            None => self.0.push((name, value)),
        }
    }

    pub fn remove(&mut self, name: &str) {
        self.0.retain(|(own, _)| own != name);
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.iter().map(|(name, _)| name)
    }
}

impl<V> Default for Map<V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<V: fmt::Debug> fmt::Debug for Map<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

/// Like [`Map::insert`] of each member, in time that is linear in their number.
impl<V> Extend<(String, V)> for Map<V> {
    fn extend<I: IntoIterator<Item = (String, V)>>(&mut self, more: I) {
        let mut more = more.into_iter().peekable();
        if more.peek().is_none() {
            return;
        }
        let mut places: HashMap<String, usize> = self.keys().map(str::to_owned).zip(0..).collect();
        for (name, value) in more {
            match places.get(&name).and_then(|place| self.0.get_mut(*place)) {
                Some((_, own)) => *own = value,
                None => {
                    places.insert(name.clone(), self.len());
                    self.0.push((name, value));
                }
            }
        }
    }
}

impl<V> FromIterator<(String, V)> for Map<V> {
    fn from_iter<I: IntoIterator<Item = (String, V)>>(members: I) -> Self {
        let mut map = Self::new();
        map.extend(members);
        map
    }
}

impl<V> IntoIterator for Map<V> {
    type Item = (String, V);
    type IntoIter = std::vec::IntoIter<(String, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<V: Serialize> Serialize for Map<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Map<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members(std::marker::PhantomData))
    }
}

struct Members<V>(std::marker::PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Members<V> {
    type Value = Map<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    /// Names are unique, because the strict reader refuses duplicates.
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Map<V>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Map(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"z":123456789012345678901234567890,"a":[-0,1.50,{"y":null,"b":"\n"}]}"#;

    #[test]
    fn a_value_is_given_back_as_its_text() {
        let kept: Kept = serde_json::from_str(TEXT).unwrap();
        assert_eq!((kept.text(), serde_json::to_string(&kept).unwrap().as_str()), (TEXT, TEXT));
        let map: Map = serde_json::from_str(TEXT).unwrap();
        assert_eq!(serde_json::to_string(&map).unwrap(), TEXT);
        assert_eq!(Kept::from(map.clone()), kept);
        assert_eq!(kept.read::<Map>(), Some(map));
    }

    #[test]
    fn a_value_stands_on_one_line() {
        let read = |text: &str| serde_json::from_str::<Kept>(text).unwrap();
        let spaced = "{ \"a b\" : [ 1,\n\t2.50 ], \"c\\\" d\":\"\\\\\" , \"e\" : \"é \\n\" }";
        assert_eq!(read(spaced).text(), r#"{"a b":[1,2.50],"c\" d":"\\","e":"é \n"}"#);
    }

    #[test]
    fn what_a_type_would_buffer_is_an_error_and_not_another_number() {
        #[derive(Debug, Deserialize)]
        #[serde(tag = "type")]
        #[allow(dead_code, reason = "it is never made")]
        enum Tagged {
            A { kept: Kept },
        }
        assert!(serde_json::from_str::<Tagged>(r#"{"type":"A","kept":1}"#).is_err());
    }

    #[test]
    fn a_member_is_set_where_it_stands() {
        let map = |text: &str| serde_json::from_str::<Map>(text).unwrap();
        let mut all = map(r#"{"c":1,"a":2,"b":3}"#);
        all.extend(map(r#"{"d":4,"a":5}"#));
        assert_eq!(all, map(r#"{"c":1,"a":5,"b":3,"d":4}"#));
        all.insert("c".into(), "x".into());
        all.remove("b");
        assert_eq!(all, map(r#"{"c":"x","a":5,"d":4}"#));
        assert_ne!(map(r#"{"a":1,"b":2}"#), map(r#"{"b":2,"a":1}"#));
    }

    #[test]
    fn a_text_is_plain_and_all_else_json() {
        for (text, plain) in [(r#""a\"b""#, "a\"b"), ("[1, 2]", "[1,2]"), ("null", "null")] {
            assert_eq!(serde_json::from_str::<Kept>(text).unwrap().into_plain(), plain);
        }
    }
}
