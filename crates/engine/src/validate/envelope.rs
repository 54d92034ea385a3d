//! Checks of e-mail fields that become headers.

use domain::{Limits, Result, envelope::Envelope};

use super::{address, at_most, chars, header_line, one_line};

/// Checks addresses, subject and ids of an e-mail message: nothing in them may end a header or add another (header
/// injection).
pub(crate) fn envelope(envelope: &Envelope, limits: &Limits) -> Result<()> {
    if let Some(from) = &envelope.from {
        address("envelope.from", from, limits)?;
    }
    at_most("envelope.to", "recipients, with `cc` and `bcc`", envelope.recipients().count(), limits.recipients)?;
    for (field, addresses) in
        [("envelope.to", &envelope.to), ("envelope.cc", &envelope.cc), ("envelope.bcc", &envelope.bcc)]
    {
        for one in addresses {
            address(field, one, limits)?;
        }
    }
    if let Some(subject) = &envelope.subject {
        header_line("envelope.subject", subject)?;
        chars("envelope.subject", subject, limits.subject_chars)?;
    }
    for (field, text, max) in [
        ("envelope.mailbox", &envelope.mailbox, limits.address_chars),
        ("envelope.external_id", &envelope.external_id, limits.origin_key_chars),
        ("envelope.reply_to_external_id", &envelope.reply_to_external_id, limits.origin_key_chars),
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
        check(json!({"from": "a@b\r\nBcc: c@d"}), "envelope.from");
        check(json!({"to": ["c@d", "team: e@f;"]}), "envelope.to");
        check(json!({"cc": [""]}), "envelope.cc");
        check(json!({"bcc": ["c@d\u{2028}"]}), "envelope.bcc");
        check(json!({"to": ["a@b", "c@d"], "bcc": ["e@f"]}), "envelope.to");
        check(json!({"subject": "Hi\tthere", "to": ["Eve\tLee <e@f>"]}), "");
        check(json!({"subject": "Hi\nBcc: c@d"}), "envelope.subject");
        check(json!({"subject": "x".repeat(999)}), "envelope.subject");
        check(json!({"mailbox": "m\0"}), "envelope.mailbox");
        check(json!({"external_id": "a\tb"}), "envelope.external_id");
        check(json!({"mailbox": "m".repeat(320)}), "");
        check(json!({"mailbox": "m".repeat(321)}), "envelope.mailbox");
        check(json!({"external_id": "x".repeat(256)}), "envelope.external_id");
        check(json!({"reply_to_external_id": "a\rb"}), "envelope.reply_to_external_id");
    }
}
