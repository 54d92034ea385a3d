//! Attachments: bytes stored once by their hash, with a name and a type for each upload.

mod file_name;
mod guests;
mod images;
mod media_type;
mod parts;

use std::{ops::Range, pin::pin, sync::Arc};

use domain::{AttachmentId, Caller, Error, Result, ThreadId, attachment::Attachment, caller::Scope, project::Stored};
use futures_util::{Stream, StreamExt, stream};
use store::{Operation, Tx, Upload, op};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt, Take},
};

use self::{file_name::file_name, media_type::Sniffer};
use super::access::bounds;
use crate::{
    App, Origin,
    inner::Inner,
    origin::{self, Taken},
    quotas::Growth,
    unknown,
};

impl App {
    /// Stores a file while it arrives. Its type is detected from the bytes. `origin` has the fingerprint of everything
    /// except the bytes.
    ///
    /// # Errors
    /// `forbidden` without `write`, or beyond the project's quota (`quota_exceeded`). `invalid` for a name beyond its
    /// limit. `too_large` for such a file. `conflict` for a reused origin key. `unavailable` if the disk is full; the
    /// errors of `bytes`.
    pub async fn upload<B: AsRef<[u8]>>(
        &self,
        caller: &Caller,
        name: &str,
        bytes: impl Stream<Item = Result<B>> + Send,
        origin: Option<Origin>,
    ) -> Result<Attachment> {
        caller.require(Scope::Write)?;
        let attachment = self.store_bytes(caller, name, self.limits.upload_bytes, bytes).await?;
        let origin = origin.map(|origin| with_content(origin, &attachment));
        self.store.write(Create { inner: self.inner().clone(), caller: caller.clone(), attachment, origin }).await
    }

    /// Stores bytes that came within a message. The message's own transaction writes the row; until then, nobody can
    /// name the bytes.
    ///
    /// # Errors
    /// As [`App::upload`].
    #[crate::boxed]
    pub async fn prepare_attachment(&self, caller: &Caller, name: &str, bytes: Vec<u8>) -> Result<Attachment> {
        caller.require_of_agent(Scope::Write)?;
        self.store_bytes(caller, name, self.limits.upload_bytes, stream::iter([Ok(bytes)])).await
    }

    /// An attachment in a message of the thread, for callers who may read the thread. `id` comes from one of its
    /// messages, not from the caller. `None` if it was deleted since.
    ///
    /// # Errors
    /// `not_found` for an unknown or foreign thread.
    #[crate::boxed]
    pub async fn attachment_said(
        &self,
        caller: &Caller,
        thread: ThreadId,
        id: AttachmentId,
    ) -> Result<Option<Attachment>> {
        caller.require_bound(Scope::Read)?;
        let caller = caller.clone();
        let find = op(move |tx| {
            Box::pin(async move {
                bounds::check(tx, &caller, thread).await?;
                store::attachments::find(tx, caller.project, id).await
            })
        });
        self.store.read(find).await
    }

    /// # Errors
    /// `not_found` for an unknown or foreign id.
    #[crate::boxed]
    pub async fn attachment(&self, caller: &Caller, id: AttachmentId) -> Result<Attachment> {
        caller.require(Scope::Read)?;
        let project = caller.project;
        let find = op(move |tx| Box::pin(async move { store::attachments::find(tx, project, id).await }));
        self.store.read(find).await?.ok_or_else(unknown::attachment)
    }

    /// The bytes of an attachment that the caller already has, or the existing part of `range`.
    ///
    /// # Errors
    /// `unavailable` if the bytes are not in this data folder. Another server of the database or a backup may have
    /// them.
    #[crate::boxed]
    pub async fn attachment_bytes(&self, attachment: &Attachment, range: Option<Range<u64>>) -> Result<Take<File>> {
        let elsewhere = || {
            let said = "The bytes of this file are not in this server's data folder. \
                        Another server of the same database or a backup of the folder may hold them";
            Error::unavailable(said).with_source(format!("attachment {}", attachment.id))
        };
        let mut file = self.blobs.open_file(&attachment.hash).await?.ok_or_else(elsewhere)?;
        let range = range.unwrap_or(0..u64::MAX);
        if range.start > 0 {
            file.seek(std::io::SeekFrom::Start(range.start)).await.map_err(Error::internal)?;
        }
        Ok(file.take(range.end.saturating_sub(range.start)))
    }

    async fn store_bytes<B: AsRef<[u8]>>(
        &self,
        caller: &Caller,
        name: &str,
        bytes_max: u64,
        bytes: impl Stream<Item = Result<B>> + Send,
    ) -> Result<Attachment> {
        let name = file_name(name, self.limits.attachment_name_chars)?;
        let mut bytes = pin!(bytes);
        let mut upload = self.blobs.upload(bytes_max).await?;
        let mut sniffer = Sniffer::default();
        while let Some(chunk) = bytes.next().await {
            let chunk = chunk?;
            sniffer.read(chunk.as_ref());
            upload.write(chunk.as_ref()).await?;
        }
        self.admit_bytes(caller, &upload).await?;
        let blob = upload.finish().await?;
        Ok(Attachment {
            id: AttachmentId(self.clock.id()),
            project: caller.project,
            hash: blob.hash,
            name,
            media_type: sniffer.media_type().into(),
            size_bytes: i64::try_from(blob.size).map_err(Error::internal)?,
            created_at: self.clock.now(),
            thread: None,
        })
    }
}

impl App {
    /// Refuses bytes beyond the quota, so that refused requests do not fill the disk. Bytes that are already stored
    /// pass, because the request may be a replay. If it is none, its transaction refuses it.
    async fn admit_bytes(&self, caller: &Caller, upload: &Upload) -> Result<()> {
        let bytes = i64::try_from(upload.size()).map_err(Error::internal)?;
        let Err(refused) = self.quotas.admit(caller.project, Stored { threads: 0, bytes }) else { return Ok(()) };
        let hash = upload.hash();
        let is_there = op(move |tx| Box::pin(async move { store::attachments::any_of(tx, &hash).await }));
        if self.store.read(is_there).await? { Ok(()) } else { Err(refused) }
    }
}

/// The same key with other bytes, another name or another thread is another request.
fn with_content(origin: Origin, attachment: &Attachment) -> Origin {
    let origin = origin.with(&[&attachment.hash, attachment.name.as_bytes()]);
    match attachment.thread {
        Some(thread) => origin.with(&[thread.0.as_bytes()]),
        None => origin,
    }
}

struct Create {
    inner: Arc<Inner>,
    caller: Caller,
    attachment: Attachment,
    origin: Option<Origin>,
}

impl Operation for Create {
    type Out = Attachment;

    async fn run(self, tx: &mut Tx) -> Result<Attachment> {
        let Self { inner, caller, attachment, origin } = self;
        let taken = origin::take(tx, &caller, origin.as_ref(), None, attachment.id.0, attachment.created_at).await?;
        if let Taken::Replay(id) = taken {
            let found = store::attachments::find(tx, caller.project, AttachmentId(id)).await?;
            return found.ok_or_else(unknown::attachment);
        }
        if let Some(thread) = attachment.thread {
            store::threads::find(tx, caller.project, thread).await?.ok_or_else(unknown::thread)?;
        }
        let mut growth = Growth::asked(caller.project);
        growth.attachment(&attachment);
        store::attachments::insert(tx, &attachment).await?;
        growth.settle(tx, &inner.quotas)?;
        Ok(attachment)
    }
}
