//! Loads the files of a transcript for a model call.

mod picture;

use std::{collections::HashMap, sync::Arc};

use bytes::Bytes;
use domain::{
    AttachmentId, Error, Result,
    attachment::Attachment,
    message::{Part, Role},
    shares::{Holder, Place},
    turn::Turn,
};
use providers::{File, Said};
use tokio::io::AsyncReadExt;

use super::transcript::files::{Attachments, COPIES, named};
use crate::inner::Inner;

/// The files of a request, and the memory that is reserved for them.
#[derive(Default)]
pub(super) struct Loaded {
    pub(super) files: HashMap<AttachmentId, File>,
    /// Returned when the request is on its way.
    pub(super) memory: Option<Place>,
}

/// Loads each file that the transcript sends. A file that cannot be read as what it is becomes a text that names it.
///
/// # Errors
/// `unavailable` without memory for the files, or if the disk fails.
pub(super) async fn load(
    transcript: &mut [Said],
    attachments: &Attachments,
    turn: &Turn,
    inner: &Arc<Inner>,
) -> Result<Loaded> {
    let mut sizes: HashMap<AttachmentId, u64> = HashMap::new();
    for (id, size) in files_of(transcript) {
        sizes.insert(id, size);
    }
    if sizes.is_empty() {
        return Ok(Loaded::default());
    }
    let holder = Holder::project(turn.project).within(turn.agent.0.as_u128());
    let memory = inner.memory.take(holder, sizes.values().sum::<u64>() * COPIES)?;
    let (mut files, mut unread) = (HashMap::new(), HashMap::new());
    for (id, size) in sizes {
        let Some(attachment) = attachments.get(&id) else { continue };
        match read(attachment, size, inner).await? {
            Ok(file) => files.insert(id, file).map(drop),
            Err(why) => unread.insert(id, named(attachment, Some(&why))).map(drop),
        };
    }
    let parts = transcript.iter_mut().flat_map(|said| &mut said.message.body.content);
    for part in parts {
        if let Some(text) = part.attachment().and_then(|id| unread.get(&id)) {
            *part = text.clone();
        }
    }
    Ok(Loaded { files, memory: Some(memory) })
}

/// The files that the users' messages send, with the bytes to load of each.
fn files_of(transcript: &[Said]) -> impl Iterator<Item = (AttachmentId, u64)> {
    let parts = transcript.iter().filter(|said| said.message.role == Role::User);
    parts.flat_map(|said| &said.message.body.content).filter_map(|part| match part {
        Part::File { attachment, size_bytes, .. } => Some((*attachment, size_bytes.max(&0).unsigned_abs())),
        _ => None,
    })
}

/// The file, or the reason why the model cannot get it.
async fn read(attachment: &Attachment, size: u64, inner: &Inner) -> Result<Result<File, String>> {
    let Some(file) = inner.blobs.open_file(&attachment.hash).await? else {
        return Ok(Err("its bytes are not on this server".into()));
    };
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    let read = file.take(size).read_to_end(&mut bytes).await;
    read.map_err(|error| Error::unavailable("The server's disk has failed").with_source(error.to_string()))?;
    let checked = match attachment.is_image() {
        true => picture::check(&bytes, inner.limits.model_picture_px).map(|()| bytes),
        false => head_of_text(bytes, attachment),
    };
    Ok(checked.map(|bytes| File { media_type: attachment.media_type.clone(), bytes: Bytes::from(bytes) }))
}

/// The beginning of a text file, up to a whole character, and a mark of what is left out.
fn head_of_text(mut bytes: Vec<u8>, attachment: &Attachment) -> Result<Vec<u8>, String> {
    let whole = attachment.size_bytes.max(0).unsigned_abs();
    let is_cut = whole > bytes.len() as u64;
    if let Err(error) = std::str::from_utf8(&bytes) {
        if !is_cut || error.error_len().is_some() {
            return Err("not shown, because it is no text".into());
        }
        bytes.truncate(error.valid_up_to());
    }
    if bytes.contains(&0) {
        return Err("not shown, because it is no text".into());
    }
    if is_cut {
        let left_out = whole - bytes.len() as u64;
        bytes.extend_from_slice(format!("\n[{left_out} more bytes of this file are left out]").as_bytes());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use domain::{ProjectId, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn head(bytes: &[u8], of: i64) -> Result<String, String> {
        let attachment = Attachment {
            id: AttachmentId(Uuid::nil()),
            project: ProjectId(Uuid::nil()),
            hash: [0; 32],
            name: "a.txt".into(),
            media_type: "text/plain".into(),
            size_bytes: of,
            created_at: Timestamp(0),
            thread: None,
        };
        head_of_text(bytes.to_vec(), &attachment).map(|bytes| String::from_utf8(bytes).expect("text"))
    }

    #[test]
    fn a_long_text_is_cut_between_characters_and_says_so() {
        assert_eq!(head("ä€".as_bytes(), 5).as_deref(), Ok("ä€"));
        assert_eq!(head(&"ä€".as_bytes()[..4], 9).as_deref(), Ok("ä\n[7 more bytes of this file are left out]"));
    }

    #[test]
    fn bytes_that_are_no_text_are_not_sent() {
        for bytes in [&b"caf\xe9 au lait"[..], b"a\0b", &"ä€".as_bytes()[..4]] {
            assert!(head(bytes, bytes.len() as i64).is_err(), "{bytes:?}");
        }
    }
}
