//! The table: what can be wrong with a request, and what each dialect says to it.

use serde_json::Value;

use super::{
    bodies, fields,
    operation::{self, Access, Operation},
    positions,
    world::World,
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

impl Case {
    /// Without any header of this name.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(own, _)| *own != name);
        self
    }

    /// With this header alone of its name.
    pub fn with(self, name: &'static str, value: impl Into<String>) -> Self {
        self.without(name).and(name, value)
    }

    /// With this header, beside whatever else there is of its name.
    pub fn and(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    pub fn alike(self, family: &'static str) -> Self {
        Self { alike: Some(family), ..self }
    }

    pub fn shared(self) -> Self {
        Self { may_be_shared: true, ..self }
    }
}

/// What there is to know of a dialect's refusals.
pub struct Door {
    pub invalid: u16,
    pub unauthenticated: u16,
    /// Of an id of a wrong form.
    pub malformed_id: u16,
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

/// Every bad request that there is for an operation. `is_twin`: the same operation was asked under another base.
pub async fn cases(world: &World, operation: &Operation, is_twin: bool) -> Vec<Case> {
    let good = Good::of(world, operation).await;
    let mut cases = Vec::new();
    keys(world, &good, &mut cases);
    paths(world, &good, &mut cases);
    queries(&good, &mut cases);
    positions::add(world, &good, &mut cases).await;
    bodies::add(&good, &mut cases);
    if !is_twin {
        fields::add(world, &good, &mut cases);
    }
    origin_keys(&good, &mut cases);
    let method = operation::wrong_method(&world.operations, &operation.template);
    cases.push(Case { method, ..good.case("another method", &[405]) }.shared());
    cases
}

/// A request that has nothing wrong with it, as far as can be known: each case changes one thing.
pub struct Good<'o> {
    pub operation: &'o Operation,
    pub path: String,
    /// What must stand in the query.
    query: Option<(&'static str, String)>,
    credential: Option<(&'static str, String)>,
    /// Of the JSON, where it takes some.
    pub value: Option<Value>,
    pub content_type: Option<&'static str>,
    pub body: Vec<u8>,
}

impl<'o> Good<'o> {
    pub async fn of(world: &World, operation: &'o Operation) -> Self {
        let ids = world.own(operation).unwrap_or_else(|| world.unknown(operation));
        let credential = match operation.access() {
            Access::Key => Some(credential(operation.dialect, KEY)),
            Access::Guest => Some(("authorization", format!("Bearer {}", world.guests().0))),
            Access::Program => Some(credential(operation.dialect, &world.own.program.secret)),
            Access::Open => None,
        };
        let query = match operation.query_is_required() {
            true if operation.access() == Access::Open => Some(("ticket", world.ticket().await)),
            true if operation.access() == Access::Program => Some(("attempt", "1".into())),
            true if operation.place() == "DELETE /threads/{}/ask" => Some(("member", "ann0@example.com".into())),
            true => Some(("q", "Hello".into())),
            false => None,
        };
        let value = operation.takes_body().then(|| world.body(operation).unwrap_or_else(|| serde_json::json!({})));
        let (content_type, body) = match &value {
            Some(_) if operation.takes("multipart/form-data") => (Some(bodies::MULTIPART), bodies::one_file()),
            Some(value) => (Some("application/json"), value.to_string().into_bytes()),
            None => (None, Vec::new()),
        };
        Self { operation, path: operation.path(&ids), query, credential, value, content_type, body }
    }

    pub fn case(&self, class: impl Into<String>, refused: &[u16]) -> Case {
        let mut headers: Vec<(&'static str, String)> = self.credential.clone().into_iter().collect();
        headers.extend(self.content_type.map(|kind| ("content-type", kind.to_owned())));
        Case {
            class: class.into(),
            method: self.operation.method,
            path: self.at(&self.path),
            headers,
            body: self.body.clone(),
            refused: refused.to_vec(),
            alike: None,
            may_be_shared: false,
        }
    }

    pub fn door(&self) -> Door {
        door(self.operation.dialect)
    }

    /// The path with whatever must stand in the query.
    pub fn at(&self, path: &str) -> String {
        match &self.query {
            Some((name, value)) => format!("{path}?{name}={value}"),
            None => path.to_owned(),
        }
    }

    /// The path with one more parameter.
    pub fn asking(&self, name: &str, value: &str) -> String {
        let path = self.at(&self.path);
        let mark = if path.contains('?') { '&' } else { '?' };
        format!("{path}{mark}{name}={value}")
    }

    pub fn with_key(&self, class: &str, key: &str, refused: &[u16]) -> Case {
        let (name, value) = match self.operation.access() {
            Access::Guest => ("authorization", format!("Bearer {key}")),
            _ => credential(self.operation.dialect, key),
        };
        self.case(class, refused).with(name, value)
    }
}

/// How a dialect is sent a key.
pub fn credential(dialect: &str, key: &str) -> (&'static str, String) {
    match dialect {
        "feather" => ("x-api-key", key.into()),
        // As its SDKs send it: on a path that it shares, a Bearer is another's.
        "everruns" => ("authorization", key.into()),
        _ => ("authorization", format!("Bearer {key}")),
    }
}

fn keys(world: &World, good: &Good<'_>, cases: &mut Vec<Case>) {
    let Some((name, value)) = good.credential.clone() else { return };
    let refused = &[good.door().unauthenticated];
    // Which dialect is meant may depend on the key.
    cases.push(good.case("no key", refused).without(name).shared());
    cases.push(good.case("a key twice", refused).and(name, value).shared());
    let in_query =
        Case { path: good.asking("key", &format!("{KEY}&api_key={KEY}&access_token={KEY}")), ..good.case("", &[]) };
    cases.push(
        Case { class: "a key in the query".into(), refused: refused.to_vec(), ..in_query }.without(name).shared(),
    );
    for (class, key) in [
        ("a malformed key", "not-a-key"),
        ("a key nobody has", "tl_0199a0b000007000_secretsecretsecretsecret"),
        ("a revoked key", &world.keys.revoked),
        ("an expired key", &world.keys.expired),
        ("a forged token", &forged(world.guests().0)),
    ] {
        cases.push(good.with_key(class, key, refused).alike("bad keys"));
    }
    if good.operation.access() == Access::Guest {
        cases.push(good.with_key("another guest's token", world.guests().1, &[404]));
        return;
    }
    if !good.operation.is_of_guests() {
        cases.push(good.with_key("a guest's token", world.guests().0, refused));
    }
    // It is asked for before anything else of the request is looked at.
    let body = if good.operation.takes_body() { b"}".to_vec() } else { Vec::new() };
    cases.push(Case { body, ..good.with_key("a key without the scope", &world.keys.powerless, &[403]) });
}

/// The same token with another last letter but one: the very last may hold bits that say nothing.
fn forged(token: &str) -> String {
    let at = token.len() - 2;
    let other = if &token[at..=at] == "A" { "B" } else { "A" };
    format!("{}{other}{}", &token[..at], &token[at + 1..])
}

fn paths(world: &World, good: &Good<'_>, cases: &mut Vec<Case>) {
    let operation = good.operation;
    // A ticket is asked for before the thread that it is for.
    let is_ticketed = operation.access() == Access::Open && operation.query_is_required();
    let unauthenticated = good.door().unauthenticated;
    // Without a good body the body may be what is refused, of both alike.
    let sure = !operation.takes_body() || world.body(operation).is_some();
    let or_body: &[u16] = if sure { &[] } else { &[good.door().invalid, 415] };
    let not_found = if is_ticketed { vec![unauthenticated] } else { [&[404], or_body].concat() };
    let own = world.own(operation);
    let base = own.clone().unwrap_or_else(|| world.unknown(operation));
    for last in 0..operation.parameters().len() {
        let with = |id: &str| {
            let mut ids = base.clone();
            ids[last] = id.into();
            good.at(&operation.path(&ids))
        };
        let malformed = [&[good.door().malformed_id, 404], or_body].concat();
        for id in ["x", "0", "a%2Fb", "%00", "%ff", "..%2f..", &"9".repeat(300), &with_a_letter_too_far(&base[last])] {
            cases.push(Case { path: with(id), ..good.case(format!("id {last} is malformed: {id:.20}"), &malformed) });
        }
        if own.is_none() {
            continue;
        }
        let family = ["first id", "second id", "third id"][last];
        let unknown = world.unknown(operation)[last].clone();
        let case = good.case(format!("id {last} is unknown"), &not_found);
        cases.push(Case { path: with(&unknown), ..case }.alike(family));
        if let Some(foreign) = world.foreign(operation) {
            let case = good.case(format!("id {last} is another project's"), &not_found);
            cases.push(Case { path: with(&foreign[last]), ..case }.alike(family));
        }
    }
    let foreign = match operation.access() {
        Access::Key => &world.keys.foreign,
        Access::Program => &world.foreign.program.secret,
        Access::Guest | Access::Open => return,
    };
    if own.is_some() && !operation.parameters().is_empty() {
        cases.push(good.with_key("all ids are another project's", foreign, &not_found).alike("first id"));
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
            values.extend(["x", "1.5", "-1", "99999999999999999999", "%00", "", "%D9%A3"].map(Into::into));
            for (bound, step) in [("minimum", -1), ("maximum", 1)] {
                values.extend(schema[bound].as_i64().map(|edge| (edge + step).to_string()));
            }
        }
        if kinds.contains(&"boolean") {
            values.extend(["2", "maybe"].map(Into::into));
        }
        if schema["enum"].is_array() {
            values.extend(["neighbour", ""].map(Into::into));
        }
        if kinds.contains(&"string") {
            values.extend(["%00", "a%00b", "%ff", "%ED%A0%80"].map(Into::into));
        }
        if name == "limit" {
            values.extend(["0", "1000001"].map(Into::into));
        }
        if name == "cursor" {
            values.extend(["AAAA".into(), "%F0%9F%98%80".into(), "x".repeat(10_000)]);
        }
        for value in values {
            let class = format!("{name}={value:.20}");
            cases.push(Case { path: good.asking(name, &value), ..good.case(class, refused) });
        }
        if kinds.contains(&"array") {
            continue;
        }
        let twice = good.asking(name, &format!("1&{name}=1"));
        cases.push(Case { path: twice, ..good.case(format!("{name} twice"), refused) });
    }
}

/// Of the header `Idempotency-Key`: that it counts once is another test's.
fn origin_keys(good: &Good<'_>, cases: &mut Vec<Case>) {
    const NAME: &str = "idempotency-key";
    if !good.operation.takes_header("Idempotency-Key") {
        return;
    }
    let refused = &[good.door().invalid];
    cases.push(good.case("an origin key of 256 characters", refused).with(NAME, "k".repeat(256)));
    cases.push(good.case("an empty origin key", refused).with(NAME, ""));
    cases.push(good.case("two origin keys", refused).and(NAME, "a").and(NAME, "b"));
}

/// An id in capitals whose last digit is none.
fn with_a_letter_too_far(id: &str) -> String {
    let mut id = id.to_uppercase();
    id.pop();
    id + "G"
}
