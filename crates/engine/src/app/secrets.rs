//! Secrets that are in the database already: those in clear are sealed at the start, and all are resealed with a new
//! key on request.
//!
//! Each secret is a transaction of its own that replaces the text it has read. So the work stops and goes on anywhere,
//! and several processes may do it at once.

use std::collections::BTreeMap;

use domain::{Result, StoredSecret, codes};
use store::{
    op,
    secrets::{self, Column},
};

use crate::{
    App,
    inner::Inner,
    sealing::{Place, State},
};

/// Rows of one read. A row's secret may have megabytes.
const SLICE: i64 = 32;
/// Tries to replace a secret that others change meanwhile.
const TRIES: u32 = 5;

/// The secrets of a database, counted by their state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Sealed or resealed with the first key.
    pub rewritten: u64,
    /// Left in clear, because there is no key.
    pub clear: u64,
    /// Left as they are: nothing opens them, because they are damaged.
    pub damaged: u64,
    /// Left as they are: sealed with keys, by their ids, that are not known.
    pub unknown: BTreeMap<String, u64>,
}

impl App {
    /// Seals every secret of the installation with the first key.
    ///
    /// # Errors
    /// `conflict` without a key; errors of the store. Secrets that were resealed before the error stay so.
    #[crate::boxed]
    pub async fn reseal_secrets(&self) -> Result<Sealed> {
        self.sealing.ready(&self.clock)?;
        walk(self.inner(), |state| !matches!(state, State::Current)).await
    }
}

/// Seals every secret that is in clear.
pub(crate) async fn seal_clear(inner: &Inner) -> Result<Sealed> {
    walk(inner, |state| matches!(state, State::Clear)).await
}

/// Visits all secrets, and rewrites those in a state that `wants` names.
async fn walk(inner: &Inner, wants: impl Fn(&State) -> bool) -> Result<Sealed> {
    let mut sealed = Sealed::default();
    for &column in Column::ALL {
        let mut after = None;
        loop {
            let list = op(move |tx| Box::pin(async move { secrets::list(tx, column, after, SLICE).await }));
            let rows = inner.store.read(list).await?;
            let Some((last, of, _)) = rows.last() else { break };
            after = Some((*last, *of));
            for (row, project, head) in rows {
                match inner.sealing.state(&head) {
                    State::Clear if !inner.sealing.has_key() => sealed.clear += 1,
                    State::Unknown(id) => *sealed.unknown.entry(id).or_default() += 1,
                    state if wants(&state) => rewrite(inner, Place { project, column, row }, &mut sealed).await?,
                    _ => {}
                }
            }
        }
    }
    Ok(sealed)
}

async fn rewrite(inner: &Inner, place: Place, sealed: &mut Sealed) -> Result<()> {
    let Place { project, column, row } = place;
    for _ in 0..TRIES {
        let find = op(move |tx| Box::pin(async move { secrets::find(tx, column, project, row).await }));
        let Some(stored) = inner.store.read(find).await? else { return Ok(()) };
        let secret = match inner.sealing.open(&place, &stored) {
            Ok(secret) => secret,
            Err(error) if error.code == codes::SECRET_UNREADABLE => {
                tracing::error!(?error, "a secret was not resealed");
                sealed.damaged += 1;
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let new = inner.sealing.seal(&inner.clock, &place, &secret)?;
        if inner.store.write(replace(place, stored, new)).await? {
            sealed.rewritten += 1;
            return Ok(());
        }
    }
    // Others have written the secret each time, and they seal it too.
    Ok(())
}

fn replace(place: Place, old: StoredSecret, new: StoredSecret) -> impl store::Operation<Out = bool> {
    let Place { project, column, row } = place;
    op(move |tx| Box::pin(async move { secrets::replace(tx, column, project, row, &old, &new).await }))
}
