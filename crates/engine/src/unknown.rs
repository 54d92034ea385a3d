//! The errors for unknown things. Another project's things give the same errors, so that nobody learns of them.

use domain::{Error, codes};

pub(crate) fn agent() -> Error {
    Error::not_found(codes::AGENT_NOT_FOUND, "Agent")
}

pub(crate) fn attachment() -> Error {
    Error::not_found(codes::ATTACHMENT_NOT_FOUND, "Attachment")
}

pub(crate) fn customer() -> Error {
    Error::not_found(codes::CUSTOMER_NOT_FOUND, "Customer")
}

pub(crate) fn image() -> Error {
    Error::not_found(codes::IMAGE_NOT_FOUND, "Image")
}

pub(crate) fn key() -> Error {
    Error::not_found(codes::KEY_NOT_FOUND, "Key")
}

pub(crate) fn member() -> Error {
    Error::not_found(codes::MEMBER_NOT_FOUND, "Member")
}

pub(crate) fn saved_reply() -> Error {
    Error::not_found(codes::SAVED_REPLY_NOT_FOUND, "Saved reply")
}

pub(crate) fn message() -> Error {
    Error::not_found(codes::MESSAGE_NOT_FOUND, "Message")
}

pub(crate) fn delivery_attempt() -> Error {
    Error::not_found(codes::POSTING_NOT_FOUND, "Delivery attempt")
}

pub(crate) fn project() -> Error {
    Error::not_found(codes::PROJECT_NOT_FOUND, "Project")
}

pub(crate) fn provider() -> Error {
    Error::not_found(codes::PROVIDER_NOT_FOUND, "Provider")
}

pub(crate) fn route() -> Error {
    Error::not_found(codes::ROUTE_NOT_FOUND, "Route")
}

pub(crate) fn snapshot() -> Error {
    Error::not_found(codes::SNAPSHOT_NOT_FOUND, "Browser snapshot")
}

pub(crate) fn thread() -> Error {
    Error::not_found(codes::THREAD_NOT_FOUND, "Thread")
}

pub(crate) fn turn() -> Error {
    Error::not_found(codes::TURN_NOT_FOUND, "Turn")
}

pub(crate) fn webhook() -> Error {
    Error::not_found(codes::WEBHOOK_NOT_FOUND, "Webhook")
}
