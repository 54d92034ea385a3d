//! The parts of a message on their way in: bytes become attachments, files get the name that they were uploaded under.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{AttachmentId, Caller, Error, Result, attachment::Attachment, message::Part};
use engine::App;

use crate::wire::{Id, ImageType, NewPart};

/// What a message says, and the attachments that came within it, not yet written.
#[derive(Debug, Default)]
pub struct Content {
    pub parts: Vec<Part>,
    pub attachments: Vec<Attachment>,
}

/// # Errors
/// `forbidden` without `write`; `invalid`, naming the part, for what is no picture or names no attachment.
pub async fn resolve(app: &App, caller: &Caller, parts: Vec<NewPart>) -> Result<Content> {
    check_counts(app, &parts)?;
    let mut content = Content::default();
    for (i, part) in parts.into_iter().enumerate() {
        let path = format!("content.{i}");
        let part = match part {
            NewPart::Text { text } => Part::Text { text },
            NewPart::Link { url } => Part::Link { url },
            NewPart::ImageFile { attachment, filename } => image_file(app, &path, attachment, filename)?,
            NewPart::File { attachment } => app.file_part(caller, AttachmentId(attachment.0), &path).await?,
            NewPart::Image { url: None, attachment: None, base64: Some(base64), media_type } => {
                let attachment = picture(app, caller, &path, &base64, media_type).await?;
                let (id, media_type) = (attachment.id, attachment.media_type.clone());
                content.attachments.push(attachment);
                Part::Image { url: None, attachment: Some(id), media_type: Some(media_type) }
            }
            NewPart::Image { url: Some(url), attachment: None, base64: None, media_type } => {
                let media_type = media_type.map(|is| is.as_str().into());
                Part::Image { url: Some(url), attachment: None, media_type }
            }
            NewPart::Image { url: None, attachment: Some(id), base64: None, media_type: None } => {
                Part::Image { url: None, attachment: Some(AttachmentId(id.0)), media_type: None }
            }
            NewPart::Image { .. } => {
                let one = "must have one of `url`, `attachment` and `base64`, and `media_type` not with `attachment`";
                return Err(Error::field(path, one));
            }
        };
        content.parts.push(part);
    }
    Ok(content)
}

/// The engine's own limits, held before any bytes are stored.
fn check_counts(app: &App, parts: &[NewPart]) -> Result<()> {
    let (parts_max, attachments_max) = (app.limits().parts, app.limits().attachments);
    if parts.len() as u64 > parts_max {
        return Err(Error::field("content", format!("must have at most {parts_max} parts")));
    }
    let attachments = parts.iter().filter(|part| !matches!(part, NewPart::Text { .. })).count();
    match attachments as u64 > attachments_max {
        true => Err(Error::field("content", format!("must have at most {attachments_max} attachments"))),
        false => Ok(()),
    }
}

fn image_file(app: &App, path: &str, attachment: Id, filename: Option<String>) -> Result<Part> {
    let most = app.limits().attachment_name_chars;
    if filename.as_ref().is_some_and(|name| name.chars().count() as u64 > most) {
        return Err(Error::field(format!("{path}.filename"), format!("must have at most {most} characters")));
    }
    Ok(Part::ImageFile { attachment: AttachmentId(attachment.0), filename })
}

/// A picture that came as base64, stored.
async fn picture(
    app: &App,
    caller: &Caller,
    path: &str,
    base64: &str,
    media_type: Option<ImageType>,
) -> Result<Attachment> {
    let refuse = |message: &str| Error::field(format!("{path}.base64"), message);
    let bytes = STANDARD.decode(base64).map_err(|_| refuse("is not base64 (RFC 4648, section 4, with padding)"))?;
    if bytes.is_empty() {
        return Err(refuse("must not be empty"));
    }
    let attachment = app.prepare_attachment(caller, "image", bytes).await?;
    if !attachment.is_image() {
        return Err(refuse("holds no picture of a type that models read: PNG, JPEG, GIF, WebP"));
    }
    match media_type {
        Some(claimed) if claimed.as_str() != attachment.media_type => {
            let message = format!("the bytes are {}", attachment.media_type);
            Err(Error::field(format!("{path}.media_type"), message))
        }
        _ => Ok(attachment),
    }
}
