//! Lists with a total, and links to the neighbouring pages.

use domain::{Error, Result};
use http::Uri;

use crate::wire;

const LIMIT: u32 = 20;
const LIMIT_MAX: u32 = 100;

/// The requested part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub offset: u32,
    pub limit: u32,
}

impl Page {
    /// # Errors
    /// `invalid` for a limit outside of 1 to 100.
    pub fn read(offset: Option<u32>, limit: Option<u32>) -> Result<Self> {
        let limit = limit.unwrap_or(LIMIT);
        match (1..=LIMIT_MAX).contains(&limit) {
            true => Ok(Self { offset: offset.unwrap_or(0), limit }),
            false => Err(Error::field("limit", format!("must be between 1 and {LIMIT_MAX}"))),
        }
    }

    /// The answer, with links to the neighbouring pages, made from `uri`.
    pub fn of<T>(self, data: Vec<T>, total: u64, uri: &Uri) -> wire::Paginated<T> {
        let Self { offset, limit } = self;
        let next = offset.checked_add(limit).filter(|next| u64::from(*next) < total);
        let previous = (offset > 0).then(|| offset.saturating_sub(limit));
        wire::Paginated {
            data,
            total: u32::try_from(total).unwrap_or(u32::MAX),
            offset,
            limit,
            next_url: next.map(|offset| at(uri, offset)),
            prev_url: previous.map(|offset| at(uri, offset)),
        }
    }
}

fn at(uri: &Uri, offset: u32) -> String {
    let others = uri.query().unwrap_or_default().split('&');
    let kept = others.filter(|pair| !pair.is_empty() && *pair != "offset" && !pair.starts_with("offset="));
    let own = format!("offset={offset}");
    let query: Vec<&str> = kept.chain([own.as_str()]).collect();
    format!("{}?{}", uri.path(), query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_beside_are_named_while_there_are_any() {
        let check = |offset, limit, next: Option<&str>, previous: Option<&str>| {
            let uri: Uri = format!("/v1/agents?search=a%20b&offset={offset}&limit={limit}").parse().unwrap();
            let page = Page::read(Some(offset), Some(limit)).unwrap().of(Vec::<u8>::new(), 30, &uri);
            assert_eq!((page.next_url.as_deref(), page.prev_url.as_deref()), (next, previous), "{offset} {limit}");
        };
        check(0, 10, Some("/v1/agents?search=a%20b&limit=10&offset=10"), None);
        check(
            10,
            10,
            Some("/v1/agents?search=a%20b&limit=10&offset=20"),
            Some("/v1/agents?search=a%20b&limit=10&offset=0"),
        );
        check(20, 10, None, Some("/v1/agents?search=a%20b&limit=10&offset=10"));
        check(5, 100, None, Some("/v1/agents?search=a%20b&limit=100&offset=0"));
        check(u32::MAX, 100, None, Some("/v1/agents?search=a%20b&limit=100&offset=4294967195"));
        for bad in [0, 101] {
            assert_eq!(Page::read(None, Some(bad)).unwrap_err().fields[0].path, "limit");
        }
    }
}
