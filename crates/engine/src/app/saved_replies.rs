//! Saved replies: texts of a project that members send again and again.

use domain::{Caller, Error, ProjectId, Result, SavedReplyId, caller::Scope, codes, project::SavedReply};
use store::{Operation, Tx, audit};

use crate::{
    App, Origin,
    app::access::audit::record,
    origin::{self, Taken},
    unknown, validate,
};

/// Changes of a saved reply. Absent fields stay as they are.
#[derive(Clone, Debug, Default)]
pub struct SavedReplyPatch {
    pub name: Option<String>,
    pub text: Option<String>,
}

impl App {
    /// # Errors
    /// `forbidden` without `write`; `invalid` for a name or a text beyond its limit; `conflict` for a name that another
    /// reply has, and beyond [`domain::Limits::saved_replies`], or for a reused origin key.
    #[crate::boxed]
    pub async fn create_saved_reply(
        &self,
        caller: &Caller,
        name: String,
        text: String,
        origin: Option<Origin>,
    ) -> Result<SavedReply> {
        caller.require(Scope::Write)?;
        let (id, at) = (SavedReplyId(self.clock.id()), self.clock.now());
        let reply = SavedReply { id, project: caller.project, name, text, created_at: at, updated_at: at };
        self.check(&reply)?;
        let most = i64::try_from(self.limits.saved_replies).unwrap_or(i64::MAX);
        let record = self.record(caller, "create_saved_reply");
        self.store.write(Create { caller: caller.clone(), reply, most, record, origin }).await
    }

    /// Replies of the caller's project beyond a name, by name.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn list_saved_replies(
        &self,
        caller: &Caller,
        after: Option<String>,
        limit: i64,
    ) -> Result<Vec<SavedReply>> {
        caller.require(Scope::Read)?;
        let project = caller.project;
        let list = store::op(move |tx| {
            Box::pin(async move { store::saved_replies::list(tx, project, after.as_deref(), limit).await })
        });
        self.store.read(list).await
    }

    /// # Errors
    /// `forbidden` without `read`; `not_found`.
    #[crate::boxed]
    pub async fn saved_reply(&self, caller: &Caller, id: SavedReplyId) -> Result<SavedReply> {
        caller.require(Scope::Read)?;
        let project = caller.project;
        let find = store::op(move |tx| Box::pin(async move { store::saved_replies::find(tx, project, id).await }));
        self.store.read(find).await?.ok_or_else(unknown::saved_reply)
    }

    /// # Errors
    /// As [`App::create_saved_reply`]; `not_found`.
    #[crate::boxed]
    pub async fn update_saved_reply(
        &self,
        caller: &Caller,
        id: SavedReplyId,
        patch: SavedReplyPatch,
    ) -> Result<SavedReply> {
        caller.require(Scope::Write)?;
        let (app, project, now) = (self.clone(), caller.project, self.clock.now());
        let record = self.record(caller, "change_saved_reply");
        let change = store::op(move |tx| {
            Box::pin(async move {
                let found = store::saved_replies::lock(tx, project, id).await?.ok_or_else(unknown::saved_reply)?;
                let name = patch.name.unwrap_or_else(|| found.name.clone());
                let text = patch.text.unwrap_or_else(|| found.text.clone());
                let reply = SavedReply { name, text, updated_at: now, ..found };
                app.check(&reply)?;
                refuse_taken(tx, project, &reply).await?;
                store::saved_replies::save(tx, &reply).await?;
                audit::insert(tx, &record).await?;
                Ok(reply)
            })
        });
        self.store.write(change).await
    }

    /// # Errors
    /// `forbidden` without `write`; `not_found`.
    #[crate::boxed]
    pub async fn delete_saved_reply(&self, caller: &Caller, id: SavedReplyId) -> Result<()> {
        caller.require(Scope::Write)?;
        let project = caller.project;
        let record = self.record(caller, "delete_saved_reply");
        let delete = store::op(move |tx| {
            Box::pin(async move {
                match store::saved_replies::delete(tx, project, id).await? {
                    0 => Err(unknown::saved_reply()),
                    _ => audit::insert(tx, &record).await,
                }
            })
        });
        self.store.write(delete).await
    }

    fn check(&self, reply: &SavedReply) -> Result<()> {
        validate::label("name", &reply.name, self.limits.name_chars)?;
        validate::text("text", &reply.text, self.limits.saved_reply_chars)
    }

    fn record(&self, caller: &Caller, action: &str) -> audit::Record {
        record(self.clock.id(), caller, action, self.clock.now())
    }
}

struct Create {
    caller: Caller,
    reply: SavedReply,
    /// Replies that the project may have.
    most: i64,
    record: audit::Record,
    origin: Option<Origin>,
}

impl Operation for Create {
    type Out = SavedReply;

    async fn run(self, tx: &mut Tx) -> Result<SavedReply> {
        let Self { caller, reply, most, record, origin } = self;
        let project = caller.project;
        if let Taken::Replay(id) =
            origin::take(tx, &caller, origin.as_ref(), None, reply.id.0, reply.created_at).await?
        {
            return store::saved_replies::find(tx, project, SavedReplyId(id)).await?.ok_or_else(unknown::saved_reply);
        }
        refuse_taken(tx, project, &reply).await?;
        if store::saved_replies::count(tx, project).await? >= most {
            let message = format!("A project has at most {most} saved replies");
            return Err(Error::conflict(codes::TOO_MANY_SAVED_REPLIES, message));
        }
        if !store::saved_replies::insert(tx, &reply).await? {
            return Err(taken());
        }
        audit::insert(tx, &record).await?;
        Ok(reply)
    }
}

/// # Errors
/// `conflict` if another reply has the name.
async fn refuse_taken(tx: &mut Tx, project: ProjectId, reply: &SavedReply) -> Result<()> {
    match store::saved_replies::find_by_name(tx, project, &reply.name).await? {
        Some(other) if other.id != reply.id => Err(taken()),
        _ => Ok(()),
    }
}

fn taken() -> Error {
    Error::conflict(codes::SAVED_REPLY_EXISTS, "The project already has a saved reply with this name")
}
