//! All error codes. A code is stable: clients compare it, so it is never renamed.

use std::fmt;

/// A stable code for programs, for example `thread_not_found`. Only this module defines codes.
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
    // Access.

    /// The key or token is missing, malformed, unknown, revoked or expired.
    UNAUTHORIZED = "unauthorized";
    /// The key or token is valid, but does not allow the request.
    FORBIDDEN = "forbidden";
    /// The console was asked by the name of another host.
    WRONG_HOST = "wrong_host";
    /// No project or agent lists the origin of the page.
    ORIGIN_NOT_ALLOWED = "origin_not_allowed";
    /// The project has reached a quota.
    QUOTA_EXCEEDED = "quota_exceeded";
    /// The sender has made too many requests; `Retry-After` says when to try again.
    RATE_LIMITED = "rate_limited";
    /// The key at the first start is not 20 to 256 visible ASCII characters.
    INVALID_BOOTSTRAP_KEY = "invalid_bootstrap_key";

    // Models.

    /// The agent's own model leads to no provider: the configuration has no route for it, and no default one.
    MODEL_WITHOUT_ROUTE = "model_without_route";
    /// The route of the model is switched off, and no fallback answers in its place. Also the code of a turn that fails.
    MODEL_DISABLED = "model_disabled";
    /// The project has no route of this name.
    ROUTE_NOT_FOUND = "route_not_found";
    /// The project has reached its limit of providers.
    TOO_MANY_PROVIDERS = "too_many_providers";
    /// The project has reached its limit of routes.
    TOO_MANY_ROUTES = "too_many_routes";
    /// A route of the project leads to the provider.
    PROVIDER_IN_USE = "provider_in_use";
    /// Another route of the project names the route as its fallback.
    ROUTE_IN_USE = "route_in_use";

    // The server.

    /// An error of the server; its log has the details.
    INTERNAL_ERROR = "internal_error";
    /// The server is overloaded, out of time or shutting down; `Retry-After` says when to try again.
    UNAVAILABLE = "unavailable";
    /// A stored secret cannot be opened: its sealing key is missing, or its row is damaged.
    SECRET_UNREADABLE = "secret_unreadable";
    /// Another request is creating the same customer. A retry finds the customer.
    CUSTOMER_OVERTAKEN = "customer_overtaken";

    // HTTP.

    /// The request is not valid HTTP, or lacks a part that the operation needs.
    BAD_REQUEST = "bad_request";
    /// No operation has this path.
    NOT_FOUND = "not_found";
    /// The path exists, but does not support the method.
    METHOD_NOT_ALLOWED = "method_not_allowed";
    /// The header is larger than the limits.
    HEADER_TOO_LARGE = "header_too_large";
    /// The body, or a part of it, is larger than the limits.
    PAYLOAD_TOO_LARGE = "payload_too_large";
    /// The content type or charset is not supported.
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type";
    /// The body did not arrive in time.
    REQUEST_TIMEOUT = "request_timeout";
    /// The range begins after the end of the file.
    RANGE_NOT_SATISFIABLE = "range_not_satisfiable";
    /// The file does not match `If-Match`.
    PRECONDITION_FAILED = "precondition_failed";
    /// The body is not JSON, or has a key twice.
    INVALID_JSON = "invalid_json";
    /// The multipart body is malformed.
    INVALID_MULTIPART = "invalid_multipart";
    /// The query is not a list of names and values in UTF-8.
    INVALID_QUERY = "invalid_query";

    // Fields.

    /// A field or a query parameter is invalid, and the error names it.
    INVALID_PARAMETER = "invalid_parameter";
    /// The position is beyond the end of the thread's log.
    INVALID_POSITION = "invalid_position";
    /// The cursor does not belong to this list.
    INVALID_CURSOR = "invalid_cursor";
    /// The event id does not belong to this thread.
    INVALID_EVENT_ID = "invalid_event_id";
    /// An id in the path is malformed.
    INVALID_ID = "invalid_id";
    /// The text is not an e-mail address.
    INVALID_ADDRESS = "invalid_address";
    /// The name of an end user is longer than the limit.
    END_USER_TOO_LONG = "end_user_too_long";
    /// The name or the content of an attachment is not accepted.
    ATTACHMENT_INVALID = "attachment_invalid";
    /// The message is not addressed to a person, so it cannot be marked as read.
    NOT_READABLE = "not_readable";
    /// The request has two credentials, and it is unclear which one is meant.
    TWO_CREDENTIALS = "two_credentials";

    // Unknown things, or another project's.

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
    /// The address is not a contact of the thread's customers.
    CONTACT_NOT_IN_THREAD = "contact_not_in_thread";
    /// No such member.
    MEMBER_NOT_FOUND = "member_not_found";
    /// No such saved reply.
    SAVED_REPLY_NOT_FOUND = "saved_reply_not_found";
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
    /// No such attachment, or it is not a picture.
    IMAGE_NOT_FOUND = "image_not_found";
    /// A message part names an unknown file.
    FILE_NOT_FOUND = "file_not_found";
    /// No such browser snapshot.
    SNAPSHOT_NOT_FOUND = "snapshot_not_found";
    /// No such webhook.
    WEBHOOK_NOT_FOUND = "webhook_not_found";
    /// No such delivery attempt of a webhook.
    POSTING_NOT_FOUND = "posting_not_found";
    /// No such model in the catalogue.
    MODEL_NOT_FOUND = "model_not_found";
    /// No such provider of models.
    PROVIDER_NOT_FOUND = "provider_not_found";
    /// No such harness. There is only one.
    HARNESS_NOT_FOUND = "harness_not_found";
    /// No such task.
    TASK_NOT_FOUND = "task_not_found";

    // Conflicts.

    /// The idempotency key was used for another request.
    ORIGIN_KEY_REUSED = "origin_key_reused";
    /// The thread is closed, and the request does not reopen it.
    THREAD_CLOSED = "thread_closed";
    /// Another member holds the thread.
    HELD_BY_OTHER = "held_by_other";
    /// A member holds the thread, so nobody needs to ask for a person.
    HELD = "held";
    /// Nobody holds the thread.
    NOT_HELD = "not_held";
    /// A member holds the thread or is waited for in silence, and the request would let somebody else speak.
    THREAD_HELD = "thread_held";
    /// Somebody changed the agent since the page was loaded on which it was edited.
    AGENT_MOVED = "agent_moved";
    /// The agent or another member has spoken since the position that the reply's author has seen.
    THREAD_MOVED = "thread_moved";
    /// A turn is open, and the request must not wait for it.
    THREAD_BUSY = "thread_busy";
    /// The turn is open, and must be cancelled before a retry.
    TURN_OPEN = "turn_open";
    /// The turn has answered its messages, so it cannot be retried.
    TURN_COMPLETED = "turn_completed";
    /// A newer turn has taken over the messages. Retry that turn.
    TURN_RETRIED = "turn_retried";
    /// No turn of the thread waits for tool results.
    NOT_WAITING = "not_waiting";
    /// The turn has ended, so its program can report nothing more.
    TURN_ENDED = "turn_ended";
    /// The program no longer holds the turn: it was claimed again, waits for a client, or was given back.
    ATTEMPT_OVER = "attempt_over";
    /// The number `n` of the program's call is not the next one of its attempt.
    CALL_OUT_OF_ORDER = "call_out_of_order";
    /// Tool calls of the turn have no result yet.
    OPEN_CALLS = "open_calls";
    /// The agent is paused, so nobody would answer. Also the code of a turn that fails.
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
    /// The member is the last admin of the project, and cannot lose the role.
    LAST_ADMIN = "last_admin";
    /// Another saved reply has the name.
    SAVED_REPLY_EXISTS = "saved_reply_exists";
    /// Another project has the name.
    PROJECT_NAME_TAKEN = "project_name_taken";
    /// The message is not an e-mail that waits to be sent, so its text cannot change.
    MESSAGE_SENT = "message_sent";
    /// An earlier request with the same idempotency key created the key. Its secret is shown only once.
    KEY_ALREADY_CREATED = "key_already_created";
    /// The request has already made its link; the secret is shown only once.
    LINK_ALREADY_CREATED = "link_already_created";
    /// An earlier request with the same idempotency key returned the webhook's secret, which is shown only once.
    WEBHOOK_SECRET_ALREADY_TOLD = "webhook_secret_already_told";
    /// An earlier request with the same idempotency key returned the endpoint's secret, which is shown only once.
    PUSH_SECRET_ALREADY_TOLD = "push_secret_already_told";
    /// An earlier request with the same idempotency key returned the guest secret, which is shown only once.
    GUEST_SECRET_ALREADY_TOLD = "guest_secret_already_told";
    /// The agent has never let guests in, so it has no guest secret.
    AGENT_HAS_NO_GUESTS = "agent_has_no_guests";
    /// The identity is malformed, expired, of another agent, or not signed with the agent's guest secret.
    IDENTITY_NOT_VALID = "identity_not_valid";
    /// The thread belongs to another person than the one whom the identity names.
    IDENTITY_TAKEN = "identity_taken";
    /// The agent's settings do not let its guests do it: ask for a person, send files, or leave contact data.
    GUESTS_MAY_NOT = "guests_may_not";
    /// The team cannot be asked at this time, by the opening hours of the agent's guests.
    TEAM_IS_AWAY = "team_is_away";
    /// As many of the agent's threads wait for a person as its guests may wait in.
    TOO_MANY_WAIT = "too_many_wait";
    /// The agent's settings do not let its guests send files of this type, or of this size.
    FILE_NOT_TAKEN = "file_not_taken";
    /// The guests of the thread have sent as many files as they may.
    TOO_MANY_FILES = "too_many_files";
    /// The external agent has no endpoint, so it has no secret.
    AGENT_IS_NOT_PUSHED = "agent_is_not_pushed";
    /// The webhook is disabled, so nothing is sent to it.
    WEBHOOK_DISABLED = "webhook_disabled";
    /// The webhook has a fixed `Authorization` and no secret.
    WEBHOOK_DOES_NOT_SIGN = "webhook_does_not_sign";
    /// An earlier request with the same idempotency key is in progress, or its answer was lost.
    REPLAY_UNFINISHED = "replay_unfinished";
    /// The webhook's dialect has no event for the entry.
    NOTHING_TO_SEND = "nothing_to_send";
    /// The project has reached its limit of webhooks.
    TOO_MANY_WEBHOOKS = "too_many_webhooks";
    /// The project has reached its limit of tags.
    TOO_MANY_TAGS = "too_many_tags";
    /// The project has reached its limit of saved replies.
    TOO_MANY_SAVED_REPLIES = "too_many_saved_replies";
    /// The project has reached its limit of snapshots.
    TOO_MANY_SNAPSHOTS = "too_many_snapshots";
    /// The server has no sealing key, so it stores no secrets.
    SEALING_KEY_MISSING = "sealing_key_missing";
    /// The server has no telephone numbers, so it creates no threads of text messages.
    NO_TELEPHONE = "no_telephone";
    /// No Slack workspace is connected to the project.
    SLACK_NOT_CONNECTED = "slack_not_connected";
    /// The thread has no pending questions.
    NO_PENDING_QUESTIONS = "no_pending_questions";
    /// The thread has no pending approvals.
    NO_PENDING_APPROVALS = "no_pending_approvals";
    /// The thread is too long for an export in one document.
    ATIF_EXPORT_TOO_LARGE = "atif_export_too_large";
    /// The cursor does not belong to this export.
    ATIF_CURSOR_INVALID = "atif_cursor_invalid";

    // Failures of turns, beside the faults of models ([`crate::fault::Fault`]).

    /// No program of the external agent claimed the turn in time.
    AGENT_ABSENT = "agent_absent";
    /// The program of the external agent reported that it failed.
    AGENT_FAILED = "agent_failed";
    /// A budget leaves too little for the next model call.
    BUDGET_EXCEEDED = "budget_exceeded";
    /// A budget of money holds for the turn, and the price of the model is unknown.
    PRICE_UNKNOWN = "price_unknown";
    /// The turn has reached its limit of model calls.
    STEP_LIMIT = "step_limit";
    /// The thread's earlier messages cannot be read.
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
