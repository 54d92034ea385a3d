//! Files of messages: the form in which a model gets each of them.
//!
//! A picture or a text file stays a file part, whose bytes are loaded for the call. Any other file becomes a text that
//! names it. The form depends on the file and the model alone, so a prompt's beginning stays the same from turn to turn.

use std::collections::HashMap;

use domain::{
    AttachmentId,
    attachment::{Attachment, is_image, is_text},
    message::{Body, Part, Role},
};
use providers::{Said, Target};

use crate::inner::Inner;

/// The attachments of a transcript that are still there.
pub(crate) type Attachments = HashMap<AttachmentId, Attachment>;

/// Pictures that Anthropic takes at their full size. Of more in one request, each may have 2,000 pixels a side at most.
const FULL_SIZE_PICTURES: u64 = 20;
/// The part of the memory budget that the pictures of one request may have, and so its text files. A call holds each
/// byte [`COPIES`] times at most, so that both together stay within a quarter of the budget.
const BUDGET_PART: u64 = 40;
/// Copies of a file's bytes while a request is made: the bytes, their base64, and the body while it grows.
pub(crate) const COPIES: u64 = 5;

/// The files that a model takes, and their bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Takes {
    pub(crate) pictures: bool,
    /// Tells whether the provider fetches pictures by their address.
    pub(crate) urls: bool,
    /// Pictures of one request.
    pub(crate) most_pictures: u64,
    pub(crate) bytes_of_picture: u64,
    pub(crate) bytes_of_pictures: u64,
    /// Bytes of one text file. The rest is left out.
    pub(crate) bytes_of_text: u64,
    pub(crate) bytes_of_texts: u64,
}

impl Takes {
    /// `None` for a model that reads no files: echo and scripts.
    pub(crate) fn of(target: &Target, inner: &Inner) -> Option<Self> {
        let Target::Provider(lead) = target else { return None };
        let limits = &inner.limits;
        let most_bytes = inner.memory.budget() / BUDGET_PART;
        let bytes_of_pictures = limits.model_pictures_bytes.min(most_bytes);
        let most_pictures = match lead.bounds_many_pictures() {
            true => limits.model_pictures.min(FULL_SIZE_PICTURES),
            false => limits.model_pictures,
        };
        Some(Self {
            pictures: most_pictures > 0 && target.abilities().is_none_or(|abilities| abilities.images != Some(false)),
            urls: lead.takes_picture_urls(),
            most_pictures,
            bytes_of_picture: limits.model_picture_bytes.min(bytes_of_pictures),
            bytes_of_pictures,
            bytes_of_text: limits.model_text_bytes.min(most_bytes),
            bytes_of_texts: limits.transcript_bytes.min(most_bytes),
        })
    }
}

/// Gives each file of the users' messages the form in which the model gets it.
pub(crate) fn resolve(transcript: &mut [Said], attachments: &Attachments, takes: &Takes) {
    for said in transcript.iter_mut().filter(|said| said.message.role == Role::User) {
        let parts = &mut said.message.body.content;
        for part in parts.iter_mut() {
            if let Some(form) = form(part, attachments, takes) {
                *part = form;
            }
        }
        name_oldest(parts, takes);
    }
}

/// The part's other form. `None` if the part stays as it is.
fn form(part: &Part, attachments: &Attachments, takes: &Takes) -> Option<Part> {
    let Some(id) = part.attachment() else {
        let named = matches!(part, Part::Image { .. }) && !(takes.pictures && takes.urls);
        return named.then(|| shortly_named(part));
    };
    let Some(file) = attachments.get(&id) else { return Some(deleted(part)) };
    let (size, media_type) = (file.size_bytes.max(0).unsigned_abs(), file.media_type.clone());
    if file.is_image() && takes.pictures {
        let most = takes.bytes_of_picture;
        return Some(match size <= most {
            true => file.part(),
            false => named(file, Some(&format!("not shown, because it has more than {most} bytes"))),
        });
    }
    if is_text(&file.media_type) {
        let size_bytes = i64::try_from(size.min(takes.bytes_of_text)).unwrap_or(i64::MAX);
        return Some(Part::File { attachment: id, name: file.name.clone(), media_type, size_bytes });
    }
    let why = file.is_image().then_some("not shown, because this model reads no pictures");
    Some(named(file, why))
}

/// Names the oldest pictures of a message that has more of them than a request may have.
fn name_oldest(parts: &mut [Part], takes: &Takes) {
    let (mut pictures, mut bytes) = (0, 0);
    for part in parts.iter_mut().rev() {
        let Some(size) = picture_bytes(part) else { continue };
        (pictures, bytes) = (pictures + 1, bytes + size);
        if pictures > takes.most_pictures || bytes > takes.bytes_of_pictures {
            *part = shortly_named(part);
        }
    }
}

/// Number of bytes of the picture that the part sends: 0 for an address. `None` if the part is no picture.
pub(crate) fn picture_bytes(part: &Part) -> Option<u64> {
    match part {
        Part::Image { .. } | Part::ImageFile { .. } => Some(0),
        Part::File { media_type, size_bytes, .. } if is_image(media_type) => Some(size_bytes.max(&0).unsigned_abs()),
        _ => None,
    }
}

/// The text in place of a file, for a message that no longer sends it.
pub(crate) fn shortly_named(part: &Part) -> Part {
    let body = Body { content: vec![part.clone()], ..Body::default() };
    Part::Text { text: body.plain_text() }
}

/// The text in place of a file that is not sent: its name, type and size, and the reason if there is one to tell.
pub(crate) fn named(file: &Attachment, why: Option<&str>) -> Part {
    let Attachment { name, media_type, size_bytes, .. } = file;
    let why = why.map_or(String::new(), |why| format!(": {why}"));
    Part::Text { text: format!("[{name}, {media_type}, {size_bytes} bytes{why}]") }
}

fn deleted(part: &Part) -> Part {
    let name = match part {
        Part::File { name, .. } => name,
        Part::ImageFile { filename: Some(name), .. } => name,
        _ => "image",
    };
    Part::Text { text: format!("[{name}: deleted]") }
}

/// The attachments that the users' messages name, each once.
pub(crate) fn asked(transcript: &[Said]) -> Vec<AttachmentId> {
    let of_users = transcript.iter().filter(|said| said.message.role == Role::User);
    let mut ids: Vec<AttachmentId> =
        of_users.flat_map(|said| &said.message.body.content).filter_map(Part::attachment).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
