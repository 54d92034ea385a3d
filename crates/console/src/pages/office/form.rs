//! Forms: what a page shows, what it sent, and the problems at the fields.

use askama::Template;
use axum::extract::{FromRequest, Request};
use dialect_kit::{Fault, fingerprint};
use domain::{Error, Kind, Result};
use engine::{App, Origin, OriginKind, Replayed};
use serde::de::DeserializeOwned;
use url::form_urlencoded;

use crate::{form, pages::choice::Choice};

/// The hidden field with the name of this very form, so that a double press has its effect once.
const ONCE: &str = "once";

/// What a form sent, or the values with which a form begins.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    pairs: Vec<(String, String)>,
    /// The body, by which a repeated form is known.
    body: String,
}

impl Sent {
    /// The values of something that is there already.
    pub fn of<const N: usize>(pairs: [(&str, String); N]) -> Self {
        Self { pairs: pairs.map(|(name, value)| (name.to_owned(), value)).into(), body: String::new() }
    }

    pub fn put(&mut self, name: &str, value: impl Into<String>) {
        self.pairs.push((name.to_owned(), value.into()));
    }

    /// The first value, as it was written. Empty if there is none.
    pub fn text(&self, name: &str) -> &str {
        self.pairs.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }

    /// The first value without spaces around it, if something is left.
    pub fn given(&self, name: &str) -> Option<String> {
        Some(self.text(name).trim()).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.pairs.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).any(|own| own == value)
    }

    pub fn is_on(&self, name: &str) -> bool {
        self.has(name, "on")
    }

    /// The lines of a field, without empty ones.
    pub fn lines(&self, name: &str) -> Vec<String> {
        self.text(name).lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// # Errors
    /// `invalid` for something else than a whole number.
    pub fn number<T: std::str::FromStr>(&self, name: &str) -> Result<Option<T>> {
        let Some(text) = self.given(name) else { return Ok(None) };
        let text = text.replace([',', ' '], "");
        text.parse().map(Some).map_err(|_| Error::field(name, "must be a whole number"))
    }

    /// # Errors
    /// `invalid` for anything but JSON of this form, with its line.
    pub fn json<T: DeserializeOwned + Default>(&self, name: &str) -> Result<T> {
        match self.given(name) {
            None => Ok(T::default()),
            Some(text) => serde_json::from_str(&text).map_err(|why| Error::field(name, why.to_string())),
        }
    }

    /// One of these words.
    ///
    /// # Errors
    /// `invalid` for another word.
    pub fn word<T>(&self, name: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<Option<T>> {
        match self.given(name) {
            None => Ok(None),
            Some(word) => parse(&word).map(Some).ok_or_else(|| Error::field(name, "must be one of the choices")),
        }
    }

    /// The name of this very form, for an operation that must not run twice.
    pub fn origin(&self, operation: &'static str) -> Option<Origin> {
        let key = self.given(ONCE).filter(|key| key.len() <= 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        let fingerprint = fingerprint(operation, &self.body);
        Some(Origin { kind: OriginKind::Request, operation, key, fingerprint, replayed: Replayed::default() })
    }
}

impl FromRequest<App> for Sent {
    type Rejection = Fault;

    async fn from_request(request: Request, app: &App) -> Result<Self, Fault> {
        let body = form::read(request, app).await?;
        Ok(Self { pairs: form_urlencoded::parse(body.as_bytes()).into_owned().collect(), body })
    }
}

/// A form of a page.
#[derive(Template)]
#[template(path = "parts/office/form.html")]
pub struct Form {
    id: &'static str,
    action: String,
    hidden: Vec<(&'static str, String)>,
    note: &'static str,
    fields: Vec<Field>,
    submit: String,
    is_danger: bool,
    /// The words that unfold it.
    fold: Option<String>,
    is_open: bool,
    /// A problem of no single field.
    problem: Option<String>,
}

/// A field of a form.
pub struct Field {
    name: &'static str,
    label: String,
    hint: String,
    input: Input,
    problem: Option<String>,
    /// The first field with a problem gets the focus.
    has_focus: bool,
    is_wide: bool,
}

pub enum Input {
    Line {
        value: String,
        kind: &'static str,
    },
    Text {
        value: String,
        rows: u32,
        is_code: bool,
    },
    Choice(Vec<Choice>),
    Checks(Vec<Choice>),
    Switch {
        is_on: bool,
    },
    /// Only a title over the fields that follow.
    Heading,
}

impl Field {
    fn new(name: &'static str, label: impl Into<String>, input: Input) -> Self {
        Self { name, label: label.into(), hint: String::new(), input, problem: None, has_focus: false, is_wide: true }
    }

    pub fn heading(label: impl Into<String>) -> Self {
        Self::new("", label, Input::Heading)
    }

    pub fn line(name: &'static str, label: impl Into<String>, sent: &Sent) -> Self {
        Self::new(name, label, Input::Line { value: sent.text(name).into(), kind: "text" })
    }

    pub fn number(name: &'static str, label: impl Into<String>, sent: &Sent) -> Self {
        Self::new(name, label, Input::Line { value: sent.text(name).into(), kind: "number" }).narrow()
    }

    pub fn text(name: &'static str, label: impl Into<String>, rows: u32, sent: &Sent) -> Self {
        Self::new(name, label, Input::Text { value: sent.text(name).into(), rows, is_code: false })
    }

    pub fn code(name: &'static str, label: impl Into<String>, rows: u32, sent: &Sent) -> Self {
        Self::new(name, label, Input::Text { value: sent.text(name).into(), rows, is_code: true })
    }

    /// One of several, as `(value, text)`.
    pub fn choice(name: &'static str, label: impl Into<String>, all: Vec<(String, String)>, sent: &Sent) -> Self {
        Self::new(name, label, Input::Choice(Choice::of(all, sent.text(name)))).narrow()
    }

    /// Any of several, as `(value, text)`.
    pub fn checks(name: &'static str, label: impl Into<String>, all: Vec<(String, String)>, sent: &Sent) -> Self {
        let choices = all.into_iter().map(|(value, text)| Choice { is_chosen: sent.has(name, &value), value, text });
        Self::new(name, label, Input::Checks(choices.collect()))
    }

    pub fn switch(name: &'static str, label: impl Into<String>, sent: &Sent) -> Self {
        Self::new(name, label, Input::Switch { is_on: sent.is_on(name) })
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn label(&self) -> &str {
        &self.label
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// As wide as half of the form.
    #[must_use]
    pub fn narrow(mut self) -> Self {
        self.is_wide = false;
        self
    }
}

impl Form {
    /// `id` is unique on the page.
    pub fn new(app: &App, id: &'static str, action: impl Into<String>, submit: impl Into<String>) -> Self {
        Self {
            id,
            action: action.into(),
            hidden: vec![(ONCE, app.clock().id().simple().to_string())],
            note: "",
            fields: Vec::new(),
            submit: submit.into(),
            is_danger: false,
            fold: None,
            is_open: false,
            problem: None,
        }
    }

    #[must_use]
    pub fn fields(mut self, fields: impl IntoIterator<Item = Field>) -> Self {
        self.fields.extend(fields);
        self
    }

    #[must_use]
    pub fn hidden(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.hidden.push((name, value.into()));
        self
    }

    /// Says above the fields what the form does.
    #[must_use]
    pub fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    /// Folded until somebody opens it.
    #[must_use]
    pub fn folded(mut self, words: impl Into<String>) -> Self {
        self.fold = Some(words.into());
        self
    }

    /// For what cannot be taken back.
    #[must_use]
    pub fn danger(mut self) -> Self {
        self.is_danger = true;
        self
    }

    /// The form with the problems of a refusal, each at its field.
    #[must_use]
    pub fn refused(mut self, refusal: Option<&Error>) -> Self {
        let Some(error) = refusal else { return self };
        self.is_open = true;
        let mut is_told = false;
        for wrong in &error.fields {
            let below =
                |name: &str| !name.is_empty() && (wrong.path == name || wrong.path.starts_with(&format!("{name}.")));
            let Some(field) = self.fields.iter_mut().find(|field| below(field.name)) else { continue };
            let place = if wrong.path == field.name { String::new() } else { format!("{}: ", wrong.path) };
            field.problem.get_or_insert(format!("{place}{}", wrong.message));
            is_told = true;
        }
        match self.fields.iter_mut().find(|field| field.problem.is_some()) {
            Some(field) => field.has_focus = true,
            None => is_told = false,
        }
        self.problem = (!is_told).then(|| error.message.clone());
        self
    }
}

/// Tells whether a page shows the error at its form. Others have pages of their own.
pub fn is_shown(error: &Error) -> bool {
    matches!(error.kind, Kind::Invalid | Kind::Conflict | Kind::TooLarge | Kind::Unsupported | Kind::RateLimited)
        || error.kind == Kind::Forbidden
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(body: &str) -> Sent {
        let pairs = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
        Sent { pairs, body: body.into() }
    }

    #[test]
    fn values_are_read_by_their_names() {
        let sent = sent("name=+shop+&scopes=read&scopes=write&paused=on&steps=1%2C000&wrong=x&lines=a%0A%0A+b+");
        assert_eq!(sent.given("name").as_deref(), Some("shop"));
        assert_eq!(sent.all("scopes").collect::<Vec<_>>(), ["read", "write"]);
        assert!(sent.is_on("paused") && !sent.is_on("name"));
        assert_eq!(sent.number::<u32>("steps").unwrap(), Some(1_000));
        assert_eq!(sent.number::<u32>("absent").unwrap(), None);
        assert_eq!(sent.number::<u32>("wrong").unwrap_err().fields[0].path, "wrong");
        assert_eq!(sent.lines("lines"), ["a", "b"]);
    }

    #[test]
    fn a_form_has_its_effect_once() {
        let origin = |body: &str| sent(body).origin("console test");
        let (one, same) = (origin("once=ab&x=1").unwrap(), origin("once=ab&x=1").unwrap());
        assert!(one.key == same.key && one.fingerprint == same.fingerprint);
        assert!(one.fingerprint != origin("once=ab&x=2").unwrap().fingerprint);
        assert!(origin("once=<x>").is_none() && origin("x=1").is_none());
    }
}
