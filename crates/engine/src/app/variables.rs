//! Variables of threads: what the places in an agent's instructions are filled with.

use domain::{
    Caller, Error, Limits, ProjectId, Result, ThreadId,
    caller::Scope,
    variables::{self, Variables},
};
use store::{Operation, Tx};

use super::bounds;
use crate::App;

impl App {
    /// The variables of each of the threads, in their order.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    pub async fn variables_of(&self, caller: &Caller, threads: &[ThreadId]) -> Result<Vec<Variables>> {
        caller.require_bound(Scope::Read)?;
        self.store.read(Of { caller: caller.clone(), threads: threads.to_vec() }).await
    }
}

/// # Errors
/// `invalid`, at `variables`.
pub(crate) fn check(variables: &Variables, limits: &Limits) -> Result<()> {
    crate::validate::at_most("variables", "variables", variables.len(), limits.variables)?;
    if let Some(bad) = variables.keys().find(|name| !variables::is_name(name)) {
        let shown: String = bad.chars().take(64).collect();
        let message = format!("must not be called `{shown}`: 1 to 64 characters without braces");
        return Err(Error::field("variables", message));
    }
    crate::validate::json_bytes("variables", variables, limits.metadata_bytes)
}

/// Sets these variables of the thread, which is locked; the others stay. Whether anything changed.
pub(crate) async fn merge(
    tx: &mut Tx,
    project: ProjectId,
    thread: ThreadId,
    more: Variables,
    limits: &Limits,
) -> Result<bool> {
    if more.is_empty() {
        return Ok(false);
    }
    let before = store::variables::of_thread(tx, project, thread).await?;
    let mut after = before.clone();
    after.extend(more);
    check(&after, limits)?;
    if after == before {
        return Ok(false);
    }
    store::variables::set(tx, project, thread, &after).await?;
    Ok(true)
}

struct Of {
    caller: Caller,
    threads: Vec<ThreadId>,
}

impl Operation for Of {
    type Out = Vec<Variables>;

    async fn run(self, tx: &mut Tx) -> Result<Vec<Variables>> {
        let mut all = Vec::new();
        for thread in self.threads {
            bounds::find(tx, &self.caller, thread).await?;
            all.push(store::variables::of_thread(tx, self.caller.project, thread).await?);
        }
        Ok(all)
    }
}
