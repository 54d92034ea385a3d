//! What of the table does not hold for an operation, and why.

use super::operation::Operation;

/// Dialect or `*`, operation below its base or `*`, beginning of the class, reason.
const EXCEPTIONS: &[(&str, &str, &str, &str)] = &[
    ("native", "GET /limits", "a key without the scope", "every key may know the limits"),
    ("native", "GET /models", "a key without the scope", "every key may know the models"),
    ("everruns", "GET /models", "a key without the scope", "every key may know the models"),
    ("everruns", "GET /capabilities", "a key without the scope", "a list that is the same for everybody"),
    ("everruns", "GET /harnesses", "a key without the scope", "a list that is the same for everybody"),
    ("everruns", "GET /providers", "a key without the scope", "a list that is the same for everybody"),
    (
        "native",
        "PUT /tags/{}",
        "id 0 is malformed",
        "any plain word is a tag's name; others are tried by the dialect's tests",
    ),
    ("algoreg", "POST /token", "another method", "of this path POST alone is the dialect's, all else is another's"),
    ("algoreg", "POST /chat/token", "another method", "as of the other token"),
    ("everruns", "PUT /agents/{}", "id 0 is unknown", "what is put is made"),
    (
        "everruns",
        "PUT /agents/{}",
        "id 0 is another project's",
        "another project's id is nobody's: what is put is made",
    ),
    ("everruns", "PUT /agents/{}", "all ids are another project's", "as another project's id"),
    ("capy", "GET /models", "a key without the scope", "every key may know the models"),
];

/// The reason why a class is not asked for.
pub fn exception(operation: &Operation, class: &str) -> Option<&'static str> {
    let place = operation.place();
    let meant = |(dialect, of, begin, _): &&(&str, &str, &str, &'static str)| {
        [operation.dialect, "*"].contains(dialect) && [place.as_str(), "*"].contains(of) && class.starts_with(begin)
    };
    EXCEPTIONS.iter().find(meant).map(|(.., reason)| *reason)
}
