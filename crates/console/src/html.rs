//! Text that is HTML already. Everything else passes the escaping of the templates.

use std::fmt;

use askama::Template;
use domain::{Error, Result};

/// HTML that the sanitiser or a template made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// For the sanitiser and for rendered templates alone.
    pub(crate) fn made(text: String) -> Self {
        Self(text)
    }

    /// A rendered part of a page.
    ///
    /// # Errors
    /// `internal` if the template fails, which it does not.
    pub fn of(template: &impl Template) -> Result<Self> {
        template.render().map(Self::made).map_err(Error::internal)
    }

    /// This and another one behind it.
    pub fn and(mut self, next: &Self) -> Self {
        self.0.push_str(&next.0);
        self
    }

    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Html {}
