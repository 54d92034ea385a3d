//! The secrets by which webhooks and pushes are signed, and their signatures.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{AgentId, WebhookId, agent::Push, webhook::Proof};
use outward::header::{self, HeaderMap, HeaderValue};
use uuid::Uuid;

use crate::{secret::Secret, signing::Signed};

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
    let mut headers = signed.headers(signatures);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers
}

#[cfg(test)]
mod tests {
    use domain::Timestamp;
    use uuid::Uuid;

    use super::*;

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
