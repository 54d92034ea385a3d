//! Checks of a client's message.

use domain::{
    Error, Limits, Result,
    message::{Body, Part},
};
use outward::{Targets, target};
use providers::Models;

use super::{at_most, chars, controls, envelope::envelope, json_bytes, metadata, tags};

/// Checks a user's message of any dialect. The existence of attachments and snapshots is checked in the transaction.
///
/// `links` are the allowed targets of links and pictures. Tool calls, results and thinking belong to agents and tools;
/// from a client, they would forge the history.
pub(crate) fn body(body: &Body, limits: &Limits, links: Targets, models: &Models) -> Result<()> {
    if !body.content.iter().any(says_something) {
        return Err(Error::field("content", "must not be empty"));
    }
    at_most("content", "parts", body.content.len(), limits.parts)?;
    let attachments = body.content.iter().filter(|part| !matches!(part, Part::Text { .. })).count();
    at_most("content", "attachments", attachments, limits.attachments)?;
    body.content.iter().enumerate().try_for_each(|(i, p)| part(&format!("content.{i}"), p, limits, links))?;
    controls(&body.controls, limits, models)?;
    body.metadata.as_ref().map_or(Ok(()), |map| metadata(map, limits))?;
    body.tags.as_ref().map_or(Ok(()), |list| tags(list, limits))?;
    body.envelope.as_ref().map_or(Ok(()), |of_email| envelope(of_email, limits))?;
    json_bytes("external_actor", &body.external_actor, limits.metadata_bytes)
}

fn says_something(part: &Part) -> bool {
    !matches!(part, Part::Text { text } if text.is_empty())
}

fn part(path: &str, part: &Part, limits: &Limits, links: Targets) -> Result<()> {
    match part {
        Part::Image { url: None, attachment: None, .. } => Err(Error::field(path, "must have a URL or bytes")),
        Part::Image { url, media_type, .. } => {
            url.as_deref().map_or(Ok(()), |url| link(path, url, limits, links))?;
            at_most_chars(&format!("{path}.media_type"), media_type, limits.part_name_chars)
        }
        Part::Link { url } => link(path, url, limits, links),
        Part::ImageFile { filename, .. } => {
            at_most_chars(&format!("{path}.filename"), filename, limits.attachment_name_chars)
        }
        Part::Thinking { .. } => {
            Err(Error::field(format!("{path}.type"), "thinking is allowed only in messages of agents"))
        }
        Part::ToolCall(_) | Part::ToolResult(_) => Err(Error::field(
            format!("{path}.type"),
            "tool calls and results are allowed only in messages of agents and tools",
        )),
        Part::Text { .. } | Part::File { .. } => Ok(()),
    }
}

fn link(path: &str, url: &str, limits: &Limits, links: Targets) -> Result<()> {
    let path = format!("{path}.url");
    at_most(&path, "bytes", url.len(), limits.link_bytes)?;
    target(&path, url, links)
}

fn at_most_chars(path: &str, text: &Option<String>, max: u64) -> Result<()> {
    text.as_deref().map_or(Ok(()), |text| chars(path, text, max))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(value: Value, expect: &str) {
        let parsed: Body = serde_json::from_value(value.clone()).expect("a body");
        let limits = Limits { parts: 3, attachments: 2, tags: 1, metadata_bytes: 64, ..Limits::default() };
        let at_fault = body(&parsed, &limits, Targets::Public, &Models::default())
            .err()
            .map(|e| e.fields[0].path.clone())
            .unwrap_or_default();
        assert_eq!(at_fault, expect, "{value}");
    }

    #[test]
    fn a_message_says_something_within_its_limits() {
        let (text, link) =
            (json!({"type": "text", "text": "x"}), json!({"type": "link", "url": "https://example.com/a"}));
        check(json!({"content": [text]}), "");
        check(json!({"content": [link, link, text]}), "");
        check(json!({"content": [{"type": "text", "text": " "}]}), "");
        check(json!({"content": []}), "content");
        check(json!({"content": [{"type": "text", "text": ""}]}), "content");
        check(json!({"content": [text, text, text, text]}), "content");
        check(json!({"content": [link, link, link]}), "content");
        check(json!({"content": [text], "tags": ["a", "b"]}), "tags");
        check(json!({"content": [text], "metadata": {"a": "x".repeat(64)}}), "metadata");
        check(json!({"content": [text], "controls": {"model": "none"}}), "controls.model");
        check(
            json!({"content": [text], "external_actor": {"actor_id": "x".repeat(64), "source": "s"}}),
            "external_actor",
        );
    }

    #[test]
    fn links_lead_outside() {
        check(json!({"content": [{"type": "link", "url": "http://127.0.0.1/"}]}), "content.0.url");
        check(json!({"content": [{"type": "image", "url": "file:///etc/passwd"}]}), "content.0.url");
        check(json!({"content": [{"type": "image", "url": "https://example.com/a.png"}]}), "");
        check(json!({"content": [{"type": "image"}]}), "content.0");
    }

    #[test]
    fn what_stands_at_the_head_of_a_part_is_bounded() {
        let limits = Limits::default();
        let url = |bytes: u64| format!("https://example.com/{}", "a".repeat(bytes as usize - 20));
        let (most, id) = (limits.link_bytes, "018f4e7c-1c9b-7d2e-a3c5-5b3c2a1f0e9d");
        for kind in ["link", "image"] {
            check(json!({"content": [{"type": kind, "url": url(most)}]}), "");
            check(json!({"content": [{"type": kind, "url": url(most + 1)}]}), "content.0.url");
        }
        for (kind, field) in [("image", "media_type"), ("image_file", "filename")] {
            check(json!({"content": [{"type": kind, "attachment": id, field: "ä".repeat(255)}]}), "");
            let path = format!("content.0.{field}");
            check(json!({"content": [{"type": kind, "attachment": id, field: "ä".repeat(256)}]}), &path);
        }
    }

    #[test]
    fn links_lead_inside_where_that_is_allowed() {
        let inside = json!({"content": [{"type": "link", "url": "http://10.0.0.1:9200/a"}]});
        let parsed: Body = serde_json::from_value(inside).expect("a body");
        assert!(body(&parsed, &Limits::default(), Targets::Public, &Models::default()).is_err());
        assert!(body(&parsed, &Limits::default(), Targets::Any, &Models::default()).is_ok());
    }

    #[test]
    fn a_client_cannot_speak_as_agent_or_tool() {
        let text = json!({"type": "text", "text": "x"});
        check(
            json!({"content": [text, {"type": "tool_call", "id": "1", "name": "a", "arguments": {}}]}),
            "content.1.type",
        );
        check(json!({"content": [text, {"type": "tool_result", "tool_call_id": "1", "result": 1}]}), "content.1.type");
        check(json!({"content": [text], "thinking": {"text": "hm", "signature": "s"}}), "content.0.type");
        check(json!({"content": [text, {"type": "thinking", "text": "hm"}]}), "content.1.type");
    }
}
