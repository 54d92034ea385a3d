//! What can be wrong with the bytes of a body, by the kinds of bodies that an operation takes.

use super::{
    classes::{Case, Good},
    world::BODY_BYTES_MAX,
};

const BOUNDARY: &str = "--edge-of-the-parts";
pub const MULTIPART: &str = "multipart/form-data; boundary=edge-of-the-parts";
const FORM: &str = "application/x-www-form-urlencoded";

pub fn add(good: &Good<'_>, cases: &mut Vec<Case>) {
    if good.operation.takes("application/json") {
        json(good, cases);
    }
    if good.operation.takes(FORM) {
        form(good, cases);
    }
    if good.operation.takes("multipart/form-data") {
        multipart(good, cases);
    }
    if good.operation.takes("application/octet-stream") {
        let case = good.case("bytes of any type, too many", &[413]).with("content-type", "application/octet-stream");
        cases.push(Case { body: vec![0; BODY_BYTES_MAX + 1], ..case });
    }
    if good.operation.takes_body() {
        content_types(good, cases);
    }
}

fn json(good: &Good<'_>, cases: &mut Vec<Case>) {
    let refused = &[good.door().invalid];
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(100), "]".repeat(100));
    let long = format!("{{\"x\":[{}1]}}", "1,".repeat(30_000));
    let bytes: [(&str, &[u8]); 13] = [
        ("a truncated body", b"{\"a\":"),
        ("a body that is not UTF-8", b"{\"a\":\"\xff\"}"),
        ("a body in UTF-16", b"\xff\xfe{\0}\0"),
        ("a byte order mark", b"\xef\xbb\xbf{}"),
        ("more behind the body", b"{} {}"),
        ("a key twice in the body", b"{\"a\":1,\"a\":2}"),
        ("NUL in the body", b"{\"a\":\"\\u0000\"}"),
        ("half a surrogate", b"{\"a\":\"\\ud800\"}"),
        ("a number out of range", b"{\"a\":1e999}"),
        ("an array for an object", b"[]"),
        ("a long array for an object", &long.as_bytes()[5..long.len() - 1]),
        ("a text for an object", b"\"x\""),
        ("a body too deep", deep.as_bytes()),
    ];
    for (class, body) in bytes {
        cases.push(Case { body: body.to_vec(), ..good.case(class, refused) });
    }
    if good.operation.needs_body() {
        cases.push(Case { body: Vec::new(), ..good.case("no body", refused) });
        cases.push(Case { body: b" \n".to_vec(), ..good.case("white space for a body", refused) });
        cases.push(Case { body: b"null".to_vec(), ..good.case("null for a body", refused) });
    }
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(BODY_BYTES_MAX));
    cases.push(Case { body: large.into_bytes(), ..good.case("a body too large", &[413]) });
    // By one byte: white space around the good body is all that makes it so long.
    let padding = vec![b' '; (BODY_BYTES_MAX + 1).saturating_sub(good.body.len())];
    cases.push(Case { body: [&good.body[..], &padding].concat(), ..good.case("a body too large by one", &[413]) });
    // The part after `=` of a charset has no case, and may stand in quotes: those that are UTF-8 are good.
}

fn form(good: &Good<'_>, cases: &mut Vec<Case>) {
    let refused = &[good.door().invalid];
    let whole = "grant_type=client_credentials&client_id=x&client_secret=y";
    for (class, body) in [
        ("an empty form", ""),
        ("a form that is not UTF-8", "grant_type=%ff&client_id=x&client_secret=y"),
        ("NUL in a form", "grant_type=client_credentials&client_id=%00&client_secret=y"),
        ("a broken escape in a form", "grant_type=client_credentials&client_id=%zz&client_secret=y"),
        ("a field twice in a form", &format!("{whole}&client_id=z")),
        ("a form without one of its fields", "grant_type=client_credentials&client_id=x"),
        ("an unknown kind in a form", "grant_type=authorization_code&code=x"),
        ("a scope in a form", &format!("{whole}&scope=admin")),
        ("text for a form", "not a form at all"),
    ] {
        let case = good.case(class, refused).with("content-type", FORM);
        cases.push(Case { body: body.as_bytes().to_vec(), ..case });
    }
    let case = good.case("a form with bytes that are not UTF-8", refused).with("content-type", FORM);
    cases.push(Case { body: b"grant_type=\xff".to_vec(), ..case });
    let case = good.case("a form too large", &[413]).with("content-type", FORM);
    cases.push(Case { body: format!("{whole}&x={}", "x".repeat(BODY_BYTES_MAX)).into_bytes(), ..case });
}

/// A part of a form, with what its headers say.
fn part(disposition: &str, content: &[u8]) -> Vec<u8> {
    let head = format!("{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n");
    [head.as_bytes(), content, b"\r\n"].concat()
}

fn end() -> Vec<u8> {
    format!("{BOUNDARY}--\r\n").into_bytes()
}

/// A picture, as a form: good for whatever takes a file.
pub fn one_file() -> Vec<u8> {
    [part("name=\"file\"; filename=\"pixel.gif\"", super::world::PIXEL), end()].concat()
}

fn multipart(good: &Good<'_>, cases: &mut Vec<Case>) {
    let refused = &[good.door().invalid];
    let file = part("name=\"file\"; filename=\"a.gif\"", super::world::PIXEL);
    let whole = one_file();
    let cut = |bytes: usize| whole[..whole.len() - bytes].to_vec();
    for (class, body) in [
        ("an empty form", Vec::new()),
        ("a form of no parts", end()),
        ("a form cut in its end", cut(6)),
        ("a form cut in its file", cut(end().len() + 10)),
        ("a form cut in a header", whole[..40].to_vec()),
        ("a form without a file", [part("name=\"other\"", b"x"), end()].concat()),
        ("two files", [file.clone(), file.clone(), end()].concat()),
        ("an unknown field before the file", [part("name=\"other\"", b"x"), file.clone(), end()].concat()),
        ("a field behind the file", [file.clone(), part("name=\"other\"", b"x"), end()].concat()),
        ("a part without a name", [part("filename=\"a.gif\"", b"x"), end()].concat()),
        ("a form with other boundaries", whole.iter().map(|byte| if *byte == b'e' { b'E' } else { *byte }).collect()),
        ("text for a form", b"not a form at all".to_vec()),
    ] {
        cases.push(Case { body, ..good.case(class, refused).with("content-type", MULTIPART) });
    }
    for kind in ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=other"] {
        let case = good.case(format!("a form with the content type {kind:?}"), &[good.door().invalid, 415]);
        cases.push(case.with("content-type", kind));
    }
    let large = [part("name=\"file\"; filename=\"a.gif\"", &vec![0; BODY_BYTES_MAX + 1]), end()].concat();
    cases.push(Case { body: large, ..good.case("a file too large by one", &[413]).with("content-type", MULTIPART) });
}

fn content_types(good: &Good<'_>, cases: &mut Vec<Case>) {
    let taken = |kind: &str| good.operation.takes(kind);
    // Bytes of any type are an upload there.
    if taken("application/octet-stream") {
        return;
    }
    let mut wrong = vec!["text/plain", "application/xml", "x", "", "application/json, text/plain"];
    if taken("application/json") {
        wrong.extend(["application/json; charset=utf-16", "application/json; charset=latin1", "application/jsonp"]);
    }
    for kind in wrong {
        cases.push(good.case(format!("content type {kind:?}"), &[415]).with("content-type", kind));
    }
    if !good.body.is_empty() {
        cases.push(good.case("no content type", &[415]).without("content-type"));
    }
    let twice = good.case("two content types", &[good.door().invalid, 415]);
    cases.push(twice.and("content-type", "text/plain"));
}
