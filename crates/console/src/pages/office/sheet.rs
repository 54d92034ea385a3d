//! The parts that make up the pages of the administration.

use askama::Template;
use axum::response::Response;
use dialect_kit::{Answer, usual_status};
use domain::{Error, Result};
use http::StatusCode;

use crate::{
    answer,
    frame::Frame,
    html::Html,
    pages::{choice::Choice, state::Word},
    texts as t,
    times::Time,
};

/// A page: a title, and its parts below one another.
#[derive(Template)]
#[template(path = "pages/office/sheet.html")]
pub struct Sheet {
    frame: Frame,
    /// The page above, as `(href, words)`.
    back: Option<(String, String)>,
    lead: String,
    state: Option<Word>,
    parts: Vec<Html>,
    /// The parts beside the others.
    beside: Vec<Html>,
    beside_label: &'static str,
}

impl Sheet {
    pub fn new(frame: Frame, lead: impl Into<String>) -> Self {
        Self {
            frame,
            back: None,
            lead: lead.into(),
            state: None,
            parts: Vec::new(),
            beside: Vec::new(),
            beside_label: "",
        }
    }

    #[must_use]
    pub fn back(mut self, href: &str, words: &str) -> Self {
        self.back = Some((href.into(), words.into()));
        self
    }

    #[must_use]
    pub fn state(mut self, state: Option<Word>) -> Self {
        self.state = state;
        self
    }

    pub fn add(&mut self, part: &impl Template) -> Result<()> {
        self.parts.push(Html::of(part)?);
        Ok(())
    }

    pub fn add_beside(&mut self, label: &'static str, part: &impl Template) -> Result<()> {
        self.beside_label = label;
        self.beside.push(Html::of(part)?);
        Ok(())
    }

    /// Says above all parts what was done. The words are those of `DONE` for the word in the address.
    pub fn done(&mut self, word: Option<&str>) -> Result<()> {
        let words = word.and_then(|word| DONE.iter().find(|(own, _)| *own == word));
        match words {
            Some((_, text)) => self.add(&Notice { text: (*text).into() }),
            None => Ok(()),
        }
    }

    /// The page. After a refusal, with the refusal's status.
    ///
    /// # Errors
    /// `internal` if the template fails, which it does not.
    pub fn answer(self, refusal: Option<&Error>) -> Answer<Response> {
        let status = refusal.map_or(StatusCode::OK, |error| usual_status(error.kind));
        answer::with_status(status, &self)
    }
}

/// What a form did, by the word in the address of the page to which it leads.
const DONE: [(&str, &str); 10] = [
    ("saved", "Saved."),
    ("made", "It was made."),
    ("removed", "It was removed."),
    ("erased", "The customer was erased."),
    ("revoked", "The key is revoked. It opens nothing any more."),
    ("sent", "It was sent again. The newest posting shows the answer."),
    ("rewound", "The entries wait for their postings again."),
    ("archived", "The agent is archived. It takes no new threads."),
    ("restored", "The agent takes threads again."),
    ("discarded", "The trial was discarded."),
];

#[derive(Template)]
#[template(path = "parts/office/notice.html")]
pub struct Notice {
    pub text: String,
}

/// A secret that is shown once.
#[derive(Template)]
#[template(path = "parts/office/secret.html")]
pub struct Secret {
    pub title: String,
    pub about: String,
    pub secret: String,
}

/// A title with a text below.
#[derive(Template)]
#[template(path = "parts/office/heading.html")]
pub struct Heading {
    pub title: &'static str,
    pub about: String,
}

/// A field that filters the page.
#[derive(Template)]
#[template(path = "parts/office/search.html")]
pub struct Search {
    pub action: &'static str,
    pub label: String,
    pub words: String,
}

/// Choices above a list. The address of the page holds them.
#[derive(Template)]
#[template(path = "parts/office/filters.html")]
pub struct Filters {
    pub action: &'static str,
    pub choices: Vec<Choices>,
    /// A field beside the choices, as name, label and value. Without a name: none.
    pub field: (&'static str, &'static str, String),
}

pub struct Choices {
    pub name: &'static str,
    pub label: &'static str,
    pub all: Vec<Choice>,
}

impl Choices {
    /// One of these, or any.
    pub fn of(
        name: &'static str,
        label: &'static str,
        all: impl IntoIterator<Item = (String, String)>,
        chosen: &str,
    ) -> Self {
        let any = (String::new(), t::ANY.to_owned());
        Self::required(name, label, std::iter::once(any).chain(all), chosen)
    }

    /// One of these.
    pub fn required(
        name: &'static str,
        label: &'static str,
        all: impl IntoIterator<Item = (String, String)>,
        chosen: &str,
    ) -> Self {
        Self { name, label, all: Choice::of(all, chosen) }
    }
}

/// Great numbers, each with its name.
#[derive(Template)]
#[template(path = "parts/office/totals.html")]
pub struct Totals {
    pub facts: Vec<(&'static str, String)>,
}

/// Bars, one for each name.
#[derive(Template)]
#[template(path = "parts/office/chart.html")]
pub struct Chart {
    pub title: &'static str,
    /// The greatest value.
    pub most: String,
    pub bars: Vec<Bar>,
    pub width: usize,
    pub first: String,
    pub last: String,
}

/// A bar: its place and size on the chart, and what it says.
pub struct Bar {
    pub x: usize,
    pub y: u64,
    pub height: u64,
    pub text: String,
}

impl Chart {
    const HEIGHT: u64 = 160;
    /// Width of a bar with its gap.
    const STEP: usize = 10;

    pub fn of(title: &'static str, values: Vec<(String, u64)>, words: impl Fn(u64) -> String) -> Self {
        let most = values.iter().map(|(_, value)| *value).max().unwrap_or(0);
        let height = |value: u64| {
            let height = u128::from(value) * u128::from(Self::HEIGHT) / u128::from(most.max(1));
            u64::try_from(height).unwrap_or(0).max(u64::from(value > 0))
        };
        let bar = |(n, (name, value)): (usize, &(String, u64))| Bar {
            x: n * Self::STEP,
            y: Self::HEIGHT - height(*value),
            height: height(*value),
            text: format!("{name}: {}", words(*value)),
        };
        let end = |end: Option<&(String, u64)>| end.map(|(name, _)| name.clone()).unwrap_or_default();
        Self {
            title,
            most: words(most),
            bars: values.iter().enumerate().map(bar).collect(),
            width: values.len() * Self::STEP,
            first: end(values.first()),
            last: end(values.last()),
        }
    }
}

/// Nothing is here yet: what would be, and the command that puts it there.
#[derive(Template)]
#[template(path = "parts/office/empty.html")]
pub struct Empty {
    pub title: &'static str,
    pub hint: &'static str,
    pub command: String,
}

/// Names with their values.
#[derive(Template)]
#[template(path = "parts/office/facts.html")]
pub struct Facts {
    pub rows: Vec<(String, Cell)>,
}

/// A table with links to further pages.
#[derive(Template)]
#[template(path = "parts/office/table.html")]
pub struct Table {
    pub label: &'static str,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// The first page, unless this is it.
    pub first: Option<String>,
    pub next: Option<String>,
}

pub struct Column {
    pub name: &'static str,
    pub is_number: bool,
}

pub enum Cell {
    Text(String),
    Link {
        href: String,
        text: String,
        about: String,
    },
    Code(String),
    /// A text with its line breaks.
    Plain(String),
    State(Word),
    /// A word, and what is known beside it.
    Stated {
        word: Word,
        text: String,
    },
    Time(Time),
    Number(String),
    /// A number that differs from its default.
    Changed(String),
    Tags(Vec<String>),
    /// A bar of so many thousandths.
    Meter(u64),
    /// A button of its own form, and a hidden field that names the form.
    Deed {
        action: String,
        words: &'static str,
        about: String,
        once: String,
    },
    Nothing,
}

/// A link below a part.
#[derive(Template)]
#[template(path = "parts/office/further.html")]
pub struct Further {
    pub href: String,
    pub text: String,
}

/// A text to copy into a terminal or a page.
#[derive(Template)]
#[template(path = "parts/office/command.html")]
pub struct Command {
    pub title: String,
    pub text: String,
}

impl Table {
    pub fn new(label: &'static str, columns: &[&'static str]) -> Self {
        let columns = columns.iter().map(|name| match name.strip_prefix('#') {
            Some(name) => Column { name, is_number: true },
            None => Column { name, is_number: false },
        });
        Self { label, columns: columns.collect(), rows: Vec::new(), first: None, next: None }
    }
}

impl Cell {
    fn is_number(&self) -> bool {
        matches!(self, Self::Number(_) | Self::Changed(_))
    }

    /// Tells whether the text may have several lines.
    fn is_long(&self) -> bool {
        matches!(self, Self::Plain(_))
    }

    pub fn link(href: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Link { href: href.into(), text: text.into(), about: String::new() }
    }

    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        if text.is_empty() { Self::Nothing } else { Self::Text(text) }
    }

    pub fn maybe(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::Nothing, Self::text)
    }
}
