//! What of the table does not hold for an operation, and why.

use super::operation::Operation;

/// Dialect or `*`, operation below its base or `*`, beginning of the class, reason.
type Exception = (&'static str, &'static str, &'static str, &'static str);

const EXCEPTIONS: &[Exception] = &[
    ("native", "GET /limits", "a key without the scope", "every key may know the limits"),
    ("native", "GET /models", "a key without the scope", "every key may know the models"),
    ("everruns", "GET /models", "a key without the scope", "every key may know the models"),
    ("everruns", "GET /models/{}", "a key without the scope", "every key may know the models"),
    ("everruns", "GET /capabilities", "a key without the scope", "a list that is the same for everybody"),
    ("everruns", "GET /harnesses", "a key without the scope", "a list that is the same for everybody"),
    ("everruns", "GET /harnesses/{}", "a key without the scope", "as of the list"),
    ("everruns", "GET /providers", "a key without the scope", "a list that is the same for everybody"),
    ("everruns", "GET /providers/{}", "a key without the scope", "as of the list"),
    (
        "native",
        "GET /threads/changes",
        "Last-Event-ID beyond the head",
        "a position is a time, and this one has passed",
    ),
    ("native", "GET /threads/changes", "after beyond the head", "as of the header"),
    (
        "feather",
        "POST /chat/threads/{}/logout",
        "id 0 is unknown",
        "a token of another thread is refused as no token; tried by the dialect's tests",
    ),
    (
        "feather",
        "POST /chat/threads/{}/logout",
        "id 0 is another project's",
        "a token of another thread is refused as no token; tried by the dialect's tests",
    ),
    (
        "feather",
        "POST /chat/threads/{}/token",
        "id 0 is unknown",
        "a token of another thread is refused as no token; tried by the dialect's tests",
    ),
    (
        "feather",
        "POST /chat/threads/{}/token",
        "id 0 is another project's",
        "a token of another thread is refused as no token; tried by the dialect's tests",
    ),
    (
        "native",
        "PUT /tags/{}",
        "id 0 is malformed",
        "any plain word is a tag's name; others are tried by the dialect's tests",
    ),
    (
        "native",
        "POST /agents/{}/end-users/{}/tokens",
        "id 1 is malformed",
        "any line of text is a name; others are tried by the dialect's tests",
    ),
    (
        "native",
        "POST /agents/{}/guests",
        "id 0 is another project's",
        "guests belong to no project: an agent that lets guests in is there for everybody",
    ),
    ("algoreg", "POST /token", "another method", "of this path POST alone is the dialect's, all else is another's"),
    ("algoreg", "POST /chat/token", "another method", "as of the other token"),
    ("everruns", "PUT /agents/{}", "id 0 is unknown", "what is put is made"),
    (
        "native",
        "PUT /providers/{}",
        "id 0 is malformed",
        "any plain word is a name; others are tried by the engine's tests",
    ),
    ("native", "PUT /routes/{}", "id 0 is malformed", "as of a provider's name"),
    ("native", "DELETE /providers/{}", "id 0 is malformed", "the word is a name, under which something was put before"),
    ("native", "DELETE /routes/{}", "id 0 is malformed", "as of a provider's name"),
    (
        "native",
        "PUT /installation/routes/{}",
        "all ids are another project's",
        "a key of another project is refused before the route is looked for",
    ),
    ("native", "PUT /providers/{}", "id 0 is unknown", "what is put is made"),
    ("native", "PUT /providers/{}", "id 0 is another project's", "each project has names of its own"),
    ("native", "PUT /providers/{}", "all ids are another project's", "as another project's name"),
    ("native", "PUT /routes/{}", "id 0 is unknown", "what is put is made"),
    ("native", "PUT /routes/{}", "id 0 is another project's", "each project has names of its own"),
    ("native", "PUT /routes/{}", "all ids are another project's", "as another project's name"),
    (
        "everruns",
        "PUT /agents/{}",
        "id 0 is another project's",
        "another project's id is nobody's: what is put is made",
    ),
    ("everruns", "PUT /agents/{}", "all ids are another project's", "as another project's id"),
    ("algoreg", "POST /token", "content type", "JSON or a form whatever it says: the vendor's own sample says neither"),
    ("algoreg", "POST /token", "no content type", "as of any content type"),
    ("algoreg", "POST /token", "two content types", "as of any content type"),
    ("algoreg", "POST /token", "client_id is a text with a", "any will do, and it is kept nowhere"),
    ("algoreg", "POST /thread/search", "email is a text with a", "what is searched for need not be an address"),
    ("algoreg", "POST /thread/search", "email is a group", "as of any text"),
    ("algoreg", "POST /thread/search", "email is a thousand", "as of any text"),
    ("algoreg", "POST /thread/search", "email is an address of", "as of any text"),
    ("algoreg", "POST /thread/search", "subject is a text with a", "as of any text"),
    (
        "algoreg",
        "POST /message/{}",
        "subject is a text with a",
        "the message is no e-mail that waits, which is said first",
    ),
    ("native", "PATCH /threads/{}/messages/{}", "subject is a text with a", "as in Algoreg's words"),
    ("native", "GET /threads/{}/messages", "before beyond", "every message lies before it"),
    ("feather", "GET /chat/threads/{}/messages", "after that is empty", "an empty one is the thread's beginning"),
    ("everruns", "*", "Last-Event-ID that is empty", "an empty one is none, as browsers have it"),
];

/// Whether a class is not asked for.
pub fn is_excepted(operation: &Operation, class: &str) -> bool {
    let place = operation.place();
    EXCEPTIONS.iter().any(|exception| is_meant(exception, operation.dialect, &place, class))
}

/// The exceptions that are meant for none of these cases, each an operation and a class.
pub fn unused(cases: &[(&Operation, String)]) -> Vec<&'static Exception> {
    let cases: Vec<_> = cases.iter().map(|(operation, class)| (operation.dialect, operation.place(), class)).collect();
    let is_used =
        |exception: &&Exception| cases.iter().any(|(dialect, place, class)| is_meant(exception, dialect, place, class));
    EXCEPTIONS.iter().filter(|exception| !is_used(exception)).collect()
}

fn is_meant((dialect, of, begin, _): &Exception, own: &str, place: &str, class: &str) -> bool {
    [own, "*"].contains(dialect) && [place, "*"].contains(of) && class.starts_with(begin)
}
