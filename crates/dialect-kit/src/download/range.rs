//! The header `Range` (RFC 9110, section 14).

use std::ops::Range;

use http::{HeaderMap, header};

/// The requested part of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Part {
    Whole,
    Range(Range<u64>),
    /// The range begins after the end.
    Unsatisfiable,
}

/// The part of a file of `size` bytes with the entity tag `tag` that is requested. Several ranges, other units and
/// malformed ranges are ignored, as the RFC allows: the whole file is always a valid answer.
pub fn asked(headers: &HeaderMap, tag: &str, size: u64) -> Part {
    let one = |name| {
        let mut values = headers.get_all(name).iter();
        values.next().filter(|_| values.next().is_none()).and_then(|value| value.to_str().ok())
    };
    let Some(range) = one(header::RANGE).and_then(|value| value.trim().strip_prefix("bytes=")) else {
        return Part::Whole;
    };
    // The client's part is of another file, or it is unclear of which.
    if headers.contains_key(header::IF_RANGE) && one(header::IF_RANGE) != Some(tag) {
        return Part::Whole;
    }
    parse(range, size).unwrap_or(Part::Whole)
}

fn parse(range: &str, size: u64) -> Option<Part> {
    let (first, last) = range.split_once('-')?;
    let number =
        |digits: &str| digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<u64>().ok()).flatten();
    if first.is_empty() {
        let length = number(last)?;
        return Some(match length.min(size) {
            0 => Part::Unsatisfiable,
            length => Part::Range(size - length..size),
        });
    }
    let first = number(first)?;
    let end = if last.is_empty() { size } else { number(last)?.saturating_add(1).min(size) };
    match () {
        () if !last.is_empty() && number(last)? < first => None,
        () if first >= size => Some(Part::Unsatisfiable),
        () => Some(Part::Range(first..end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(range: &str, size: u64, expect: Part) {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, range.parse().unwrap());
        assert_eq!(asked(&headers, "\"t\"", size), expect, "{range} of {size}");
    }

    #[test]
    fn one_range_of_bytes_is_read() {
        check("bytes=0-0", 10, Part::Range(0..1));
        check("bytes=0-9", 10, Part::Range(0..10));
        check("bytes=3-", 10, Part::Range(3..10));
        check("bytes=-3", 10, Part::Range(7..10));
        check("bytes=-30", 10, Part::Range(0..10));
        check("bytes=5-99999", 10, Part::Range(5..10));
        check("bytes=5-18446744073709551615", 10, Part::Range(5..10));
    }

    #[test]
    fn a_range_beyond_the_end_cannot_be_satisfied() {
        check("bytes=10-", 10, Part::Unsatisfiable);
        check("bytes=10-20", 10, Part::Unsatisfiable);
        check("bytes=-0", 10, Part::Unsatisfiable);
        check("bytes=0-", 0, Part::Unsatisfiable);
        check("bytes=-1", 0, Part::Unsatisfiable);
    }

    #[test]
    fn what_is_no_single_range_is_ignored() {
        for range in ["bytes=", "bytes=-", "bytes=a-b", "bytes=5-3", "bytes=0-1,3-4", "items=0-1", "bytes=+1-2", "0-1"]
        {
            check(range, 10, Part::Whole);
        }
        check("bytes=18446744073709551616-", 10, Part::Whole);
    }

    #[test]
    fn a_range_holds_only_for_the_file_that_the_client_has() {
        let mut headers = HeaderMap::new();
        headers.insert(header::RANGE, "bytes=0-0".parse().unwrap());
        headers.insert(header::IF_RANGE, "\"t\"".parse().unwrap());
        assert_eq!(asked(&headers, "\"t\"", 10), Part::Range(0..1));
        assert_eq!(asked(&headers, "\"u\"", 10), Part::Whole);
    }
}
