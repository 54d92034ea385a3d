//! The newest words of a thread, as a row of a list shows them.

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    author::Author,
    message::{Message, Role},
};

/// Characters of the words.
const CHARS: usize = 140;

/// The beginning of a thread's newest readable message, with its speaker. The head keeps it, so that a list of threads
/// reads no log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastWords {
    /// The message's entry.
    pub seq: i64,
    pub at: Timestamp,
    pub role: Role,
    pub author: Author,
    /// On one line, with other parts than texts as their names in brackets.
    pub text: String,
    /// The dialect through which the customer's side wrote last, by name. Absent: it wrote through none, or a former version
    /// kept none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub door: Option<String>,
}

impl LastWords {
    /// `None` for a message that nobody reads. `former` are the words before, whose door stays until the
    /// customer's side writes through another one.
    pub fn of(message: &Message, former: Option<&Self>) -> Option<Self> {
        if message.role == Role::Tool || !message.body.is_listed() {
            return None;
        }
        let Message { seq, at, role, .. } = *message;
        let own = message.body.door.clone().filter(|_| role == Role::User);
        let door = own.or_else(|| former?.door.clone());
        let text = line(&message.body.beginning(4 * CHARS));
        Some(Self { seq, at, role, author: message.author.clone(), text, door })
    }
}

/// The text on one line, at most [`CHARS`] long.
fn line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line.chars().take(CHARS).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{
        MessageId, ThreadId,
        message::{Body, Part},
    };

    fn said(role: Role, body: Body) -> Message {
        let (id, thread, author) = (MessageId(Uuid::nil()), ThreadId(Uuid::nil()), Author::Guest {});
        Message { id, thread, seq: 7, turn: None, role, author, at: Timestamp(3), body }
    }

    #[test]
    fn words_are_one_line_of_so_many_characters() {
        let of = |message: &Message| LastWords::of(message, None);
        let text = |text: &str| of(&said(Role::User, Body::text(text))).unwrap().text;
        assert_eq!(text("Where\n\n is\tmy\u{0} parcel? "), "Where is my parcel?");
        assert_eq!(text(&"é".repeat(1_000)), "é".repeat(140));
        let link = Part::Link { url: "https://example.com/a".into() };
        let body = Body { content: vec![Part::Text { text: "Look:".into() }, link], ..Body::default() };
        assert_eq!(of(&said(Role::Agent, body)).unwrap().text, "Look: [https://example.com/a]");
        assert_eq!(of(&said(Role::Agent, Body::default())), None);
        assert_eq!(of(&said(Role::Tool, Body::text("x"))), None);
    }

    #[test]
    fn the_door_stays_until_the_customers_side_writes_through_another() {
        let by = |door: Option<&str>| Body { door: door.map(str::to_owned), ..Body::text("x") };
        let first = LastWords::of(&said(Role::User, by(Some("chat"))), None).unwrap();
        let answer = LastWords::of(&said(Role::Agent, by(Some("mail"))), Some(&first)).unwrap();
        assert_eq!(answer.door.as_deref(), Some("chat"));
        let other = LastWords::of(&said(Role::User, by(Some("letters"))), Some(&answer)).unwrap();
        assert_eq!(other.door.as_deref(), Some("letters"));
    }
}
