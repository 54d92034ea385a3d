//! The shape of a browser's saved state (Capy API, `CreateBrowserSnapshotBody.storageState`).
//!
//! Checked by hand, because a parser's errors would quote the values. An error here names the place and never the
//! value.

use std::collections::BTreeSet;

use domain::{Error, Kept, Result};
use serde_json::Value;

type Map = serde_json::Map<String, Value>;

/// Checks the state and returns its cookies' domains: without the leading dot, in lower case, sorted, without
/// duplicates.
pub(super) fn domains(path: &str, state: &Kept) -> Result<Vec<String>> {
    let state: Value = state.read().unwrap_or_default();
    let state = object(path, &state, &["cookies", "origins"])?;
    let mut domains = BTreeSet::new();
    each(path, state, "cookies", |path, value| {
        let domain = cookie(path, value)?;
        domains.insert(domain.strip_prefix('.').unwrap_or(domain).to_lowercase());
        Ok(())
    })?;
    each(path, state, "origins", origin)?;
    domains.remove("");
    Ok(domains.into_iter().collect())
}

/// A cookie's domain.
fn cookie<'v>(path: &str, value: &'v Value) -> Result<&'v str> {
    let fields = ["name", "value", "domain", "path", "expires", "httpOnly", "secure", "sameSite"];
    let cookie = object(path, value, &fields)?;
    text(path, cookie, "name")?;
    text(path, cookie, "value")?;
    text(path, cookie, "path")?;
    expect(path, cookie, "expires", "a number", Value::is_number)?;
    expect(path, cookie, "httpOnly", "true or false", Value::is_boolean)?;
    expect(path, cookie, "secure", "true or false", Value::is_boolean)?;
    let same_site = |v: &Value| matches!(v.as_str(), Some("Strict" | "Lax" | "None"));
    expect(path, cookie, "sameSite", "`Strict`, `Lax` or `None`", same_site)?;
    text(path, cookie, "domain")
}

fn origin(path: &str, value: &Value) -> Result<()> {
    let origin = object(path, value, &["origin", "localStorage"])?;
    text(path, origin, "origin")?;
    each(path, origin, "localStorage", |path, value| {
        let entry = object(path, value, &["name", "value"])?;
        text(path, entry, "name")?;
        text(path, entry, "value").map(drop)
    })
}

/// Checks that the value is an object with no other fields than these. Missing fields are found when they are read.
fn object<'v>(path: &str, value: &'v Value, fields: &[&str]) -> Result<&'v Map> {
    let map = value.as_object().ok_or_else(|| Error::field(path, "must be an object"))?;
    match map.keys().find(|key| !fields.contains(&key.as_str())) {
        Some(unknown) => Err(Error::field(format!("{path}.{unknown}"), "is not a known field")),
        None => Ok(map),
    }
}

fn each<'v>(path: &str, map: &'v Map, field: &str, mut check: impl FnMut(&str, &'v Value) -> Result<()>) -> Result<()> {
    let path = format!("{path}.{field}");
    let items = map.get(field).and_then(Value::as_array).ok_or_else(|| Error::field(&path, "must be an array"))?;
    items.iter().enumerate().try_for_each(|(i, item)| check(&format!("{path}.{i}"), item))
}

fn text<'v>(path: &str, map: &'v Map, field: &str) -> Result<&'v str> {
    let text = map.get(field).and_then(Value::as_str);
    text.ok_or_else(|| Error::field(format!("{path}.{field}"), "must be a string"))
}

fn expect(path: &str, map: &Map, field: &str, what: &str, is: impl Fn(&Value) -> bool) -> Result<()> {
    match map.get(field).is_some_and(is) {
        true => Ok(()),
        false => Err(Error::field(format!("{path}.{field}"), format!("must be {what}"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cookie_at(domain: &str) -> Value {
        json!({"name": "sid", "value": "secret", "domain": domain, "path": "/", "expires": -1, "httpOnly": true, "secure": true, "sameSite": "Lax"})
    }

    fn at_fault(state: &Value) -> String {
        let error = domains("state", &state.clone().into()).expect_err("a state of another shape");
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
        error.fields[0].path.clone()
    }

    #[test]
    fn domains_are_those_of_the_cookies() {
        let cookies = [".Example.com", "example.com", "app.example.com", "a.test", ""].map(cookie_at);
        let origins = json!([{"origin": "https://b.test", "localStorage": [{"name": "token", "value": "secret"}]}]);
        let state = json!({"cookies": cookies, "origins": origins});
        assert_eq!(domains("state", &state.into()).expect("a state"), ["a.test", "app.example.com", "example.com"]);
        assert_eq!(domains("state", &json!({"cookies": [], "origins": []}).into()).expect("a state"), [""; 0]);
    }

    #[test]
    fn another_shape_is_refused_by_place_and_never_by_value() {
        let with = |field: &str, value: Value| {
            let mut cookie = cookie_at("a.test");
            cookie[field] = value;
            json!({"cookies": [cookie_at("b.test"), cookie], "origins": []})
        };
        for (field, value) in [
            ("name", json!(1)),
            ("value", json!(["secret"])),
            ("domain", Value::Null),
            ("path", json!({"secret": 1})),
            ("expires", json!("secret")),
            ("httpOnly", json!("secret")),
            ("secure", json!(1)),
            ("sameSite", json!("secret")),
            ("partitionKey", json!("secret")),
        ] {
            assert_eq!(at_fault(&with(field, value)), format!("state.cookies.1.{field}"));
        }
        assert_eq!(at_fault(&json!("secret")), "state");
        assert_eq!(at_fault(&json!([])), "state");
        assert_eq!(at_fault(&json!({"origins": []})), "state.cookies");
        assert_eq!(at_fault(&json!({"cookies": []})), "state.origins");
        assert_eq!(at_fault(&json!({"cookies": {}, "origins": []})), "state.cookies");
        assert_eq!(at_fault(&json!({"cookies": ["secret"], "origins": []})), "state.cookies.0");
        assert_eq!(at_fault(&json!({"cookies": [], "origins": [], "indexedDB": 1})), "state.indexedDB");
        let entry = json!({"origin": "https://b.test", "localStorage": [{"name": "token"}]});
        assert_eq!(at_fault(&json!({"cookies": [], "origins": [entry]})), "state.origins.0.localStorage.0.value");
    }
}
