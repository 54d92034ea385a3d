//! Whose an agent's threads are: those of a line of keys, or of the customers who take part.

use domain::{AgentId, CustomerId, KeyId, ProjectId, Result, ThreadId};

use crate::Tx;

/// Of an agent's threads: whose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Those that belong to a line of keys.
    Line(KeyId),
    /// Those in which the customer takes part.
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

/// Whether the thread is one of the agent's, and the holder's.
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
