//! Ends the silences of agents for whom nobody came in time, and frees the threads of members who are gone.

use std::sync::Arc;

use domain::Result;
use store::op;
use tokio::sync::Notify;

use super::{Next, Round, Service};
use crate::{
    app::handling::silences::{Expire, Free},
    inner::Inner,
    reschedule::write,
};

/// Threads of each kind in one round.
const ROUND: i64 = 64;

#[derive(Default)]
pub struct Silences;

impl Service for Silences {
    const NAME: &'static str = "silences";

    fn bell(inner: &Inner) -> Option<&Notify> {
        Some(&inner.silences)
    }

    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        let now = inner.clock.now();
        let due = op(move |tx| Box::pin(async move { store::handling::due(tx, now, ROUND).await }));
        let mut did = 0;
        for (thread, project) in inner.store.read(due).await? {
            let expire = Expire { inner: inner.clone(), project, thread };
            let off = |now, later| {
                op(move |tx| {
                    Box::pin(async move { store::handling::reschedule(tx, project, thread, now, later).await })
                })
            };
            let ended = write(inner, project, &format!("the silence in thread {thread}"), expire, off).await?;
            did += u64::from(ended == Some(true));
        }
        let orphaned = op(|tx| Box::pin(store::handling::orphaned(tx, ROUND)));
        let mut freed = 0;
        for (thread, project, member) in inner.store.read(orphaned).await? {
            let free = Free { inner: inner.clone(), project, thread, member };
            freed += u64::from(inner.store.write(free).await?);
        }
        let next = match freed {
            0 => Next::At(inner.store.read(op(|tx| Box::pin(store::handling::next_due(tx)))).await?),
            _ => Next::Now,
        };
        Ok(Round { did: did + freed, next })
    }
}
