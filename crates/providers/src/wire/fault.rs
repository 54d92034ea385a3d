//! Failures in providers' words: the fault, the message and the wait.
//!
//! All providers and gateways stand in one table, because a gateway passes on the words of the provider behind it. A
//! code of the provider decides first, then a phrase of its message, then the status.

mod words;

use std::time::Duration;

use domain::{fault::Fault, usage::Usage};
use http::StatusCode;
use serde_json::Value;

use super::Call;
use crate::model::Failure;

use words::{clean, delay, wait};

/// Codes, types and reasons of errors that say more than the status. Compared without regard to case.
const CODES: &[(Fault, &[&str])] = &[
    (
        Fault::ContextTooLong,
        &["context_length_exceeded", "exceed_context_size_error", "model_context_window_exceeded", "request_too_large"],
    ),
    (Fault::BlocksRefused, &["invalid_encrypted_content", "thinking_signature_invalid", "missing_thought_signature"]),
    (
        Fault::PicturesRefused,
        &[
            "invalid_image",
            "invalid_image_format",
            "invalid_image_url",
            "invalid_base64_image",
            "image_parse_error",
            "image_too_large",
            "image_too_small",
            "image_file_too_large",
            "unsupported_image_media_type",
            "empty_image_file",
            "failed_to_download_image",
        ],
    ),
    (
        Fault::OutOfCredit,
        &[
            "insufficient_quota",
            "billing_error",
            "billing_hard_limit_reached",
            "billing_not_active",
            "exceeded_current_quota_error",
            "insufficient_balance",
        ],
    ),
    (
        Fault::Unavailable,
        &[
            "overloaded_error",
            "engine_overloaded_error",
            "server_overloaded",
            "server_is_overloaded",
            "slow_down",
            "unavailable_error",
            "unavailable",
            "insufficient_system_resource",
        ],
    ),
    (
        Fault::RateLimited,
        &[
            "rate_limit_exceeded",
            "rate_limit_error",
            "rate_limit_reached_error",
            "too_many_requests",
            "resource_exhausted",
        ],
    ),
    (
        Fault::Unauthenticated,
        &[
            "invalid_api_key",
            "authentication_error",
            "permission_error",
            "api_key_invalid",
            "unauthenticated",
            "permission_denied",
        ],
    ),
    (Fault::Refused, &["content_policy_violation", "content_filter", "invalid_prompt", "data_inspection_failed"]),
];

/// Codes that the status overrules, where there is one.
const WEAK_CODES: &[(Fault, &[&str])] = &[(
    Fault::Invalid,
    &[
        "invalid_request_error",
        "invalid_argument",
        "failed_precondition",
        "not_found_error",
        "not_found",
        "model_not_found",
    ],
)];

/// Phrases of messages, in small letters. All words of a phrase are in the message.
const CREDIT: &[&[&str]] = &[&["insufficient balance"], &["insufficient credits"], &["credit balance is too low"]];
const FLAGGED: &[&[&str]] = &[&["input was flagged"], &["flagged as potentially violating"]];
const CONTEXT: &[&[&str]] = &[
    &["maximum context length"],
    &["prompt is too long"],
    &["input length and", "max_tokens", "exceed"],
    &["exceeds the maximum number of tokens"],
    &["exceeds the available context size"],
    &["exceeds the context window"],
    &["exceeds the context length"],
    &["exceed context limit"],
    &["greater than the context length"],
    &["context overflow"],
    &["context_length_exceeded"],
    &["exceed_context_size_error"],
];
const PICTURES: &[&[&str]] = &[
    &["could not process image"],
    &["image exceeds"],
    &["image dimensions"],
    &["image", "is not valid"],
    &["invalid image"],
    &["unsupported image"],
    &["unable to process input image"],
    &["error while downloading", "http"],
    &["image input is not supported"],
    &["does not support image"],
];
const BLOCKS: &[&[&str]] = &[
    &["invalid_encrypted_content"],
    &["encrypted content", "could not be"],
    &["signature", "thinking"],
    &["thinking", "blocks", "cannot be modified"],
    &["thought_signature"],
    &["thought signature"],
    &["item", "provided without its required"],
];

/// Reads the failures of one call.
#[derive(Clone, Debug)]
pub(super) struct Faults {
    model: String,
    /// Never in a message, even if the provider repeats it.
    key: Option<String>,
}

impl Faults {
    pub fn of(call: &Call<'_>) -> Self {
        Self { model: call.model.into(), key: call.key.map(str::to_owned) }
    }

    /// The failure of an answer with an error status.
    pub fn status(&self, status: StatusCode, body: &[u8]) -> Failure {
        let told = match serde_json::from_slice::<Value>(body) {
            Ok(value) => Told::of(&value),
            Err(_) => Told::of_text(body),
        };
        let mut failure = self.failure(told.fault(Some(status.as_u16())), told.message.as_deref(), || {
            format!("the provider answered with status {}", status.as_u16())
        });
        failure.retry_after = told.wait(&failure);
        if status == StatusCode::NOT_FOUND && !failure.message.contains(&self.model) {
            failure.message = clean(&format!("{} (model {})", failure.message, self.model), self.key.as_deref());
        }
        failure
    }

    /// The failure that an event within an answer tells: an error object, or an object with one.
    pub fn event(&self, value: &Value) -> Failure {
        let told = Told::of(value);
        let code = told.codes.first().cloned();
        let failure = self.failure(told.fault(told.status), told.message.as_deref(), || match code {
            Some(code) => format!("the provider's answer failed: {code}"),
            None => "the provider's answer failed".into(),
        });
        Failure { retry_after: told.wait(&failure), ..failure }
    }

    /// A failure with the provider's own words, or these neutral ones if it has none.
    pub fn failure(&self, fault: Fault, words: Option<&str>, neutral: impl FnOnce() -> String) -> Failure {
        let words = words.map(str::to_owned).filter(|words| !words.trim().is_empty()).unwrap_or_else(neutral);
        let message = clean(&words, self.key.as_deref());
        let retry_after = if fault.is_transient() { wait(&message) } else { None };
        Failure { retry_after, ..Failure::new(fault, message) }
    }

    /// The failure of an answer that ended early.
    pub fn cut(usage: Option<Usage>) -> Failure {
        Failure { usage, ..Failure::new(Fault::Upstream, "the provider's answer ended early") }
    }

    /// The failure of an event that is not the JSON that the wire names.
    pub fn unreadable(usage: Option<Usage>) -> Failure {
        Failure { usage, ..Failure::new(Fault::Upstream, "the provider sent an event that is not readable") }
    }
}

/// The content of an error as a provider tells it.
#[derive(Debug, Default)]
struct Told {
    /// The status that the error itself names.
    status: Option<u16>,
    /// In small letters.
    codes: Vec<String>,
    message: Option<String>,
    /// The wait of Google's `RetryInfo`.
    retry_delay: Option<Duration>,
}

impl Told {
    /// Reads `{"error": {…}}`, `{"error": "…"}`, `{"message": …}`, `{"detail": …}`, or a list of one of these.
    fn of(value: &Value) -> Self {
        let value = value.get(0).unwrap_or(value);
        let error = value.get("error").filter(|error| error.is_object()).unwrap_or(value);
        let details = || error.get("details").and_then(Value::as_array).into_iter().flatten();
        let codes = [error.get("code"), error.get("type"), error.get("status"), value.get("type")];
        let codes = codes.into_iter().flatten().chain(details().filter_map(|detail| detail.get("reason")));
        let status = |code: &Value| code.as_u64().or_else(|| code.as_str()?.parse().ok());
        let status = error.get("code").and_then(status).filter(|status| (400..600).contains(status));
        Self {
            status: status.and_then(|status| u16::try_from(status).ok()),
            codes: codes
                .filter_map(Value::as_str)
                .map(str::to_ascii_lowercase)
                .filter(|code| code != "error")
                .collect(),
            message: message(error),
            retry_delay: details().filter_map(|detail| detail.get("retryDelay")?.as_str()).find_map(delay),
        }
    }

    /// The wait that a passing failure names: as a field, else in its words.
    fn wait(&self, failure: &Failure) -> Option<Duration> {
        self.retry_delay.filter(|_| failure.fault.is_transient()).or(failure.retry_after)
    }

    /// Reads an error in free form. Pages of HTML have nothing to say.
    fn of_text(body: &[u8]) -> Self {
        let text = std::str::from_utf8(body).ok().map(str::trim).filter(|text| !text.starts_with('<'));
        Self { message: text.map(str::to_owned), ..Self::default() }
    }

    fn fault(&self, status: Option<u16>) -> Fault {
        let of_codes = |table: &[(Fault, &[&str])]| {
            let is_named = |codes: &[&str]| self.codes.iter().any(|code| codes.contains(&code.as_str()));
            table.iter().find(|(_, codes)| is_named(codes)).map(|(fault, _)| *fault)
        };
        let of_phrases = || self.of_phrases(status);
        let fault = of_codes(CODES).or_else(of_phrases).or_else(|| status.map(of_status));
        fault.or_else(|| of_codes(WEAK_CODES)).unwrap_or(Fault::Upstream)
    }

    fn of_phrases(&self, status: Option<u16>) -> Option<Fault> {
        let message = self.message.as_deref()?.to_lowercase();
        let says = |phrases: &[&[&str]]| phrases.iter().any(|phrase| phrase.iter().all(|word| message.contains(word)));
        // A limit of the rate speaks of tokens too.
        let is_about_content = !matches!(status, Some(401..=404 | 429));
        match () {
            () if says(CREDIT) => Some(Fault::OutOfCredit),
            () if says(FLAGGED) => Some(Fault::Refused),
            () if is_about_content && says(CONTEXT) => Some(Fault::ContextTooLong),
            () if is_about_content && says(PICTURES) => Some(Fault::PicturesRefused),
            () if is_about_content && says(BLOCKS) => Some(Fault::BlocksRefused),
            () => None,
        }
    }
}

/// The words of an error. A gateway tells those of the provider behind it as `metadata.raw`.
fn message(error: &Value) -> Option<String> {
    let texts = [error.get("message"), error.get("error"), error.get("detail"), error.pointer("/detail/0/msg")];
    let text = texts.into_iter().flatten().chain([error]).find_map(Value::as_str)?;
    let raw = error.pointer("/metadata/raw").and_then(Value::as_str);
    Some(raw.map_or_else(|| text.to_owned(), |raw| format!("{text}: {raw}")))
}

fn of_status(status: u16) -> Fault {
    match status {
        401 | 403 => Fault::Unauthenticated,
        402 => Fault::OutOfCredit,
        408 | 500 | 502 | 504 => Fault::Upstream,
        409 | 503 | 529 => Fault::Unavailable,
        413 => Fault::ContextTooLong,
        429 => Fault::RateLimited,
        501 | 505.. => Fault::Upstream,
        _ => Fault::Invalid,
    }
}
