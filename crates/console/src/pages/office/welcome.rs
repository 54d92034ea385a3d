//! The fields of an agent's editor about guests: who may come, and how the chat looks and speaks.

use std::collections::BTreeMap;

use domain::{Result, agent::Guests, guests::Position};

use super::form::{Field, Sent};

/// The names of fields, as the engine has them and as the form has them.
pub const NAMES: [(&str, &str); 8] = [
    ("guests.origins", "origins"),
    ("guests.title", "guest_title"),
    ("guests.greeting_after_s", "greeting_after_s"),
    ("guests.greeting", "greeting"),
    ("guests.colour", "colour"),
    ("guests.texts", "guest_texts"),
    ("guests.ask", "guests_ask"),
    ("guests", "origins"),
];

/// Puts the values of the fields.
pub fn put(sent: &mut Sent, guests: Option<&Guests>) {
    let Some(guests) = guests else {
        sent.put("shows_names", "on");
        return;
    };
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    sent.put("origins", guests.origins.join("\n"));
    sent.put("guest_title", text(&guests.title));
    sent.put("greeting", text(&guests.greeting));
    sent.put("greeting_after_s", guests.greeting_after_s.map(|after| after.to_string()).unwrap_or_default());
    sent.put("colour", text(&guests.colour));
    sent.put(
        "position",
        guests.position.filter(|corner| *corner == Position::Left).map_or("", |corner| corner.as_str()),
    );
    if !guests.texts.is_empty() {
        sent.put("guest_texts", serde_json::to_string_pretty(&guests.texts).unwrap_or_default());
    }
    let switches =
        [("lets_guests_in", true), ("shows_names", guests.shows_names()), ("guests_ask", guests.ask.is_some())];
    for (name, _) in switches.into_iter().filter(|(_, is_on)| *is_on) {
        sent.put(name, "on");
    }
}

pub fn fields(sent: &Sent) -> Vec<Field> {
    let corners = [("", "Bottom right"), ("left", "Bottom left")];
    let corners = corners.map(|(value, text)| (value.to_owned(), text.to_owned())).into();
    vec![
        Field::heading("Guests"),
        Field::switch("lets_guests_in", "Lets guests in", sent)
            .hint("People without a key may begin threads from the pages below."),
        Field::text("origins", "Pages of guests", 3, sent).hint("Origins, one a line, as in https://shop.example.com."),
        Field::line("guest_title", "Title of the chat", sent).hint("Empty: the name that people see.").narrow(),
        Field::line("colour", "Colour of the chat", sent).hint("Six hexadecimal digits, as in #1e5ba1.").narrow(),
        Field::text("greeting", "Greeting", 2, sent).hint("The chat shows it. It is no message."),
        Field::number("greeting_after_s", "Greet after, in seconds", sent).hint("Empty: once the chat is opened."),
        Field::choice("position", "Corner of the page", corners, sent),
        Field::switch("shows_names", "Guests see the names of members", sent),
        Field::switch("guests_ask", "Guests may ask for a person", sent),
        Field::code("guest_texts", "Texts of the chat", 4, sent)
            .hint("A JSON object by language and name, as in {\"de\": {\"send\": \"Senden\"}}. Empty: the chat's own."),
    ]
}

/// What the fields make of the guests.
pub struct Welcome {
    lets_in: bool,
    origins: Vec<String>,
    title: Option<String>,
    greeting: Option<String>,
    greeting_after_s: Option<i64>,
    colour: Option<String>,
    position: Option<Position>,
    shows_names: bool,
    may_ask: bool,
    texts: BTreeMap<String, BTreeMap<String, String>>,
}

impl Welcome {
    /// # Errors
    /// `invalid` for a value that cannot be read, by the name of its field.
    pub fn read(sent: &Sent) -> Result<Self> {
        Ok(Self {
            lets_in: sent.is_on("lets_guests_in"),
            origins: sent.lines("origins"),
            title: sent.given("guest_title"),
            greeting: sent.given("greeting"),
            greeting_after_s: sent.number("greeting_after_s")?,
            colour: sent.given("colour").map(|colour| colour.to_ascii_lowercase()),
            position: sent.word("position", Position::parse)?,
            shows_names: sent.is_on("shows_names"),
            may_ask: sent.is_on("guests_ask"),
            texts: sent.json("guest_texts")?,
        })
    }

    /// Changes what the form shows. Settings that it does not show stay, as opening hours and files.
    pub fn apply(self, present: Option<Guests>) -> Option<Guests> {
        if !self.lets_in {
            return None;
        }
        let mut guests = present.unwrap_or_default();
        (guests.origins, guests.texts) = (self.origins, self.texts);
        (guests.title, guests.greeting, guests.colour) = (self.title, self.greeting, self.colour);
        guests.greeting_after_s = self.greeting_after_s;
        guests.position = match (self.position, guests.position) {
            // The form has one word for the default and for what is set to it.
            (None, Some(Position::Right)) => Some(Position::Right),
            (chosen, _) => chosen,
        };
        guests.show_names = match (self.shows_names, guests.show_names) {
            (true, standing) => standing.filter(|shows| *shows),
            (false, _) => Some(false),
        };
        guests.ask = self.may_ask.then(|| guests.ask.take().unwrap_or_default());
        Some(guests)
    }
}
