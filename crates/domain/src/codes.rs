//! Every error code of the product. A code is stable: clients compare it, so it is never renamed.

use std::fmt;

/// What went wrong, as a program reads it: `thread_not_found`. Only this module makes one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code(&'static str);

impl Code {
    /// The code as it is sent and stored.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])+ $name:ident = $code:literal;)+) => {
        $($(#[$doc])+ pub const $name: Code = Code($code);)+

        #[cfg(test)]
        const ALL: &[(&str, Code)] = &[$((stringify!($name), $name)),+];
    };
}

codes! {
    // What the sender may not do.

    /// The key or token is missing, malformed, unknown, revoked or expired.
    UNAUTHORIZED = "unauthorized";
    /// The key or token is good, and may not do this.
    FORBIDDEN = "forbidden";
    /// Pages of this origin may not ask: nobody has listed it.
    ORIGIN_NOT_ALLOWED = "origin_not_allowed";
    /// The project has stored as much as it may.
    QUOTA_EXCEEDED = "quota_exceeded";
    /// The sender has made too many requests; `Retry-After` says when to try again.
    RATE_LIMITED = "rate_limited";
    /// The key at the first start is not 20 to 256 visible ASCII characters.
    INVALID_BOOTSTRAP_KEY = "invalid_bootstrap_key";

    // What the server cannot do.

    /// A fault of the server; its log says more.
    INTERNAL_ERROR = "internal_error";
    /// The server is overloaded, out of time or going down; `Retry-After` says when to try again.
    UNAVAILABLE = "unavailable";
    /// Another request is making the same customer; a second try finds them.
    CUSTOMER_OVERTAKEN = "customer_overtaken";

    // What is wrong with a request as a message of HTTP.

    /// The request is no proper HTTP, or lacks a part that the operation reads.
    BAD_REQUEST = "bad_request";
    /// No operation has this path.
    NOT_FOUND = "not_found";
    /// The path exists, and does not take the method.
    METHOD_NOT_ALLOWED = "method_not_allowed";
    /// The header is larger than the limits.
    HEADER_TOO_LARGE = "header_too_large";
    /// The body, or a part of it, is larger than the limits.
    PAYLOAD_TOO_LARGE = "payload_too_large";
    /// The content type or charset is not taken.
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type";
    /// The body did not come in time.
    REQUEST_TIMEOUT = "request_timeout";
    /// The range begins beyond the end of the file.
    RANGE_NOT_SATISFIABLE = "range_not_satisfiable";
    /// The file is not the one that `If-Match` names.
    PRECONDITION_FAILED = "precondition_failed";
    /// The body is no JSON, or has a key twice.
    INVALID_JSON = "invalid_json";
    /// The multipart body is broken.
    INVALID_MULTIPART = "invalid_multipart";
    /// The query is no list of names and values in UTF-8.
    INVALID_QUERY = "invalid_query";

    // What is wrong with a field.

    /// A field or a query parameter is at fault, and is named.
    INVALID_PARAMETER = "invalid_parameter";
    /// The position lies beyond the end of the thread's log.
    INVALID_POSITION = "invalid_position";
    /// The cursor is not one of this list.
    INVALID_CURSOR = "invalid_cursor";
    /// The id of an event is not one of this thread.
    INVALID_EVENT_ID = "invalid_event_id";
    /// An id in the path has not the form of one.
    INVALID_ID = "invalid_id";
    /// The text is no e-mail address.
    INVALID_ADDRESS = "invalid_address";
    /// The name of a served person is longer than the limit.
    END_USER_TOO_LONG = "end_user_too_long";
    /// The name or the content of an attachment cannot be taken.
    ATTACHMENT_INVALID = "attachment_invalid";
    /// The message was not said to a person, so nobody reads it.
    NOT_READABLE = "not_readable";
    /// The request brings a key in two ways, and nobody can tell which was meant.
    TWO_CREDENTIALS = "two_credentials";

    // What is not there, or is another project's.

    /// No such thread.
    THREAD_NOT_FOUND = "thread_not_found";
    /// No such message.
    MESSAGE_NOT_FOUND = "message_not_found";
    /// No such turn.
    TURN_NOT_FOUND = "turn_not_found";
    /// No such agent.
    AGENT_NOT_FOUND = "agent_not_found";
    /// No such customer.
    CUSTOMER_NOT_FOUND = "customer_not_found";
    /// The address is of nobody who takes part in the thread.
    CONTACT_NOT_IN_THREAD = "contact_not_in_thread";
    /// No such member.
    MEMBER_NOT_FOUND = "member_not_found";
    /// No such key.
    KEY_NOT_FOUND = "key_not_found";
    /// No such project.
    PROJECT_NOT_FOUND = "project_not_found";
    /// No such organization: there is one for each project.
    ORGANIZATION_NOT_FOUND = "organization_not_found";
    /// No such tag.
    TAG_NOT_FOUND = "tag_not_found";
    /// No such attachment.
    ATTACHMENT_NOT_FOUND = "attachment_not_found";
    /// No such attachment, or it is no image.
    IMAGE_NOT_FOUND = "image_not_found";
    /// A part of a message names no file.
    FILE_NOT_FOUND = "file_not_found";
    /// No such snapshot of a browser.
    SNAPSHOT_NOT_FOUND = "snapshot_not_found";
    /// No such webhook.
    WEBHOOK_NOT_FOUND = "webhook_not_found";
    /// No such delivery attempt of a webhook.
    POSTING_NOT_FOUND = "posting_not_found";
    /// No such model in the catalogue.
    MODEL_NOT_FOUND = "model_not_found";
    /// No such provider of models.
    PROVIDER_NOT_FOUND = "provider_not_found";
    /// No such harness: there is one.
    HARNESS_NOT_FOUND = "harness_not_found";
    /// No such task.
    TASK_NOT_FOUND = "task_not_found";

    // What stands against what is there.

    /// The idempotency key was used for another request.
    ORIGIN_KEY_REUSED = "origin_key_reused";
    /// The thread is closed, and the request does not open it.
    THREAD_CLOSED = "thread_closed";
    /// A turn is open, and the request does not wait.
    THREAD_BUSY = "thread_busy";
    /// The turn is open: it is cancelled before it is retried.
    TURN_OPEN = "turn_open";
    /// The turn has answered its messages, so it is not retried.
    TURN_COMPLETED = "turn_completed";
    /// Another turn has been opened over the messages: that one is retried.
    TURN_RETRIED = "turn_retried";
    /// No turn of the thread waits for results of tools.
    NOT_WAITING = "not_waiting";
    /// The agent is paused, so nobody would answer.
    AGENT_PAUSED = "agent_paused";
    /// The agent is archived, and takes no new threads.
    AGENT_ARCHIVED = "agent_archived";
    /// Another agent of the project has the name.
    AGENT_NAME_TAKEN = "agent_name_taken";
    /// An agent has the id.
    AGENT_ID_TAKEN = "agent_id_taken";
    /// The agent `default` keeps its name, and is not archived.
    DEFAULT_AGENT = "default_agent";
    /// A customer has the external id.
    CUSTOMER_EXISTS = "customer_exists";
    /// Another customer has the address.
    CONTACT_TAKEN = "contact_taken";
    /// A member has the address.
    MEMBER_EXISTS = "member_exists";
    /// Another project has the name.
    PROJECT_NAME_TAKEN = "project_name_taken";
    /// The message is no letter that waits to be sent, so its words stay.
    MESSAGE_SENT = "message_sent";
    /// An earlier request with the same idempotency key made the key, whose secret is told once.
    KEY_ALREADY_CREATED = "key_already_created";
    /// An earlier request with the same idempotency key told the webhook's secret, which is told once.
    WEBHOOK_SECRET_ALREADY_TOLD = "webhook_secret_already_told";
    /// The webhook is disabled, so nothing is sent to it.
    WEBHOOK_DISABLED = "webhook_disabled";
    /// The webhook has a fixed `Authorization` and no secret.
    WEBHOOK_DOES_NOT_SIGN = "webhook_does_not_sign";
    /// An earlier request with the same idempotency key is under way, or its answer was lost.
    REPLAY_UNFINISHED = "replay_unfinished";
    /// The webhook's dialect has no words for the entry.
    NOTHING_TO_SEND = "nothing_to_send";
    /// The project has as many webhooks as it may.
    TOO_MANY_WEBHOOKS = "too_many_webhooks";
    /// The project has as many tags as it may.
    TOO_MANY_TAGS = "too_many_tags";
    /// The project has as many snapshots as it may.
    TOO_MANY_SNAPSHOTS = "too_many_snapshots";
    /// There are no telephone numbers, so no thread of text messages is made.
    NO_TELEPHONE = "no_telephone";
    /// No Slack is connected to the project.
    SLACK_NOT_CONNECTED = "slack_not_connected";
    /// The thread waits for no answer to a question.
    NO_PENDING_QUESTIONS = "no_pending_questions";
    /// The thread waits for no approval of a call.
    NO_PENDING_APPROVALS = "no_pending_approvals";
    /// The thread is too long to be exported in one document.
    ATIF_EXPORT_TOO_LARGE = "atif_export_too_large";
    /// The cursor is none of this export.
    ATIF_CURSOR_INVALID = "atif_cursor_invalid";

    // Why a turn failed, beside the faults of models ([`crate::fault::Fault`]).

    /// The agent took as many steps as it may.
    STEP_LIMIT = "step_limit";
    /// What was said before cannot be read.
    INTERNAL = "internal";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_its_constants_name_in_lower_case() {
        for (name, code) in ALL {
            assert_eq!(name.to_lowercase(), code.as_str());
        }
    }
}
