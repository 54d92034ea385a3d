//! Files of guests. A guest names only files that were sent to the own thread.

use std::sync::Arc;

use domain::{
    AttachmentId, Caller, Error, Kind, Result, ThreadId,
    attachment::Attachment,
    caller::{Scope, Subject},
    codes,
    guests::Files,
    message::Part,
};
use futures_util::Stream;
use store::{Operation, Tx, attachments, op};

use super::{Create, with_content};
use crate::{App, Origin, app::access::bounds, inner::Inner, unknown};

impl App {
    /// Stores a file that a guest sends to the own thread, while it arrives. A message names the file afterwards.
    ///
    /// # Errors
    /// `not_found`; `forbidden` for anybody but a token of the thread, where the agent takes no files (`guests_may_not`),
    /// beyond [`domain::Limits::guest_files`] (`too_many_files`), and beyond the project's quota; `invalid`
    /// (`file_not_taken`) for another type; `too_large`; `conflict` for a reused origin key; the errors of `bytes`.
    pub async fn upload_as_guest<B: AsRef<[u8]>>(
        &self,
        caller: &Caller,
        thread: ThreadId,
        name: &str,
        bytes: impl Stream<Item = Result<B>> + Send,
        origin: Option<Origin>,
    ) -> Result<Attachment> {
        caller.require_bound(Scope::Write)?;
        let files = self.files_of_guests(caller, thread).await?;
        let most = u64::try_from(files.bytes).unwrap_or(0).min(self.limits.upload_bytes);
        let attachment = Attachment { thread: Some(thread), ..self.store_bytes(caller, name, most, bytes).await? };
        if !files.takes(&attachment.media_type) {
            let refused = Error::field("file", format!("is of the type {}, which is not taken", attachment.media_type));
            return Err(Error { code: codes::FILE_NOT_TAKEN, ..refused });
        }
        let origin = origin.map(|origin| with_content(origin, &attachment));
        let create = Create { inner: self.inner().clone(), caller: caller.clone(), attachment, origin };
        self.store.write(Count { inner: self.inner().clone(), thread, create }).await
    }

    /// The parts of a message that name files of the thread's guests.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread; `invalid` (`attachment_not_found`), at `path`, for an id of
    /// anything but a file that was sent to the thread.
    #[crate::boxed]
    pub async fn files_as_guest(
        &self,
        caller: &Caller,
        thread: ThreadId,
        ids: Vec<AttachmentId>,
        path: &str,
    ) -> Result<Vec<Part>> {
        caller.require_bound(Scope::Write)?;
        let (caller, path) = (caller.clone(), path.to_owned());
        let find = op(move |tx| {
            Box::pin(async move {
                bounds::check(tx, &caller, thread).await?;
                let found = attachments::some(tx, caller.project, &ids).await?;
                let of = |(at, id): (usize, AttachmentId)| {
                    let own = found.iter().find(|own| own.id == id && own.thread == Some(thread));
                    own.map(Attachment::part).ok_or_else(|| Error {
                        code: codes::ATTACHMENT_NOT_FOUND,
                        ..Error::field(format!("{path}.{at}"), "must name a file that was sent to this thread")
                    })
                };
                ids.into_iter().enumerate().map(of).collect::<Result<Vec<Part>>>()
            })
        });
        self.store.read(find).await
    }

    async fn files_of_guests(&self, caller: &Caller, thread: ThreadId) -> Result<Files> {
        let (caller, subject) = (caller.clone(), caller.subject);
        let look = op(move |tx| {
            Box::pin(async move {
                let found = bounds::find(tx, &caller, thread).await?;
                let agent = store::agents::find(tx, found.project, found.agent).await?.ok_or_else(unknown::agent)?;
                Ok(agent.settings.guests.and_then(|guests| guests.files))
            })
        });
        let files = self.store.read(look).await?;
        if !matches!(subject, Subject::Thread(_)) {
            return Err(Error::forbidden("Only the token of a guest sends files to its thread"));
        }
        files.ok_or_else(|| {
            Error::new(Kind::Forbidden, codes::GUESTS_MAY_NOT, "Guests of this agent may not send files")
        })
    }
}

struct Count {
    inner: Arc<Inner>,
    thread: ThreadId,
    create: Create,
}

impl Operation for Count {
    type Out = Attachment;

    async fn run(self, tx: &mut Tx) -> Result<Attachment> {
        let Self { inner, thread, create } = self;
        let (project, new) = (create.caller.project, create.attachment.id);
        let attachment = create.run(tx).await?;
        // A replay stores nothing.
        if attachment.id == new && store::guests::count_file(tx, project, thread).await? > most(&inner) {
            let message = "This conversation takes no more files";
            return Err(Error::new(Kind::Forbidden, codes::TOO_MANY_FILES, message));
        }
        Ok(attachment)
    }
}

fn most(inner: &Inner) -> i64 {
    i64::try_from(inner.limits.guest_files).unwrap_or(i64::MAX)
}
