//! Checks whether the credentials of open answers are still valid, all in one statement.

use domain::{AgentId, CustomerId, KeyId, ProjectId, Result, SignInId, ThreadId, Timestamp};
use uuid::Uuid;

use crate::{Tx, guests};

/// The conditions under which an open answer may continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ground {
    pub project: ProjectId,
    /// The key, or the key from which a token was made. Absent for a guest of an agent, and for a member.
    pub key: Option<KeyId>,
    /// The browser's sign-in. Without a key, its member must exist.
    pub sign_in: Option<SignInId>,
    /// The thread that is read. Set for callers below the project.
    pub thread: Option<ThreadId>,
    /// The agent that the thread must belong to, and the line of keys that must own it.
    pub agent: Option<AgentId>,
    pub line: Option<KeyId>,
    /// The customer who must take part in the thread.
    pub customer: Option<CustomerId>,
    /// The generation of a token of the thread.
    pub generation: Option<u64>,
}

/// Highest number of grounds in one statement.
pub const ASKED_MAX: usize = 1_000;

impl Ground {
    /// Eight ids of 16 bytes; a nil id for each absent one.
    fn write(&self, out: &mut Vec<u8>) {
        let ids = [
            Some(self.project.0),
            self.key.map(|id| id.0),
            self.thread.map(|id| id.0),
            self.agent.map(|id| id.0),
            self.line.map(|id| id.0),
            self.customer.map(|id| id.0),
            self.sign_in.map(|id| id.0),
            self.generation.map(guests::generation_id),
        ];
        ids.into_iter().for_each(|id| out.extend(id.unwrap_or(Uuid::nil()).as_bytes()));
    }
}

/// The indexes of the grounds that are no longer valid, of at most [`ASKED_MAX`].
///
/// A ground is valid under these conditions. The key exists, is not revoked and has not expired. The thread exists, and
/// has the agent, the owner and the customer. A token of a thread is of the thread's present generation. The sign-in has
/// not ended, and its member exists. Without a key, the thread's agent lets guests in.
pub async fn dead(tx: &mut Tx, grounds: &[Ground], now: Timestamp) -> Result<Vec<i64>> {
    if grounds.is_empty() {
        return Ok(Vec::new());
    }
    let mut asked = Vec::new();
    grounds.iter().for_each(|ground| ground.write(&mut asked));
    tx.query(
        "WITH RECURSIVE places (place) AS (SELECT 0 UNION ALL SELECT place + 1 FROM places WHERE place + 1 < ?2),
         asked (place, project, key, thread, agent, line, customer, sign_in, generation, nil) AS (SELECT place,
             /*pg CAST(encode( */ substr(?1 /*pg ::bytea */, place * 128 + 1, 16) /*pg , 'hex') AS UUID) */,
             /*pg CAST(encode( */ substr(?1 /*pg ::bytea */, place * 128 + 17, 16) /*pg , 'hex') AS UUID) */,
             /*pg CAST(encode( */ substr(?1 /*pg ::bytea */, place * 128 + 33, 16) /*pg , 'hex') AS UUID) */,
             /*pg CAST(encode( */ substr(?1 /*pg ::bytea */, place * 128 + 49, 16) /*pg , 'hex') AS UUID) */,
             /*pg CAST(encode( */ substr(?1 /*pg ::bytea */, place * 128 + 65, 16) /*pg , 'hex') AS UUID) */,
             /*pg CAST(encode( */ substr(?1 /*pg ::bytea */, place * 128 + 81, 16) /*pg , 'hex') AS UUID) */,
             /*pg CAST(encode( */ substr(?1 /*pg ::bytea */, place * 128 + 97, 16) /*pg , 'hex') AS UUID) */,
             /*pg CAST(encode( */ substr(?1 /*pg ::bytea */, place * 128 + 113, 16) /*pg , 'hex') AS UUID) */,
             ?4 /*pg ::uuid */ FROM places)
         SELECT CAST(place AS BIGINT) FROM asked WHERE NOT (
             (key = nil OR EXISTS (SELECT 1 FROM keys k WHERE k.id = asked.key AND k.project_id = asked.project
                 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > ?3)))
             AND (sign_in = nil OR EXISTS (SELECT 1 FROM sign_ins s WHERE s.id = asked.sign_in AND s.project_id = asked.project
                 AND s.ends_at > ?3 AND (s.member_id IS NULL OR EXISTS (SELECT 1 FROM members m
                     WHERE m.id = s.member_id AND m.project_id = s.project_id))))
             AND (thread = nil OR EXISTS (SELECT 1 FROM threads t WHERE t.id = asked.thread AND t.project_id = asked.project
                 AND (asked.agent = nil OR t.agent_id = asked.agent)
                 AND (asked.line = nil OR t.owner_line_id = asked.line)
                 AND (asked.customer = nil OR EXISTS (SELECT 1 FROM thread_customers c
                     JOIN customers p ON p.id = c.customer_id
                     WHERE c.thread_id = t.id AND c.customer_id = asked.customer))
                 AND (asked.generation = nil OR asked.generation = COALESCE(
                     (SELECT o.generation FROM guest_threads o WHERE o.thread_id = t.id), ?5 /*pg ::uuid */))
                 AND (asked.key <> nil OR EXISTS (SELECT 1 FROM agents g
                     WHERE g.project_id = t.project_id AND g.id = t.agent_id AND g.lets_guests_in)))))",
        &[&asked, &(grounds.len() as i32), &now, &Uuid::nil(), &guests::generation_id(0)],
    )
    .await
}
