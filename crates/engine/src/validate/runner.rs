//! The rules of a tool's runner: what an HTTP tool needs, and what only some runners take.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    Error, Limits, Result,
    agent::{Tool, ToolKind},
    tool::{HIDDEN, Http},
};
use outward::header::{HeaderName, HeaderValue};
use tools::{arguments, http::Template};

use super::{at_most, chars, settings::one_to};

/// Headers that the server sets itself, or that steer the connection.
const OWN_HEADERS: [&str; 16] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "idempotency-key",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "webhook-id",
    "webhook-signature",
];
/// Bytes of a signing secret, by the specification of Standard Webhooks.
const SECRET_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// Checks the fields of a tool that belong to its runner. `path` is the tool's.
pub(crate) fn check(path: &str, tool: &Tool, limits: &Limits) -> Result<()> {
    let is_run_here = matches!(tool.kind, ToolKind::Scripted | ToolKind::Http);
    if tool.timeout_s.is_some() && !is_run_here {
        return Err(Error::field(format!("{path}.timeout_s"), "is allowed only for a scripted or an HTTP tool"));
    }
    one_to(&format!("{path}.timeout_s"), tool.timeout_s, limits.tool_s)?;
    match (&tool.http, tool.kind == ToolKind::Http) {
        (None, false) => Ok(()),
        (None, true) => Err(Error::field(format!("{path}.http"), "must be given for an HTTP tool")),
        (Some(_), false) => Err(Error::field(format!("{path}.http"), "is allowed only for an HTTP tool")),
        (Some(http), true) => {
            if tool.result.is_some() || tool.error.is_some() || tool.delay_ms.is_some() {
                return Err(Error::field(path, "must be `scripted` if `result`, `error` or `delay_ms` is given"));
            }
            if let Some(schema) = &tool.parameters {
                arguments::check_schema(schema).map_err(|why| Error::field(format!("{path}.parameters"), why))?;
            }
            request(&format!("{path}.http"), http, limits)
        }
    }
}

fn request(path: &str, http: &Http, limits: &Limits) -> Result<()> {
    let url = format!("{path}.url");
    chars(&url, &http.url, limits.tool_url_chars)?;
    Template::parse(&http.url).map_err(|why| Error::field(url, why))?;
    let headers = format!("{path}.headers");
    at_most(&headers, "headers", http.headers.len(), limits.tool_headers)?;
    for (name, value) in &http.headers {
        // The names come in lower case.
        if HeaderName::from_bytes(name.as_bytes()).is_err() || *name != name.to_ascii_lowercase() {
            return Err(Error::field(&headers, "must have names of HTTP headers"));
        }
        if OWN_HEADERS.contains(&name.as_str()) || name == "webhook-timestamp" {
            return Err(Error::field(&headers, format!("must not have `{name}`, which the server sets itself")));
        }
        at_most(&headers, "bytes of a value", value.len(), limits.tool_header_bytes)?;
        if value.is_empty() || HeaderValue::from_str(value).is_err() {
            return Err(Error::field(&headers, format!("must have a value of visible characters for `{name}`")));
        }
    }
    match &http.signing_secret {
        Some(secret) if secret != HIDDEN && signing_key(secret).is_none() => {
            let message = "must be `whsec_` and 24 to 64 bytes in base64";
            Err(Error::field(format!("{path}.signing_secret"), message))
        }
        _ => Ok(()),
    }
}

/// The bytes of a signing secret. `None` if the text is none.
pub(crate) fn signing_key(secret: &str) -> Option<Vec<u8>> {
    let key = STANDARD.decode(secret.strip_prefix("whsec_")?).ok()?;
    SECRET_BYTES.contains(&key.len()).then_some(key)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(more: Value, expect: &str) {
        let mut tool =
            json!({"name": "a", "kind": "http", "http": {"method": "POST", "url": "https://a.example/{id}"}});
        tool.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let tool: Tool = serde_json::from_value(tool.clone()).unwrap();
        let limits = Limits { tool_headers: 2, tool_header_bytes: 4, tool_url_chars: 30, ..Limits::default() };
        let at_fault = super::check("t", &tool, &limits).err().map(|e| e.fields[0].path.clone()).unwrap_or_default();
        assert_eq!(at_fault, expect, "{more}");
    }

    #[test]
    fn an_http_tool_has_a_request_with_fixed_names() {
        let http = |more: Value| {
            let mut http = json!({"method": "GET", "url": "https://a.example/"});
            http.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({"http": http})
        };
        check(json!({}), "");
        check(json!({"http": null}), "t.http");
        check(json!({"kind": "scripted"}), "t.http");
        check(json!({"result": 1}), "t");
        check(json!({"timeout_s": 120}), "");
        check(json!({"timeout_s": 121}), "t.timeout_s");
        check(json!({"kind": "client", "http": null, "timeout_s": 1}), "t.timeout_s");
        check(json!({"parameters": {"type": "object"}}), "");
        check(json!({"parameters": {"type": "array"}}), "t.parameters");
        check(http(json!({"url": "https://{host}/"})), "t.http.url");
        check(http(json!({"url": "https://a.example/0123456789abc"})), "t.http.url");
        check(http(json!({"headers": {"x-a": "1234", "authorization": "***"}})), "");
        check(http(json!({"headers": {"x-a": "12345"}})), "t.http.headers");
        check(http(json!({"headers": {"x-a": "1", "x-b": "1", "x-c": "1"}})), "t.http.headers");
        for name in ["host", "content-length", "idempotency-key", "webhook-timestamp", "a b", "A", "", "{x}"] {
            check(http(json!({"headers": {name: "1"}})), "t.http.headers");
        }
        for value in ["", "a\r\nb", "ä\n", "\0"] {
            check(http(json!({"headers": {"x-a": value}})), "t.http.headers");
        }
        check(http(json!({"signing_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})), "");
        check(http(json!({"signing_secret": "***"})), "");
        check(http(json!({"signing_secret": "whsec_AAAA"})), "t.http.signing_secret");
        check(http(json!({"signing_secret": "secret"})), "t.http.signing_secret");
    }
}
