//! Message parts that name earlier uploads.

use domain::{AttachmentId, Caller, Error, Result, caller::Scope, codes, message::Part};
use store::op;

use crate::App;

impl App {
    /// The message part for a file that was uploaded before. For senders, who need no right to read.
    ///
    /// # Errors
    /// `forbidden` without `write`; `invalid` (`attachment_not_found`), at `path`, for an unknown or foreign id.
    #[crate::boxed]
    pub async fn file_part(&self, caller: &Caller, id: AttachmentId, path: &str) -> Result<Part> {
        caller.require(Scope::Write)?;
        let project = caller.project;
        let find = op(move |tx| Box::pin(async move { store::attachments::find(tx, project, id).await }));
        let Some(found) = self.store.read(find).await? else {
            return Err(Error {
                code: codes::ATTACHMENT_NOT_FOUND,
                ..Error::field(path, "must name an existing attachment")
            });
        };
        Ok(found.part())
    }
}
