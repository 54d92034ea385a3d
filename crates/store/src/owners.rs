//! The owners of an agent's threads: a line of keys, or the customers who take part.

use domain::{AgentId, CustomerId, KeyId, ProjectId, Result, ThreadId};

use crate::Tx;

/// The owner of some of an agent's threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// The threads of a line of keys.
    Line(KeyId),
    /// The threads in which the customer takes part.
    Customer(CustomerId),
}

impl Holder {
    pub(crate) fn ids(self) -> (Option<KeyId>, Option<CustomerId>) {
        match self {
            Self::Line(line) => (Some(line), None),
            Self::Customer(customer) => (None, Some(customer)),
        }
    }
}

/// Gives the thread to a line of keys.
pub async fn give_to(tx: &mut Tx, project: ProjectId, id: ThreadId, line: KeyId) -> Result<()> {
    tx.execute("UPDATE threads SET owner_line_id = ?3 WHERE id = ?1 AND project_id = ?2", &[&id, &project, &line])
        .await
        .map(drop)
}

/// Tells whether the thread belongs to the agent and to the holder.
pub async fn is_held(tx: &mut Tx, project: ProjectId, id: ThreadId, agent: AgentId, holder: Holder) -> Result<bool> {
    let (line, customer) = holder.ids();
    let held = tx
        .query_opt(
            "SELECT EXISTS (SELECT 1 FROM threads WHERE id = ?1 AND project_id = ?2 AND agent_id = ?3
             AND (owner_line_id = ?4 OR EXISTS (SELECT 1 FROM thread_customers c
                  JOIN customers p ON p.id = c.customer_id WHERE c.thread_id = threads.id AND c.customer_id = ?5)))",
            &[&id, &project, &agent, &line, &customer],
        )
        .await?;
    Ok(held.unwrap_or(false))
}
