//! Signatures of requests, by the Standard Webhooks specification 1.0.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::Timestamp;
use hmac::{Hmac, KeyInit, Mac};
use outward::header::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;

/// The signed content.
pub(crate) struct Signed<'a> {
    pub(crate) id: &'a str,
    pub(crate) at: Timestamp,
    pub(crate) body: &'a [u8],
}

impl Signed<'_> {
    /// The signature with this key.
    pub(crate) fn by(&self, key: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        mac.update(format!("{}.{}.", self.id, self.timestamp()).as_bytes());
        mac.update(self.body);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    }

    /// The headers that name the content and its time, with these signatures.
    pub(crate) fn headers(&self, signatures: Option<String>) -> HeaderMap {
        let values = [
            ("webhook-id", Some(self.id.to_owned())),
            ("webhook-timestamp", Some(self.timestamp().to_string())),
            ("webhook-signature", signatures),
        ];
        let mut headers = HeaderMap::new();
        for (name, value) in values {
            // The values are made here, of visible characters.
            if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        headers
    }

    /// Seconds since 1970.
    fn timestamp(&self) -> i64 {
        self.at.0 / 1_000_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_published_libraries_is_signed_as_they_sign_it() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("base64");
        let at = Timestamp(1_614_265_330_000_000);
        let signed = Signed { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at, body: br#"{"test": 2432232314}"# };
        assert_eq!(signed.by(&key), "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
