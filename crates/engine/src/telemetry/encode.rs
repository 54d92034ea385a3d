//! Spans in the JSON of the OpenTelemetry protocol (OTLP 1.x): ids in hex, 64-bit numbers as text.

use serde_json::{Value as Json, json};

use super::spans::{Span, Value};

const KIND_INTERNAL: u8 = 1;
const KIND_CLIENT: u8 = 3;
const STATUS_ERROR: u8 = 2;

/// The body of a request with these spans.
pub(super) fn request(spans: &[Span]) -> Vec<u8> {
    let resource = json!({"attributes": [
        text("service.name", "threadline"),
        text("service.version", env!("CARGO_PKG_VERSION")),
    ]});
    let scope = json!({"name": "threadline", "version": env!("CARGO_PKG_VERSION")});
    let spans: Vec<Json> = spans.iter().map(span).collect();
    let body = json!({"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": spans}]}]});
    body.to_string().into_bytes()
}

fn span(span: &Span) -> Json {
    let nanos = |at: domain::Timestamp| (i128::from(at.0) * 1_000).to_string();
    let mut attributes: Vec<Json> = span.attributes.iter().map(|(name, value)| attribute(name, value)).collect();
    attributes.extend(span.error.iter().map(|error| text("error.type", error)));
    let mut encoded = json!({
        "traceId": span.trace.0.simple().to_string(),
        "spanId": hex::encode(span.id),
        "name": span.name,
        "kind": if span.is_client { KIND_CLIENT } else { KIND_INTERNAL },
        "startTimeUnixNano": nanos(span.begun_at),
        "endTimeUnixNano": nanos(span.ended_at.max(span.begun_at)),
        "attributes": attributes,
    });
    if let Some(parent) = span.parent {
        encoded["parentSpanId"] = hex::encode(parent).into();
    }
    if span.error.is_some() {
        encoded["status"] = json!({"code": STATUS_ERROR});
    }
    encoded
}

fn attribute(name: &str, value: &Value) -> Json {
    match value {
        Value::Text(value) => text(name, value),
        Value::Number(number) => json!({"key": name, "value": {"intValue": number.to_string()}}),
        Value::Texts(texts) => {
            let values: Vec<Json> = texts.iter().map(|text| json!({"stringValue": text})).collect();
            json!({"key": name, "value": {"arrayValue": {"values": values}}})
        }
    }
}

fn text(name: &str, value: &str) -> Json {
    json!({"key": name, "value": {"stringValue": value}})
}
