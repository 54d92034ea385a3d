//! Pictures within requests, as the vendors read them.

use base64::{Engine, engine::general_purpose::STANDARD};

use super::rules::{Complaint, demand};

/// Most bytes of a picture's base64.
const BASE64_MAX: usize = 5 << 20;
/// Pixels of a side, in a request of few pictures and of many.
const PX_MAX: u32 = 8_000;
const PX_MAX_OF_MANY: u32 = 2_000;
/// More pictures are many.
const FEW: usize = 20;

/// Holds that each is a whole picture of its type. A picture is its media type and its base64.
pub(super) fn demand_pictures<'p>(pictures: impl Iterator<Item = (&'p str, &'p str)>) -> Result<(), Complaint> {
    let pictures: Vec<_> = pictures.collect();
    let px_max = if pictures.len() > FEW { PX_MAX_OF_MANY } else { PX_MAX };
    pictures.into_iter().try_for_each(|(media_type, base64)| demand_picture(media_type, base64, px_max))
}

fn demand_picture(media_type: &str, base64: &str, px_max: u32) -> Result<(), Complaint> {
    demand(base64.len() <= BASE64_MAX, || {
        format!("image exceeds 5 MB maximum: {} bytes > {BASE64_MAX} bytes", base64.len())
    })?;
    let bytes = STANDARD.decode(base64).map_err(|_| Complaint::from("Invalid image: no base64".to_owned()))?;
    let told = match &*bytes {
        [0x89, b'P', b'N', b'G', ..] => "image/png",
        [0xff, 0xd8, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', ..] => "image/gif",
        [b'R', b'I', b'F', b'F', ..] => "image/webp",
        _ => "",
    };
    demand(told == media_type, || format!("Invalid image: it is of type {told:?}, not {media_type:?}"))?;
    if told == "image/png" { demand_png(&bytes, px_max) } else { Ok(()) }
}

fn demand_png(bytes: &[u8], px_max: u32) -> Result<(), Complaint> {
    let number = |at: usize| bytes.get(at..at + 4).map_or(0, |four| four.iter().fold(0, |n, b| n << 8 | u32::from(*b)));
    let side = number(16).max(number(20));
    demand((1..=px_max).contains(&side), || {
        format!("At least one of the image dimensions exceed max allowed size: {px_max} pixels")
    })?;
    let kinds_of_color = [0, 2, 3, 4, 6];
    let is_whole = bytes.get(bytes.len() - 8..).is_some_and(|end| end.starts_with(b"IEND"));
    let is_readable = is_whole && bytes.get(25).is_some_and(|color| kinds_of_color.contains(color));
    demand(is_readable, || "Could not process image".into())
}

/// The media type and the base64 of a `data:` URL. `None` for an address.
pub(super) fn of_data_url(url: &str) -> Option<(&str, &str)> {
    url.strip_prefix("data:")?.split_once(";base64,")
}
