//! The table: what can be wrong with a request, and what each dialect says to it.

use serde_json::Value;

use super::{
    operation::{self, Operation},
    world::{BODY_BYTES_MAX, World},
};
use crate::process::KEY;

/// One bad request.
#[derive(Clone)]
pub struct Case {
    pub class: String,
    pub method: &'static str,
    /// With its query.
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    /// The statuses that refuse it.
    pub refused: Vec<u16>,
    /// Cases of one family are answered byte for byte alike.
    pub alike: Option<&'static str>,
    /// Whether a dialect that has a path of this shape too may be the one to answer.
    pub may_be_shared: bool,
}

/// What there is to know of a dialect's refusals.
pub struct Door {
    invalid: u16,
    unauthenticated: u16,
    /// Of an id of a wrong form.
    malformed_id: u16,
}

pub fn door(dialect: &str) -> Door {
    match dialect {
        "native" => Door { invalid: 400, unauthenticated: 401, malformed_id: 404 },
        "capy" => Door { invalid: 422, unauthenticated: 401, malformed_id: 404 },
        "feather" => Door { invalid: 400, unauthenticated: 403, malformed_id: 400 },
        "algoreg" => Door { invalid: 400, unauthenticated: 401, malformed_id: 404 },
        "everruns" => Door { invalid: 400, unauthenticated: 401, malformed_id: 400 },
        other => panic!("nothing is known of {other}"),
    }
}

/// Every bad request that there is for an operation.
pub fn cases(world: &World, operation: &Operation) -> Vec<Case> {
    let ids = world.own(operation).unwrap_or_else(|| world.unknown(operation));
    let good = Good { operation, path: operation.path(&ids), body: body(world, operation) };
    let mut cases = Vec::new();
    if !operation.is_public() {
        keys(world, &good, &mut cases);
    }
    if !operation.is_public() && !operation.is_for_guests() {
        paths(world, &good, &mut cases);
        queries(&good, &mut cases);
        if operation.takes("application/json") {
            bodies(&good, &mut cases);
        }
        if operation.takes_body() {
            content_types(&good, &mut cases);
        }
    }
    cases.push(Case {
        method: operation::wrong_method(&world.operations, &operation.template),
        may_be_shared: true,
        ..good.case("another method", &[405])
    });
    cases
}

fn body(world: &World, operation: &Operation) -> Vec<u8> {
    match operation.takes_body() {
        true => world.body(operation).unwrap_or_else(|| Value::Object(serde_json::Map::new())).to_string().into_bytes(),
        false => Vec::new(),
    }
}

/// A request that has nothing wrong with it, as far as can be known: each case changes one thing.
struct Good<'o> {
    operation: &'o Operation,
    path: String,
    body: Vec<u8>,
}

impl Good<'_> {
    fn case(&self, class: impl Into<String>, refused: &[u16]) -> Case {
        let mut headers = vec![credential(self.operation.dialect, KEY)];
        if self.operation.takes_body() {
            headers.push(("content-type", "application/json".into()));
        }
        Case {
            class: class.into(),
            method: self.operation.method,
            path: self.path.clone(),
            headers,
            body: self.body.clone(),
            refused: refused.to_vec(),
            alike: None,
            may_be_shared: false,
        }
    }

    fn door(&self) -> Door {
        door(self.operation.dialect)
    }

    fn with_key(&self, class: &str, key: &str, refused: &[u16]) -> Case {
        let mut case = self.case(class, refused);
        case.headers[0] = credential(self.operation.dialect, key);
        case
    }
}

fn credential(dialect: &str, key: &str) -> (&'static str, String) {
    match dialect {
        "feather" => ("x-api-key", key.into()),
        // As its SDKs send it: on a path that it shares, a Bearer is another's.
        "everruns" => ("authorization", key.into()),
        _ => ("authorization", format!("Bearer {key}")),
    }
}

fn keys(world: &World, good: &Good<'_>, cases: &mut Vec<Case>) {
    let refused = &[good.door().unauthenticated];
    let mut missing = good.case("no key", refused);
    missing.headers.remove(0);
    missing.may_be_shared = true;
    cases.push(missing);
    let mut twice = good.case("a key twice", refused);
    twice.headers.insert(0, twice.headers[0].clone());
    // Which dialect is meant may depend on the key.
    twice.may_be_shared = true;
    cases.push(twice);
    let mut in_query = good.case("a key in the query", refused);
    in_query.headers.remove(0);
    in_query.path = format!("{}?key={KEY}&api_key={KEY}&access_token={KEY}", in_query.path);
    in_query.may_be_shared = true;
    cases.push(in_query);
    for (class, key) in [
        ("a malformed key", "not-a-key"),
        ("a key nobody has", "tl_0199a0b000007000_secretsecretsecretsecret"),
        ("a revoked key", &world.keys.revoked),
        ("an expired key", &world.keys.expired),
    ] {
        cases.push(Case { alike: Some("bad keys"), ..good.with_key(class, key, refused) });
    }
    if good.operation.is_for_guests() {
        return;
    }
    // What a query must say is checked before the scope.
    if good.operation.query_is_required() {
        return;
    }
    if world.own(good.operation).is_some() && (!good.operation.takes_body() || world.body(good.operation).is_some()) {
        cases.push(good.with_key("a key without the scope", &world.keys.powerless, &[403]));
    }
}

fn paths(world: &World, good: &Good<'_>, cases: &mut Vec<Case>) {
    let operation = good.operation;
    let parameters = operation.parameters().len();
    if parameters == 0 {
        return;
    }
    // Without a good body the body may be what is refused, of both alike.
    let sure = !operation.takes_body() || world.body(operation).is_some();
    let or_body: &[u16] = if sure { &[] } else { &[good.door().invalid, 415] };
    let not_found = [&[404], or_body].concat();
    let own = world.own(operation);
    let base = own.clone().unwrap_or_else(|| world.unknown(operation));
    for last in 0..parameters {
        let with = |id: &str| {
            let mut ids = base.clone();
            ids[last] = id.into();
            operation.path(&ids)
        };
        let malformed = [&[good.door().malformed_id, 404], or_body].concat();
        for id in
            ["x", "0", "a%2Fb", "%00", "%ff", "..%2f..", &"9".repeat(300), &base[last].to_uppercase().replace('0', "G")]
        {
            cases.push(Case { path: with(id), ..good.case(format!("id {last} is malformed: {id:.20}"), &malformed) });
        }
        if own.is_none() {
            continue;
        }
        let family = ["first id", "second id", "third id"][last];
        let unknown = world.unknown(operation)[last].clone();
        let case = good.case(format!("id {last} is unknown"), &not_found);
        cases.push(Case { path: with(&unknown), alike: Some(family), ..case });
        if let Some(foreign) = world.foreign(operation) {
            let case = good.case(format!("id {last} is another project's"), &not_found);
            cases.push(Case { path: with(&foreign[last]), alike: Some(family), ..case });
        }
    }
    if own.is_some() {
        let case = good.with_key("all ids are another project's", &world.keys.foreign, &not_found);
        cases.push(Case { alike: Some("first id"), ..case });
    }
}

fn queries(good: &Good<'_>, cases: &mut Vec<Case>) {
    let refused = &[good.door().invalid];
    for (name, schema) in good.operation.query() {
        let kinds: Vec<&str> = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            kind => kind.as_str().into_iter().collect(),
        };
        let mut values: Vec<String> = Vec::new();
        if kinds.contains(&"integer") {
            values.extend(["x", "1.5", "-1", "99999999999999999999", "%00"].map(Into::into));
        }
        if kinds.contains(&"boolean") {
            values.extend(["2", "maybe"].map(Into::into));
        }
        if schema["enum"].is_array() {
            values.extend(["neighbour", ""].map(Into::into));
        }
        if name == "cursor" {
            values.extend(["AAAA".into(), "%F0%9F%98%80".into(), "x".repeat(10_000)]);
        }
        for value in values {
            let class = format!("{name}={value:.20}");
            cases.push(Case { path: format!("{}?{name}={value}", good.path), ..good.case(class, refused) });
        }
    }
}

fn bodies(good: &Good<'_>, cases: &mut Vec<Case>) {
    let refused = &[good.door().invalid];
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(100), "]".repeat(100));
    let bytes: [(&str, &[u8]); 11] = [
        ("a truncated body", b"{\"a\":"),
        ("a body that is not UTF-8", b"{\"a\":\"\xff\"}"),
        ("a byte order mark", b"\xef\xbb\xbf{}"),
        ("more behind the body", b"{} {}"),
        ("a key twice in the body", b"{\"a\":1,\"a\":2}"),
        ("NUL in the body", b"{\"a\":\"\\u0000\"}"),
        ("half a surrogate", b"{\"a\":\"\\ud800\"}"),
        ("a number out of range", b"{\"a\":1e999}"),
        ("an array for an object", b"[]"),
        ("a text for an object", b"\"x\""),
        ("a body too deep", deep.as_bytes()),
    ];
    for (class, body) in bytes {
        cases.push(Case { body: body.to_vec(), ..good.case(class, refused) });
    }
    if good.operation.needs_body() {
        cases.push(Case { body: Vec::new(), ..good.case("no body", refused) });
    }
    let large = format!("{{\"x\":\"{}\"}}", "x".repeat(BODY_BYTES_MAX));
    cases.push(Case { body: large.into_bytes(), ..good.case("a body too large", &[413]) });
}

fn content_types(good: &Good<'_>, cases: &mut Vec<Case>) {
    let taken = |kind: &str| good.operation.takes(kind);
    let mut wrong = vec!["text/plain", "application/xml", "x", ""];
    if taken("application/json") {
        wrong.extend(["application/json; charset=utf-16", "application/jsonp"]);
    }
    // Bytes of any type are an upload there.
    if taken("application/octet-stream") {
        return;
    }
    for kind in wrong {
        let mut case = good.case(format!("content type {kind:?}"), &[415]);
        case.headers[1].1 = kind.into();
        cases.push(case);
    }
    if !good.body.is_empty() {
        let mut case = good.case("no content type", &[415]);
        case.headers.truncate(1);
        cases.push(case);
    }
}
