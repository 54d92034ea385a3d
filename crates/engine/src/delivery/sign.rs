//! Signatures for endpoints, by the Standard Webhooks specification 1.0.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{AgentId, Timestamp, WebhookId, agent::Push, webhook::Proof};
use hmac::{Hmac, KeyInit, Mac};
use outward::header::{self, HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;
use uuid::Uuid;

use crate::secret::Secret;

/// The n-th signing secret of a webhook in the receiver's form: `whsec_` and 32 bytes in base64.
pub(crate) fn secret(secret: &Secret, webhook: WebhookId, generation: i64) -> String {
    format!("whsec_{}", STANDARD.encode(key(secret, webhook, generation)))
}

fn key(secret: &Secret, webhook: WebhookId, generation: i64) -> [u8; 32] {
    secret.derive(&format!("webhook {webhook} {generation}"))
}

/// The header `webhook-signature`. While a secret is being replaced, it has two signatures, the newer first.
pub(super) fn signatures(secret: &Secret, webhook: WebhookId, proof: &Proof, signed: &Signed<'_>) -> Option<String> {
    let Proof::Signed { generation, overlap_ends_at } = proof else { return None };
    let newest = signed.by(&key(secret, webhook, *generation));
    Some(match overlap_ends_at {
        Some(ends) if *ends > signed.at => {
            format!("{newest} {}", signed.by(&key(secret, webhook, generation - 1)))
        }
        _ => newest,
    })
}

/// The signing secret of an external agent's endpoint with this name, in the receiver's form.
pub(crate) fn push_secret(secret: &Secret, agent: AgentId, name: Uuid) -> String {
    format!("whsec_{}", STANDARD.encode(push_key(secret, agent, name)))
}

fn push_key(secret: &Secret, agent: AgentId, name: Uuid) -> [u8; 32] {
    secret.derive(&format!("push {agent} {name}"))
}

/// The header `webhook-signature` of a pushed turn. `None` for an endpoint whose secret nobody has asked for.
pub(crate) fn push_signatures(secret: &Secret, agent: AgentId, push: &Push, signed: &Signed<'_>) -> Option<String> {
    let newest = signed.by(&push_key(secret, agent, push.signs_by?));
    Some(match push.former {
        Some((former, ends)) if ends > signed.at => {
            format!("{newest} {}", signed.by(&push_key(secret, agent, former)))
        }
        _ => newest,
    })
}

/// The headers of a request with this content.
pub(crate) fn headers(signed: &Signed<'_>, content_type: &'static str, signatures: Option<String>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    let values = [
        ("webhook-id", Some(signed.id.to_owned())),
        ("webhook-timestamp", Some(signed.timestamp().to_string())),
        ("webhook-signature", signatures),
    ];
    for (name, value) in values {
        // The values are made here, of visible characters.
        if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    headers
}

/// The signed content.
pub(crate) struct Signed<'a> {
    pub(crate) id: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) body: &'a [u8],
}

impl Signed<'_> {
    /// Seconds since 1970.
    pub(crate) fn timestamp(&self) -> i64 {
        self.at.0 / 1_000_000
    }

    pub(crate) fn by(&self, key: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        mac.update(format!("{}.{}.", self.id, self.timestamp()).as_bytes());
        mac.update(self.body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_example_of_the_published_libraries_is_signed_as_they_sign_it() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
        let at = Timestamp(1_614_265_330_000_000);
        let signed = Signed { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body: br#"{"test": 2432232314}"# };
        assert_eq!(signed.by(&key), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn while_a_secret_is_replaced_both_sign() {
        let (secret, webhook) = (Secret::new([7; 32]), WebhookId(Uuid::from_u128(1)));
        let proof = Proof::Signed { generation: 2, overlap_ends_at: Some(Timestamp(1_000)) };
        let at = |us| Signed { id: "evt_1", at: Timestamp(us), body: b"{}" };
        let during = signatures(&secret, webhook, &proof, &at(999)).expect("signatures");
        let after = signatures(&secret, webhook, &proof, &at(1_000)).expect("a signature");
        let before = Proof::Signed { generation: 1, overlap_ends_at: None };
        let old = signatures(&secret, webhook, &before, &at(999)).expect("a signature");
        assert_eq!(during, format!("{after} {old}"));
        assert_eq!(signatures(&secret, webhook, &Proof::Authorization(None), &at(0)), None);
    }
}
