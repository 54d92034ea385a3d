//! Stores sent content: bytes become attachments, and file names are looked up.

use domain::{AttachmentId, Caller, Error, Kind, Limits, Result, attachment::Attachment, codes, message::Part};
use engine::App;

use crate::{ids, wire};

/// The content of a message, and the attachments that came within it. Their bytes are stored, and their rows are not.
#[derive(Debug)]
pub struct Kept {
    pub content: Vec<Part>,
    pub attachments: Vec<Attachment>,
}

/// # Errors
/// `invalid` for bytes that are not a picture or not of the named type, and for unknown ids.
pub async fn keep(app: &App, caller: &Caller, parts: Vec<wire::InputContentPart>) -> Result<Kept> {
    let mut kept = Kept { content: Vec::with_capacity(parts.len()), attachments: Vec::new() };
    for (i, part) in parts.into_iter().enumerate() {
        let path = |field: &str| format!("message.content.{i}.{field}");
        let part = match part {
            wire::InputContentPart::Text { text } => Part::Text { text },
            wire::InputContentPart::Image { url, base64: None, media_type } => {
                check_named(&path("media_type"), media_type.as_deref())?;
                Part::Image { url, attachment: None, media_type }
            }
            wire::InputContentPart::Image { url, base64: Some(wire::Base64(bytes)), media_type } => {
                check_named(&path("media_type"), media_type.as_deref())?;
                let attachment = app.prepare_attachment(caller, "image", bytes).await?;
                check_bytes(&attachment, &path("base64"), media_type.as_deref(), &path("media_type"))?;
                let (id, found) = (attachment.id, attachment.media_type.clone());
                kept.attachments.push(attachment);
                Part::Image { url, attachment: Some(id), media_type: Some(found) }
            }
            wire::InputContentPart::ImageFile { image_id, filename } => {
                let wrong = || Error::field(path("image_id"), "must be img_ and 32 hex digits");
                check_filename(&path("filename"), filename.as_deref(), app.limits())?;
                Part::ImageFile { attachment: ids::parse_image(&image_id).ok_or_else(wrong)?, filename }
            }
            wire::InputContentPart::File { file_id, filename } => {
                let wrong = || Error::field(path("file_id"), "must be file_ and 32 hex digits");
                let id = ids::parse_file(&file_id).ok_or_else(wrong)?;
                check_filename(&path("filename"), filename.as_deref(), app.limits())?;
                file(app, caller, id, filename, &path("file_id")).await?
            }
        };
        kept.content.push(part);
    }
    Ok(kept)
}

/// A named type must be one that models read.
fn check_named(path: &str, media_type: Option<&str>) -> Result<()> {
    match media_type.is_none_or(|named| wire::IMAGE_TYPES.contains(&named)) {
        true => Ok(()),
        false => Err(Error::field(path, format!("must be one of {}", wire::IMAGE_TYPES.join(", ")))),
    }
}

/// The type is detected from the first bytes, and must match the named one.
fn check_bytes(attachment: &Attachment, path: &str, named: Option<&str>, named_path: &str) -> Result<()> {
    if !attachment.is_image() {
        return Err(Error::field(path, "must be a PNG, JPEG, GIF or WebP picture"));
    }
    match named.is_none_or(|named| named == attachment.media_type) {
        true => Ok(()),
        false => {
            Err(Error::field(named_path, format!("does not match the bytes, which are {}", attachment.media_type)))
        }
    }
}

/// A name to show, and perhaps to save under. It must not lead into another folder.
fn check_filename(path: &str, name: Option<&str>, limits: &Limits) -> Result<()> {
    let Some(name) = name else { return Ok(()) };
    let most = limits.attachment_name_chars;
    if name.trim_matches(['.', ' ']).is_empty() || name.chars().count() as u64 > most {
        return Err(Error::field(path, format!("must be a name of 1 to {most} characters")));
    }
    match name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\')) {
        true => Err(Error::field(path, "must not contain slashes, backslashes and control characters")),
        false => Ok(()),
    }
}

async fn file(app: &App, caller: &Caller, id: AttachmentId, filename: Option<String>, path: &str) -> Result<Part> {
    let found = app.attachment(caller, id).await.map_err(|error| match error.kind {
        Kind::NotFound => Error { code: codes::FILE_NOT_FOUND, ..Error::field(path, "must name a file") },
        _ => error,
    })?;
    let Attachment { id: attachment, name, media_type, size_bytes, .. } = found;
    Ok(Part::File { attachment, name: filename.unwrap_or(name), media_type, size_bytes })
}
