//! Narrows a search: the texts that may contain the sought one, by the index and by what is not indexed yet. A text
//! outside of them does not contain it; a text among them may.
//!
//! A search that narrows too little is not narrowed: then the text is common, and the newest messages have it.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    MessageId, ProjectId, Result, ThreadId,
    trigrams::{self, Kind},
};
use store::{
    Tx,
    search::{self, Doc, Indexed},
};

/// Most messages and most titles of the index that narrow a search.
const MESSAGES: i64 = 20_000;
const TITLES: i64 = 2_000;
/// Most texts that are not indexed yet, of each kind.
const FRESH: i64 = 5_000;

/// Messages that may contain a text.
pub(crate) struct Messages {
    /// Messages above this id are not indexed.
    pub(crate) indexed_to: MessageId,
    /// Messages up to it that may contain the text, newest first.
    pub(crate) ids: Vec<MessageId>,
}

/// The messages of a project that may contain the folded text. `None` if all may.
pub(crate) async fn messages(tx: &mut Tx, project: ProjectId, folded: &str) -> Result<Option<Messages>> {
    let Some(indexed) = search::of_project(tx, project).await? else { return Ok(None) };
    let Some(docs) = narrowed(tx, project, indexed, Kind::Message, folded).await? else { return Ok(None) };
    let indexed_to = indexed.messages_to;
    let ids: BTreeSet<MessageId> = docs.iter().map(|doc| MessageId(doc.id)).filter(|id| *id <= indexed_to).collect();
    Ok(Some(Messages { indexed_to, ids: ids.into_iter().rev().collect() }))
}

/// The threads whose titles may contain the folded text, oldest first. `None` if all may.
pub(crate) async fn titles(tx: &mut Tx, project: ProjectId, folded: &str) -> Result<Option<BTreeSet<ThreadId>>> {
    let Some(indexed) = search::of_project(tx, project).await? else { return Ok(None) };
    titled(tx, project, indexed, folded).await
}

async fn titled(tx: &mut Tx, project: ProjectId, indexed: Indexed, folded: &str) -> Result<Option<BTreeSet<ThreadId>>> {
    let Some(docs) = narrowed(tx, project, indexed, Kind::Title, folded).await? else { return Ok(None) };
    let fresh = search::threads_above(tx, project, indexed.titles_to, FRESH + 1).await?;
    if fresh.len() as i64 > FRESH {
        return Ok(None);
    }
    Ok(Some(docs.into_iter().map(|doc| doc.thread).chain(fresh).collect()))
}

/// The threads whose titles or messages may contain the folded text, oldest first, each with the messages that may.
/// `None` if all may.
pub(crate) async fn threads(
    tx: &mut Tx,
    project: ProjectId,
    folded: &str,
) -> Result<Option<BTreeMap<ThreadId, BTreeMap<i64, MessageId>>>> {
    let Some(indexed) = search::of_project(tx, project).await? else { return Ok(None) };
    let Some(titles) = titled(tx, project, indexed, folded).await? else { return Ok(None) };
    let Some(docs) = narrowed(tx, project, indexed, Kind::Message, folded).await? else { return Ok(None) };
    let fresh = search::messages_above(tx, project, indexed.messages_to, FRESH + 1).await?;
    if fresh.len() as i64 > FRESH {
        return Ok(None);
    }
    let mut threads: BTreeMap<ThreadId, BTreeMap<i64, MessageId>> =
        titles.into_iter().map(|thread| (thread, BTreeMap::new())).collect();
    for doc in docs.into_iter().chain(fresh) {
        threads.entry(doc.thread).or_default().insert(doc.seq, MessageId(doc.id));
    }
    Ok(Some(threads))
}

/// The noted texts, and the indexed ones that match. `None` if that are too many, or if the text is too short for the
/// index.
///
/// `indexed` was read before. A text that is indexed meanwhile is found twice, and none is missed: a note is removed
/// only after its text is indexed.
async fn narrowed(
    tx: &mut Tx,
    project: ProjectId,
    indexed: Indexed,
    kind: Kind,
    folded: &str,
) -> Result<Option<Vec<Doc>>> {
    let tokens = trigrams::of_search(indexed.number, kind, folded);
    if tokens.is_empty() {
        return Ok(None);
    }
    let mut docs = search::late_of_project(tx, project, kind == Kind::Title, FRESH + 1).await?;
    if docs.len() as i64 > FRESH {
        return Ok(None);
    }
    let most = if kind == Kind::Title { TITLES } else { MESSAGES };
    let matching = search::matching(tx, &tokens, &trigrams::wide(indexed.number, kind), most + 1).await?;
    if matching.len() as i64 > most {
        return Ok(None);
    }
    docs.extend(matching);
    Ok(Some(docs))
}
