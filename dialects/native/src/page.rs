//! Lists: pages of them, and the cursors between.

use std::fmt::Debug;

use dialect_kit::Cursors;
use domain::{Caller, Error, Result};
use engine::App;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

/// Rows of a page when the request does not say.
const ROWS: i64 = 100;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T: ToSchema> {
    pub data: Vec<T>,
    /// The `cursor` of the next page, for an otherwise equal query. Null on the last page. A page that is shorter than its limit may
    /// have one.
    #[schema(required)]
    pub next: Option<String>,
}

impl<T: ToSchema> Page<T> {
    /// A list that has only one page.
    pub fn whole(data: Vec<T>) -> Self {
        Self { data, next: None }
    }
}

/// The query of a list without filters.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// 1 to 1,000. Absent: 100.
    pub limit: Option<i64>,
    /// `next` of the previous page.
    pub cursor: Option<String>,
}

/// What a cursor stands for: the place of a page's last row.
pub trait Place: Sized {
    fn write(&self) -> Vec<u8>;
    fn read(bytes: &[u8]) -> Option<Self>;
}

impl Place for i64 {
    fn write(&self) -> Vec<u8> {
        self.to_be_bytes().into()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(i64::from_be_bytes)
    }
}

impl Place for Uuid {
    fn write(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok()
    }
}

impl Place for String {
    fn write(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        String::from_utf8(bytes.to_vec()).ok()
    }
}

/// A number, and an id beside it.
impl Place for (i64, Uuid) {
    fn write(&self) -> Vec<u8> {
        [&self.0.to_be_bytes()[..], self.1.as_bytes()].concat()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (number, id) = bytes.split_at_checked(8)?;
        Some((i64::from_be_bytes(number.try_into().ok()?), Uuid::from_slice(id).ok()?))
    }
}

/// A page as it was asked for: from where on, and how long.
pub struct Asked<P> {
    /// The place of the last row that the client has; absent: none.
    pub from: Option<P>,
    pub limit: i64,
    cursors: Cursors,
    list: &'static str,
    scope: String,
}

impl<P: Place> Asked<P> {
    /// `list` names the list; `scope` is what of it is shown: a cursor holds for the same of the same project alone.
    ///
    /// # Errors
    /// `invalid` for a limit out of range or a cursor of another list.
    pub fn read(app: &App, caller: &Caller, list: &'static str, scope: impl Debug, query: PageQuery) -> Result<Self> {
        let limit = limit(app, query.limit)?;
        let cursors = Cursors::new(&app.derive("cursor native"));
        let scope = format!("{:?}", (caller.project, scope));
        let open = |cursor: String| {
            let place = cursors.open(list, scope.as_bytes(), &cursor)?;
            P::read(&place).ok_or_else(|| Error::internal("a sealed cursor holds no place"))
        };
        let from = query.cursor.map(open).transpose()?;
        Ok(Self { from, limit, cursors, list, scope })
    }

    /// How many rows to ask the engine for: one more than the page has, to see whether there is another.
    pub fn rows(&self) -> i64 {
        self.limit + 1
    }

    /// The page of these rows, of which there may be [`Asked::rows`], and where the next one begins.
    pub fn cut<R>(&self, mut rows: Vec<R>, place: impl FnOnce(&R) -> P) -> (Vec<R>, Option<String>) {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|last| self.cursor(&place(last)));
        (rows, next)
    }

    /// [`Asked::cut`], with each row as it is shown.
    pub fn page<R, T: ToSchema>(&self, rows: Vec<R>, place: impl FnOnce(&R) -> P, show: impl FnMut(R) -> T) -> Page<T> {
        let (rows, next) = self.cut(rows, place);
        Page { data: rows.into_iter().map(show).collect(), next }
    }

    /// The cursor of what comes after a place.
    pub fn cursor(&self, place: &P) -> String {
        self.cursors.seal(self.list, self.scope.as_bytes(), &place.write())
    }
}

fn limit(app: &App, asked: Option<i64>) -> Result<i64> {
    let most = i64::try_from(app.limits().page).unwrap_or(i64::MAX - 1);
    match asked {
        None => Ok(ROWS.min(most)),
        Some(limit) if (1..=most).contains(&limit) => Ok(limit),
        Some(_) => Err(Error::field("limit", format!("must be between 1 and {most}"))),
    }
}
