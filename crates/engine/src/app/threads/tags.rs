//! Tags. A project has tags with colours, and a thread may have these and others.

use std::sync::Arc;

use domain::{
    Caller, Error, ProjectId, Result, ThreadId,
    caller::Scope,
    codes,
    event::Event,
    tag::{self, Tag},
};
use store::{Operation, Tx, op};
use uuid::Uuid;

use crate::{App, app::keyed::Keyed, inner::Inner, journal::Journal, unknown, validate};

impl App {
    /// Creates a tag in the project, or changes the colour of an existing one.
    ///
    /// # Errors
    /// `forbidden` without `write`; `invalid` for a name that is not plain ([`tag::is_plain`]), or if the project has
    /// reached its limit.
    #[crate::boxed]
    pub async fn define_tag(&self, caller: &Caller, tag: Tag) -> Result<Tag> {
        let define = self.defining(caller, &tag)?;
        self.store.write(define).await?;
        Ok(tag)
    }

    fn defining(&self, caller: &Caller, tag: &Tag) -> Result<Define> {
        caller.require(Scope::Write)?;
        if !tag::is_plain(&tag.name) {
            let rule = "must be 1 to 64 lower-case letters, digits, `_` and `-`, and begin with a letter or a digit";
            return Err(Error::field("name", rule));
        }
        Ok(Define { project: caller.project, tag: tag.clone(), most: self.limits.project_tags as i64 })
    }

    /// All tags of the caller's project, by name.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn list_tags(&self, caller: &Caller) -> Result<Vec<Tag>> {
        caller.require(Scope::Read)?;
        let (project, most) = (caller.project, self.limits.project_tags as i64);
        self.store.read(op(move |tx| Box::pin(async move { store::tags::list(tx, project, None, most).await }))).await
    }

    /// Replaces the thread's tags; duplicates count once. With `known`, only tags of the project are allowed.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread. `forbidden` without `write`. `invalid`, at `tags` or `tags.<n>`,
    /// for too many, or a name that is not a line of text; with `known` for a foreign tag (`tag_not_found`).
    #[crate::boxed]
    pub async fn set_thread_tags(
        &self,
        caller: &Caller,
        thread: ThreadId,
        names: Vec<String>,
        known: bool,
    ) -> Result<Vec<Tag>> {
        caller.require(Scope::Write)?;
        validate::tag_names(&names, &self.limits)?;
        self.store.write(Set { inner: self.inner().clone(), caller: caller.clone(), thread, names, known }).await
    }
}

impl Keyed<'_> {
    /// A replay returns the tag as it was defined.
    ///
    /// # Errors
    /// As [`App::define_tag`]; `conflict` for a reused origin key.
    #[crate::boxed]
    pub async fn define_tag(&self, caller: &Caller, tag: Tag) -> Result<Tag> {
        let define = self.app.defining(caller, &tag)?;
        self.once(caller, None, define, |()| Uuid::nil()).await?;
        Ok(tag)
    }
}

struct Define {
    project: ProjectId,
    tag: Tag,
    /// Most tags of the project.
    most: i64,
}

impl Operation for Define {
    type Out = ();

    async fn run(self, tx: &mut Tx) -> Result<()> {
        let Self { project, tag, most } = self;
        // Locked, so that two concurrent inserts do not exceed the limit.
        store::projects::lock(tx, project).await?;
        let known = store::tags::find(tx, project, &tag.name).await?.is_some();
        if !known && store::tags::count(tx, project).await? >= most {
            let full = Error::field("name", format!("the project already has {most} tags"));
            return Err(Error { code: codes::TOO_MANY_TAGS, ..full });
        }
        store::tags::define(tx, project, &tag).await
    }
}

struct Set {
    inner: Arc<Inner>,
    caller: Caller,
    thread: ThreadId,
    names: Vec<String>,
    known: bool,
}

impl Operation for Set {
    type Out = Vec<Tag>;

    async fn run(self, tx: &mut Tx) -> Result<Vec<Tag>> {
        let Self { inner, caller, thread, names, known } = self;
        let mut journal =
            Journal::open(tx, caller.project, thread, inner.clock.now()).await?.ok_or_else(unknown::thread)?;
        let tags = put(tx, &mut journal, names, known).await?;
        journal.write(tx, &inner).await?;
        Ok(tags)
    }
}

/// Replaces the tags of the journal's thread, and appends the change if there is one. The names are already checked.
///
/// # Errors
/// `invalid`, at `tags.<n>`, with `known` for a tag that the project does not have.
pub(crate) async fn put(tx: &mut Tx, journal: &mut Journal, mut names: Vec<String>, known: bool) -> Result<Vec<Tag>> {
    let (project, thread) = (journal.thread.project, journal.thread.id);
    if known {
        for (i, name) in names.iter().enumerate() {
            if store::tags::find(tx, project, name).await?.is_none() {
                let unknown = Error::field(format!("tags.{i}"), "Tag does not exist");
                return Err(Error { code: codes::TAG_NOT_FOUND, ..unknown });
            }
        }
    }
    names.sort_unstable();
    names.dedup();
    let before = store::tags::of_thread(tx, project, thread).await?;
    if before.iter().map(|tag| &tag.name).eq(&names) {
        return Ok(before);
    }
    store::tags::set(tx, project, thread, &names).await?;
    let changed = [("tags".to_owned(), names.into())].into_iter().collect();
    journal.append(None, Event::ThreadUpdated { changed });
    store::tags::of_thread(tx, project, thread).await
}
