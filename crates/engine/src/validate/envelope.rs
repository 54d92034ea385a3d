//! What a letter carries into headers.

use domain::{Limits, Result, envelope::Envelope};

use super::{address, at_most, chars, header_line, one_line};

/// Addresses, subject and names of a letter: nothing in them ends a header or smuggles in another.
pub(crate) fn envelope(envelope: &Envelope, limits: &Limits) -> Result<()> {
    if let Some(from) = &envelope.from {
        address("from", from, limits)?;
    }
    at_most("to", "recipients, with `cc` and `bcc`", envelope.recipients().count(), limits.recipients)?;
    for (field, addresses) in [("to", &envelope.to), ("cc", &envelope.cc), ("bcc", &envelope.bcc)] {
        for one in addresses {
            address(field, one, limits)?;
        }
    }
    if let Some(subject) = &envelope.subject {
        header_line("subject", subject)?;
        chars("subject", subject, limits.subject_chars)?;
    }
    for (field, text, max) in [
        ("mailbox_id", &envelope.mailbox, limits.address_chars),
        ("ext_msg_id", &envelope.external_id, limits.origin_key_chars),
        ("reply_to_ext_msg_id", &envelope.reply_to_external_id, limits.origin_key_chars),
    ] {
        let Some(text) = text else { continue };
        one_line(field, text)?;
        chars(field, text, max)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(value: Value, expect: &str) {
        let parsed: Envelope = serde_json::from_value(value.clone()).expect("an envelope");
        let limits = Limits { recipients: 2, ..Limits::default() };
        let at_fault = envelope(&parsed, &limits).err().map(|e| e.fields[0].path.clone()).unwrap_or_default();
        assert_eq!(at_fault, expect, "{value}");
    }

    #[test]
    fn nothing_in_an_envelope_ends_a_header() {
        check(json!({}), "");
        check(json!({"from": "a@b", "to": ["c@d"], "cc": ["Eve <e@f>"], "subject": "Hi", "external_id": "<1@b>"}), "");
        check(json!({"from": "a@b\r\nBcc: c@d"}), "from");
        check(json!({"to": ["c@d", "team: e@f;"]}), "to");
        check(json!({"cc": [""]}), "cc");
        check(json!({"bcc": ["c@d\u{2028}"]}), "bcc");
        check(json!({"to": ["a@b", "c@d"], "bcc": ["e@f"]}), "to");
        check(json!({"subject": "Hi\tthere", "to": ["Eve\tLee <e@f>"]}), "");
        check(json!({"subject": "Hi\nBcc: c@d"}), "subject");
        check(json!({"subject": "x".repeat(999)}), "subject");
        check(json!({"mailbox": "m\0"}), "mailbox_id");
        check(json!({"external_id": "a\tb"}), "ext_msg_id");
        check(json!({"mailbox": "m".repeat(320)}), "");
        check(json!({"mailbox": "m".repeat(321)}), "mailbox_id");
        check(json!({"external_id": "x".repeat(256)}), "ext_msg_id");
        check(json!({"reply_to_external_id": "a\rb"}), "reply_to_ext_msg_id");
    }
}
