//! The pieces of a message on their way in.

use domain::{Error, Result};

use crate::wire::{NewPart, PartFields, PartKind};

/// # Errors
/// `invalid`, naming the field below `path` that its type lacks or does not have.
pub fn part(path: &str, fields: PartFields) -> Result<NewPart> {
    let PartFields { kind, text, url, attachment, base64, media_type, filename } = fields;
    let own: &[&str] = match kind {
        PartKind::Text => &["text"],
        PartKind::Image => &["url", "attachment", "base64", "media_type"],
        PartKind::ImageFile => &["attachment", "filename"],
        PartKind::File => &["attachment"],
        PartKind::Link => &["url"],
    };
    let given = [
        ("text", text.is_some()),
        ("url", url.is_some()),
        ("attachment", attachment.is_some()),
        ("base64", base64.is_some()),
        ("media_type", media_type.is_some()),
        ("filename", filename.is_some()),
    ];
    if let Some((name, _)) = given.iter().find(|(name, given)| *given && !own.contains(name)) {
        return Err(Error::field(format!("{path}.{name}"), "is no field of a part of this type"));
    }
    Ok(match kind {
        PartKind::Text => NewPart::Text { text: required(path, "text", text)? },
        PartKind::Image => NewPart::Image { url, attachment, base64, media_type },
        PartKind::ImageFile => NewPart::ImageFile { attachment: required(path, "attachment", attachment)?, filename },
        PartKind::File => NewPart::File { attachment: required(path, "attachment", attachment)? },
        PartKind::Link => NewPart::Link { url: required(path, "url", url)? },
    })
}

fn required<T>(path: &str, name: &str, field: Option<T>) -> Result<T> {
    field.ok_or_else(|| Error::field(format!("{path}.{name}"), "required"))
}
