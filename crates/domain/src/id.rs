//! Ids. Each kind of thing has its own Rust type, so that a thread's id cannot be passed for a message's.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Parses a hyphenated UUID of 36 characters. `None` for anything else.
            pub fn parse(text: &str) -> Option<Self> {
                plain(text).map(Self)
            }

            /// The id with these 16 bytes, as in a cursor.
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }

            /// `prefix` and the 32 lower-case hex digits of the UUID, the form of Capy and Everruns.
            pub fn prefixed(self, prefix: &str) -> String {
                format!("{prefix}{}", self.0.simple())
            }

            /// Parses the form of [`Self::prefixed`], or a hyphenated UUID.
            pub fn parse_prefixed(prefix: &str, text: &str) -> Option<Self> {
                match text.strip_prefix(prefix) {
                    Some(hex) => simple(hex).map(Self),
                    None => Self::parse(text),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    )*};
}

ids! {
    /// A tenant.
    ProjectId
    /// A credential of a project.
    KeyId
    /// A person of the project.
    MemberId
    /// A person outside the project.
    CustomerId
    /// One address of a customer.
    ContactId
    /// An agent.
    AgentId
    /// The id by which guests know an agent. The server assigns it, unique on the installation.
    GuestId
    /// A conversation.
    ThreadId
    /// A message of a thread.
    MessageId
    /// A note of the project.
    NoteId
    /// A text that members send again and again.
    SavedReplyId
    /// A run of an agent.
    TurnId
    /// Stored bytes with a name.
    AttachmentId
    /// Saved cookies and storage of a browser.
    SnapshotId
    /// A delivery to the outside.
    DeliveryId
    /// A model of the catalogue: the UUIDv5 of its name.
    ModelId
    /// An endpoint that is told of events.
    WebhookId
    /// A delivery attempt: one request to a webhook.
    DeliveryAttemptId
    /// A process that runs turns, for as long as it lives.
    WorkerId
    /// A browser that is signed in at the console.
    SignInId
}

/// Parses a hyphenated UUID of 36 characters, in either case.
pub fn plain(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten()
}

/// Parses 32 lower-case hex digits.
pub fn simple(text: &str) -> Option<Uuid> {
    let well_formed = text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    well_formed.then(|| Uuid::try_parse(text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_in_its_own_spelling_and_the_plain_one() {
        let id = ThreadId(Uuid::from_u128(0x0193_3b5a_0000_7000_8000_0000_0000_0001));
        assert_eq!(id.prefixed("jam_"), "jam_01933b5a000070008000000000000001");
        assert_eq!(ThreadId::parse_prefixed("jam_", &id.prefixed("jam_")), Some(id));
        assert_eq!(ThreadId::parse_prefixed("jam_", &id.to_string()), Some(id));
        for bad in [
            "",
            "jam_",
            "jam_01933b5a00007000800000000000001",
            "JAM_01933b5a000070008000000000000001",
            "jam_01933B5A000070008000000000000001",
            "01933b5a000070008000000000000001",
        ] {
            assert_eq!(ThreadId::parse_prefixed("jam_", bad), None, "{bad}");
        }
    }
}
