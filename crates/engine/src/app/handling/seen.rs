//! How far members have read threads.

use std::sync::Arc;

use domain::{Caller, Error, Result, ThreadId, caller::Scope};
use store::{Operation, Tx};

use super::{actor, member, require_member};
use crate::{App, app::access::bounds, inner::Inner};

impl App {
    /// Records that the member has read the thread up to the entry `seq`. An earlier entry changes nothing. Returns the
    /// newest entry that the member has read.
    ///
    /// # Errors
    /// `forbidden` without `write` and `impersonate`; `not_found`; `invalid` for an unknown member, or a position
    /// beyond the log.
    #[crate::boxed]
    pub async fn mark_seen(&self, caller: &Caller, thread: ThreadId, named: String, seq: i64) -> Result<i64> {
        require_member(caller)?;
        let inner = self.inner().clone();
        self.store.write(Mark { inner, caller: caller.clone(), thread, named, seq }).await
    }

    /// The newest entry of each of these threads that the member has read. 0: none.
    ///
    /// # Errors
    /// `forbidden` without `read`; `invalid`, at `seen_by`, for an unknown member.
    #[crate::boxed]
    pub async fn seen_by(&self, caller: &Caller, named: String, threads: Vec<ThreadId>) -> Result<Vec<i64>> {
        caller.require(Scope::Read)?;
        self.store.read(Of { caller: caller.clone(), named, threads }).await
    }
}

struct Mark {
    inner: Arc<Inner>,
    caller: Caller,
    thread: ThreadId,
    named: String,
    seq: i64,
}

impl Operation for Mark {
    type Out = i64;

    async fn run(self, tx: &mut Tx) -> Result<i64> {
        let Self { inner, caller, thread, named, seq } = self;
        let head = bounds::find(tx, &caller, thread).await?;
        let member = actor(tx, &caller, &named).await?;
        if seq < 0 || seq > head.last_seq {
            return Err(Error::field("seq", "must be a position of the thread's log"));
        }
        store::seen::put(tx, caller.project, (thread, member.id), seq, inner.clock.now()).await?;
        Ok(store::seen::find(tx, caller.project, thread, member.id).await?.unwrap_or(seq))
    }
}

struct Of {
    caller: Caller,
    named: String,
    threads: Vec<ThreadId>,
}

impl Operation for Of {
    type Out = Vec<i64>;

    async fn run(self, tx: &mut Tx) -> Result<Vec<i64>> {
        let Self { caller, named, threads } = self;
        let member = member(tx, &caller, "seen_by", &named).await?;
        let mut seen = Vec::with_capacity(threads.len());
        for thread in threads {
            seen.push(store::seen::find(tx, caller.project, thread, member.id).await?.unwrap_or(0));
        }
        Ok(seen)
    }
}
