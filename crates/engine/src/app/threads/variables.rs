//! Variables of threads: values of the placeholders in an agent's instructions.

use domain::{
    Error, Limits, ProjectId, Result, ThreadId,
    thread::Thread,
    variables::{self, Variables},
};
use store::{Operation, Tx};

use crate::App;

impl App {
    /// The variables of threads that the caller already has, in their order.
    ///
    /// # Errors
    /// Errors of the store.
    #[crate::boxed]
    pub async fn variables_of(&self, threads: &[Thread]) -> Result<Vec<Variables>> {
        let ids = threads.iter().map(|thread| (thread.project, thread.id)).collect();
        self.store.read(Of(ids)).await
    }
}

/// # Errors
/// `invalid`, at `variables`.
pub(crate) fn check(variables: &Variables, limits: &Limits) -> Result<()> {
    crate::validate::at_most("variables", "variables", variables.len(), limits.variables)?;
    if let Some(bad) = variables.keys().find(|name| !variables::is_name(name)) {
        let shown: String = bad.chars().take(64).collect();
        let message = format!("must have names of 1 to 64 characters without braces; `{shown}` is not one");
        return Err(Error::field("variables", message));
    }
    crate::validate::json_bytes("variables", variables, limits.metadata_bytes)
}

/// Sets these variables of the thread, which is locked, and keeps the others. Returns whether anything changed.
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
    let mut all = store::variables::of_thread(tx, project, thread).await?;
    all.extend(more);
    replace(tx, project, thread, all, limits).await
}

/// Replaces all variables of the thread, which is locked. Returns whether anything changed.
pub(crate) async fn replace(
    tx: &mut Tx,
    project: ProjectId,
    thread: ThreadId,
    all: Variables,
    limits: &Limits,
) -> Result<bool> {
    check(&all, limits)?;
    if store::variables::of_thread(tx, project, thread).await? == all {
        return Ok(false);
    }
    store::variables::set(tx, project, thread, &all).await?;
    Ok(true)
}

struct Of(Vec<(ProjectId, ThreadId)>);

impl Operation for Of {
    type Out = Vec<Variables>;

    async fn run(self, tx: &mut Tx) -> Result<Vec<Variables>> {
        let mut all = Vec::new();
        for (project, thread) in self.0 {
            all.push(store::variables::of_thread(tx, project, thread).await?);
        }
        Ok(all)
    }
}
