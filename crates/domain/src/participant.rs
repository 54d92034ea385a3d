//! Participants: those who have written in a thread.

use uuid::Uuid;

use crate::{Timestamp, author::Author, controls::words};

/// Most participants that a thread keeps: its creator, and the latest writers.
pub const MOST: usize = 50;

words! {
    Kind {
        /// A program with a key.
        Key = "key",
        /// A person of the project.
        Member = "member",
        /// A person outside of it.
        Customer = "customer",
    }
}

/// Somebody who has written in a thread. Agents do not count, and guests have no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Participant {
    /// Id of the key, the member or the customer.
    pub id: Uuid,
    pub kind: Kind,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

/// Records that `author` has written at `at`. The list is in the order of first messages, so the creator of the thread
/// comes first.
pub fn note(participants: &mut Vec<Participant>, author: &Author, at: Timestamp) {
    let (id, kind) = match author {
        Author::Key { key } => (key.0, Kind::Key),
        Author::Member { member, .. } => (member.0, Kind::Member),
        Author::Customer { customer, .. } => (customer.0, Kind::Customer),
        // A guest has no id by which to recognize them.
        Author::Agent { .. } | Author::Guest {} => return,
    };
    if let Some(known) = participants.iter_mut().find(|p| p.id == id) {
        known.last_at = at;
        return;
    }
    if participants.len() >= MOST {
        let silent = participants.iter().enumerate().skip(1).min_by_key(|(_, p)| p.last_at).map(|(i, _)| i);
        silent.map(|i| participants.remove(i));
    }
    participants.push(Participant { id, kind, first_at: at, last_at: at });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AgentId, KeyId};

    fn key(n: u128) -> Author {
        Author::Key { key: KeyId(Uuid::from_u128(n)) }
    }

    #[test]
    fn a_participant_is_noted_once_with_its_first_and_last_message() {
        let mut all = Vec::new();
        note(&mut all, &key(1), Timestamp(1));
        note(&mut all, &Author::Agent { agent: AgentId(Uuid::from_u128(9)) }, Timestamp(2));
        note(&mut all, &key(2), Timestamp(3));
        note(&mut all, &key(1), Timestamp(4));
        let seen: Vec<_> = all.iter().map(|p| (p.id.as_u128(), p.first_at.0, p.last_at.0)).collect();
        assert_eq!(seen, [(1, 1, 4), (2, 3, 3)]);
    }

    #[test]
    fn of_more_than_are_remembered_the_first_and_the_newest_stay() {
        let mut all = Vec::new();
        for n in 0..MOST as u128 {
            note(&mut all, &key(n), Timestamp(n as i64));
        }
        note(&mut all, &key(1), Timestamp(1_000));
        note(&mut all, &key(500), Timestamp(1_001));
        assert_eq!(all.len(), MOST);
        let has = |n: u128| all.iter().any(|p| p.id.as_u128() == n);
        assert!(has(0) && has(1) && !has(2) && has(3) && has(500));
        assert_eq!(all[0].id.as_u128(), 0);
    }
}
