//! Feeds the index of searches: by the order of ids, a bounded step of each project at a time, and then the texts that
//! the order passes by. No accept waits for it, and a search reads what is not indexed yet.

use std::{sync::Arc, time::Duration};

use domain::{
    MessageId, ProjectId, Result, ThreadId,
    trigrams::{self, Kind},
};
use store::{
    Bound, Operation, Tx, op,
    search::{self, Doc, Indexed, Late},
};
use tokio::sync::Notify;
use uuid::Uuid;

use super::{Next, Round, Service};
use crate::inner::Inner;

/// Messages and titles of one transaction, and bytes of the messages.
const STEP: i64 = 64;
const STEP_BYTES: i64 = 128 << 10;
/// Projects that are looked at in one read.
const PROJECTS: i64 = 100;
/// Pause when nothing is left to index. Messages gather meanwhile, and few large writes cost less than many small ones.
const EVERY: Duration = Duration::from_secs(10);

#[derive(Default)]
pub struct Index;

impl Service for Index {
    const NAME: &'static str = "index of searches";

    fn pause(_: &Inner) -> Duration {
        EVERY
    }

    fn bell(inner: &Inner) -> Option<&Notify> {
        Some(&inner.indexing.bell)
    }

    /// A step of each project that is behind, and one of the late texts.
    async fn round(&mut self, inner: &Arc<Inner>) -> Result<Round> {
        let below = inner.indexing.horizon(&inner.clock);
        let (mut did, mut after) = (0, None);
        loop {
            let behind = op(move |tx| Box::pin(search::behind(tx, after, below, PROJECTS)));
            let projects = inner.store.read(behind).await?;
            for project in &projects {
                did += feed(inner, *project, below).await;
            }
            after = projects.last().copied();
            if (projects.len() as i64) < PROJECTS {
                break;
            }
        }
        did += catch_up(inner).await?;
        Ok(Round { did, next: if did > 0 { Next::Now } else { Next::After(EVERY) } })
    }
}

/// Indexes some of the project. A project that cannot be read leaves the others alone.
async fn feed(inner: &Arc<Inner>, project: ProjectId, below: Uuid) -> u64 {
    match inner.store.write(Feed { project, below }).await {
        Ok(indexed) => indexed,
        Err(error) => {
            tracing::error!(?error, %project, "a project cannot be indexed for searches; searches read its messages");
            0
        }
    }
}

/// One step of a project. What it reads and what it writes is one transaction, so a death leaves nothing out and writes
/// nothing twice.
struct Feed {
    project: ProjectId,
    below: Uuid,
}

impl Operation for Feed {
    type Out = u64;

    async fn run(self, tx: &mut Tx) -> Result<u64> {
        let Self { project, below } = self;
        let mut indexed = locked(tx, project).await?;
        let mut docs = Vec::new();
        let bound = Bound::page(STEP, STEP_BYTES);
        let messages = search::unindexed(tx, project, indexed.messages_to, below, bound).await?;
        for message in &messages.rows {
            let tokens = trigrams::of_text(indexed.number, Kind::Message, &message.body.plain_text());
            docs.push((Doc::message(message), tokens));
            indexed.messages_to = message.id;
        }
        let titles = search::untitled(tx, project, indexed.titles_to, below, STEP).await?;
        for (thread, title) in &titles {
            let title = title.as_deref().unwrap_or_default();
            docs.push((Doc::title(*thread), trigrams::of_text(indexed.number, Kind::Title, title)));
            indexed.titles_to = *thread;
        }
        search::put(tx, &docs).await?;
        search::advance(tx, project, indexed).await?;
        Ok(docs.len() as u64)
    }
}

/// How far the project is indexed, locked.
async fn locked(tx: &mut Tx, project: ProjectId) -> Result<Indexed> {
    if let Some(indexed) = search::lock(tx, project).await? {
        return Ok(indexed);
    }
    search::begin(tx, project).await?;
    let begun = search::lock(tx, project).await?;
    begun.ok_or_else(|| domain::Error::internal(format!("search_projects has no row of {project}")))
}

/// Indexes noted texts. Returns their number.
async fn catch_up(inner: &Arc<Inner>) -> Result<u64> {
    let late = inner.store.read(op(|tx| Box::pin(search::late(tx, STEP)))).await?;
    let mut did = 0;
    for noted in late {
        let index = op(move |tx| Box::pin(async move { index_late(tx, noted).await }));
        match inner.store.write(index).await {
            Ok(()) => did += 1,
            Err(error) => tracing::error!(?error, ?noted, "a changed text cannot be indexed for searches"),
        }
    }
    Ok(did)
}

async fn index_late(tx: &mut Tx, noted: Late) -> Result<()> {
    let Late { project, doc, .. } = noted;
    let indexed = locked(tx, project).await?;
    let is_title = doc.seq == 0;
    let passed =
        if is_title { ThreadId(doc.id) <= indexed.titles_to } else { MessageId(doc.id) <= indexed.messages_to };
    // The order of ids comes to all others by itself.
    if passed {
        let tokens = match is_title {
            true => {
                let thread = store::threads::find(tx, project, doc.thread).await?;
                thread.map(|thread| trigrams::of_text(indexed.number, Kind::Title, &thread.title.unwrap_or_default()))
            }
            false => {
                let message = search::said(tx, project, doc.thread, doc.seq).await?;
                message.map(|said| trigrams::of_text(indexed.number, Kind::Message, &said.body.plain_text()))
            }
        };
        if let Some(tokens) = tokens {
            search::put(tx, &[(doc, tokens)]).await?;
        }
    }
    search::forget_late(tx, &noted).await
}
