//! Attachments that are pictures.

use domain::{AttachmentId, Caller, Error, Result, ThreadId, attachment::Attachment, caller::Scope};
use futures_util::Stream;
use store::op;

use super::{Create, with_content};
use crate::{App, Origin, quotas::Growth, unknown};

impl App {
    /// Like [`App::upload`], for one of the picture types that models read. `thread` is the thread that the sender
    /// names.
    ///
    /// # Errors
    /// As [`App::upload`]; `invalid` for bytes of another type; `not_found` for an unknown or foreign thread.
    pub async fn upload_image<B: AsRef<[u8]>>(
        &self,
        caller: &Caller,
        name: &str,
        thread: Option<ThreadId>,
        bytes: impl Stream<Item = Result<B>> + Send,
        origin: Option<Origin>,
    ) -> Result<Attachment> {
        caller.require(Scope::Write)?;
        let attachment =
            Attachment { thread, ..self.store_bytes(caller, name, self.limits.upload_bytes, bytes).await? };
        if !attachment.is_image() {
            return Err(Error::field("file", "must be a PNG, JPEG, GIF or WebP picture"));
        }
        let origin = origin.map(|origin| with_content(origin, &attachment));
        self.store.write(Create { inner: self.inner().clone(), caller: caller.clone(), attachment, origin }).await
    }

    /// The project's pictures, newest first, starting at `offset`: uploads, and pictures within messages.
    ///
    /// # Errors
    /// `forbidden` without `read`.
    #[crate::boxed]
    pub async fn list_images(&self, caller: &Caller, offset: i64, limit: i64) -> Result<Vec<Attachment>> {
        caller.require(Scope::Read)?;
        let project = caller.project;
        let list = op(move |tx| Box::pin(async move { store::attachments::images(tx, project, offset, limit).await }));
        self.store.read_long(list).await
    }

    /// Deletes the picture. Messages keep its id, and nobody can read its bytes through it.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign id, and for an attachment that is not a picture.
    #[crate::boxed]
    pub async fn delete_image(&self, caller: &Caller, id: AttachmentId) -> Result<()> {
        caller.require(Scope::Write)?;
        let (inner, project) = (self.inner().clone(), caller.project);
        let delete = op(move |tx| {
            Box::pin(async move {
                let found = store::attachments::find(tx, project, id).await?;
                let image = found.filter(Attachment::is_image).ok_or_else(unknown::image)?;
                let mut growth = Growth::new(project);
                if store::attachments::delete(tx, project, id).await? > 0 {
                    growth.no_attachment(&image);
                }
                growth.settle(tx, &inner.quotas)
            })
        });
        self.store.write(delete).await
    }
}
