//! Identities as a project's own server signs them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::GuestId;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::TestApp;

/// A compact JSON Web Token with these claims, signed by HS256.
pub fn signed(secret: &str, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let said = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(said.as_bytes());
    format!("{said}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

impl TestApp {
    /// A new guest secret of the agent `default`.
    pub async fn guest_secret(&self) -> String {
        let agent = self.app.agent_by_name(&self.caller, "default").await.expect("the agent").id;
        self.app.renew_guest_secret(&self.caller, agent, None).await.expect("a secret").0
    }

    /// The identity of Ada, known to the project as `sub`, for a minute.
    pub fn identity(&self, secret: &str, agent: GuestId, sub: &str) -> String {
        let exp = self.app.clock().now().0 / 1_000_000 + 60;
        signed(secret, &json!({"sub": sub, "aud": agent.to_string(), "exp": exp, "name": "Ada"}))
    }
}
