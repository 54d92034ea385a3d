//! Handling: who speaks in a thread, its agent or a member of the project.
//!
//! A thread is in one of four states, by the fields of [`People`]:
//!
//! | state | fields | the agent speaks |
//! |---|---|---|
//! | the agent's | none | yes |
//! | a person is wanted | `wanted` | yes |
//! | a person is wanted, silently | `wanted` with `until` | no |
//! | held | `held_since`, `assignee` | no |

use serde::{Deserialize, Serialize};

use crate::{
    AttachmentId, MemberId, NoteId, Timestamp, author::Author, controls::words, message::Role, project::Member,
};

words! {
    /// Who speaks in a thread.
    Handling {
        /// The thread's agent.
        Agent = "agent",
        /// A member holds the thread, and the agent is silent.
        Person = "person",
    }
}

words! {
    /// What a member types in a thread.
    Typing {
        /// A reply to the customer.
        Reply = "reply",
        /// A note of the project for itself.
        Note = "note",
        None = "none",
    }
}

/// The reason of a turn that ended because a member took the thread.
pub const TAKEN_OVER: &str = "taken_over";
/// The reason of a turn that ended because the thread waits for a person in silence.
pub const PERSON_WANTED: &str = "person_wanted";
/// The reason of a request for a person in a thread that the customer's message has reopened.
pub const REOPENED: &str = "reopened";
/// The reason of a request for a person whose thread was held by a removed member.
pub const MEMBER_GONE: &str = "member_gone";

/// A member as an entry names one. The name is that of the time of the entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub id: MemberId,
    pub email: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl From<&Member> for Person {
    fn from(member: &Member) -> Self {
        Self { id: member.id, email: member.email.clone(), name: member.name.clone() }
    }
}

/// A request for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Absent: the server itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Author>,
    pub reason: String,
    pub at: Timestamp,
    /// The end of the agent's silence. Absent: the agent speaks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// A note of the project for itself. It is an entry, never a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    pub id: NoteId,
    pub author: Person,
    pub text: String,
    /// Members whom the note concerns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<MemberId>,
    /// Files of the note.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentId>,
    /// True if models read the note, as an instruction of the team.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub for_agent: bool,
}

/// The first thing that the customer's side has said since agent or person last answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unanswered {
    pub since: Timestamp,
    /// The entry of the message.
    pub seq: i64,
}

/// The people's part of a thread's head.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct People {
    /// The time since which the assignee holds the thread. Absent: nobody holds the thread.
    pub held_since: Option<Timestamp>,
    pub assignee: Option<MemberId>,
    /// The seconds for which the customer of the held thread waits until the thread is overdue. Absent: as the server says.
    pub idle_s: Option<i64>,
    /// Absent while a member holds the thread.
    pub wanted: Option<Wanted>,
    pub unanswered: Option<Unanswered>,
    /// The first entry about people that models read. Absent: the thread has none.
    pub first_seq: Option<i64>,
    /// The time at which the agent last asked for a person in silence by itself.
    pub agent_silent_at: Option<Timestamp>,
}

impl People {
    pub fn handling(&self) -> Handling {
        if self.held_since.is_some() { Handling::Person } else { Handling::Agent }
    }

    /// The member who holds the thread.
    pub fn holder(&self) -> Option<MemberId> {
        self.assignee.filter(|_| self.held_since.is_some())
    }

    /// The time at which the agent's silence ends by itself.
    pub fn silent_until(&self) -> Option<Timestamp> {
        self.wanted.as_ref().and_then(|wanted| wanted.until)
    }

    /// Tells whether the agent must not speak.
    pub fn is_silent(&self) -> bool {
        self.held_since.is_some() || self.silent_until().is_some()
    }

    /// Tells whether the inactivity window is suspended: a person speaks, or is waited for.
    pub fn is_window_suspended(&self) -> bool {
        self.held_since.is_some() || self.wanted.is_some()
    }

    /// Tells whether the thread is held, and its customer has waited for an answer for too long.
    /// `idle_s`: the server's seconds.
    pub fn is_overdue(&self, now: Timestamp, idle_s: i64) -> bool {
        let idle_s = self.idle_s.unwrap_or(idle_s);
        self.held_since.is_some() && self.unanswered.is_some_and(|one| one.since.plus_s(idle_s) <= now)
    }

    /// Records a message. A customer's message that needs an answer is unanswered until the end of its turn. A
    /// person's message answers everything.
    pub fn note_said(&mut self, (role, author): (Role, &Author), unasked: bool, at: Timestamp, seq: i64) {
        match (role, author) {
            (Role::User, _) if !unasked => {
                self.unanswered.get_or_insert(Unanswered { since: at, seq });
            }
            (Role::Agent, Author::Member { .. } | Author::Key { .. }) => self.unanswered = None,
            _ => {}
        }
    }
}

/// Tells whether a message of the agent's side was said by a person or a program in place of the agent.
pub fn is_of_team(role: Role, author: &Author) -> bool {
    role == Role::Agent && !matches!(author, Author::Agent { .. })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{AgentId, KeyId};

    #[test]
    fn what_customers_say_is_unanswered_until_a_person_answers() {
        let (id, at) = (Uuid::nil(), Timestamp(1_000_000));
        let (guest, agent) = (Author::Guest {}, Author::Agent { agent: AgentId(id) });
        let mut people = People::default();
        people.note_said((Role::User, &guest), true, at, 2);
        assert_eq!(people.unanswered, None, "it asked for no answer");
        people.note_said((Role::User, &guest), false, at, 3);
        people.note_said((Role::User, &guest), false, Timestamp(2_000_000), 4);
        people.note_said((Role::Agent, &agent), false, at, 5);
        people.note_said((Role::Tool, &agent), false, at, 6);
        assert_eq!(
            people.unanswered,
            Some(Unanswered { since: at, seq: 3 }),
            "the end of a turn answers, not its words"
        );
        people.held_since = Some(at);
        assert!(!people.is_overdue(Timestamp(60_999_999), 60) && people.is_overdue(Timestamp(61_000_000), 60));
        people.idle_s = Some(61);
        assert!(!people.is_overdue(Timestamp(61_000_000), 60) && people.is_overdue(Timestamp(62_000_000), 60));
        people.note_said((Role::Agent, &Author::Key { key: KeyId(id) }), false, at, 7);
        assert!(people.unanswered.is_none() && !people.is_overdue(Timestamp(i64::MAX), 60));
    }

    #[test]
    fn the_agent_is_silent_while_a_member_holds_the_thread_or_is_waited_for_in_silence() {
        let at = Some(Timestamp(1));
        let wanted = |until| Some(Wanted { by: None, reason: "refund".into(), at: Timestamp(1), until });
        for (held_since, wanted, is_silent, is_suspended) in [
            (None, None, false, false),
            (None, wanted(None), false, true),
            (None, wanted(at), true, true),
            (at, None, true, true),
        ] {
            let people = People { held_since, assignee: Some(MemberId(Uuid::nil())), wanted, ..People::default() };
            assert_eq!((people.is_silent(), people.is_window_suspended()), (is_silent, is_suspended));
            assert_eq!(people.holder().is_some(), held_since.is_some(), "an assignee holds nothing by itself");
        }
    }
}
