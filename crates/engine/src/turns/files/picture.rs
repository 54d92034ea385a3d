//! Checks of a picture before a provider gets it. A provider that refuses one picture refuses the whole thread.

/// Checks that the picture is whole, and that no side of it has more pixels than `px_max`.
///
/// # Errors
/// The reason why a model cannot get it, as a clause.
pub(super) fn check(bytes: &[u8], px_max: u64) -> Result<(), String> {
    let damaged = || "not shown, because it is damaged".to_owned();
    let size = imagesize::blob_size(bytes).map_err(|_| damaged())?;
    if size.width == 0 || size.height == 0 || !is_whole(bytes) {
        return Err(damaged());
    }
    match size.width.max(size.height) as u64 <= px_max {
        true => Ok(()),
        false => Err(format!("not shown, because it has more than {px_max} pixels a side")),
    }
}

/// Tells whether the picture has its end. A cut file still has its beginning, with the number of pixels.
fn is_whole(bytes: &[u8]) -> bool {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => is_whole_png(bytes),
        [0xff, 0xd8, ..] => is_whole_jpeg(bytes),
        [b'G', b'I', b'F', ..] => bytes.iter().rev().find(|byte| **byte != 0) == Some(&b';'),
        [b'R', b'I', b'F', b'F', a, b, c, d, ..] => {
            u64::from(u32::from_le_bytes([*a, *b, *c, *d])) + 8 <= bytes.len() as u64
        }
        _ => false,
    }
}

/// Walks the chunks: length, type, content, checksum. `IEND` is the last.
fn is_whole_png(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(8..).unwrap_or_default();
    while let [a, b, c, d, kind @ ..] = rest {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let Some(next) = length.checked_add(8).and_then(|end| kind.get(end..)) else { return false };
        if kind.starts_with(b"IEND") {
            return true;
        }
        rest = next;
    }
    false
}

/// Walks the segments up to the pixels, and looks for the mark of the end behind them. A segment may hold a small
/// picture with an end of its own.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    let mut rest = &bytes[2..];
    while let [0xff, mark, segment @ ..] = rest {
        match (mark, segment) {
            (0xff, _) => rest = &rest[1..],
            (0xda, _) => return segment.windows(2).any(|pair| pair == [0xff, 0xd9]),
            (0x01 | 0xd0..=0xd7, _) => rest = segment,
            (_, [a, b, ..]) => match segment.get(usize::from(u16::from_be_bytes([*a, *b])).max(2)..) {
                Some(next) => rest = next,
                None => return false,
            },
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32) -> Vec<u8> {
        let chunk = |kind: &[u8], data: &[u8]| [&(data.len() as u32).to_be_bytes(), kind, data, &[0; 4]].concat();
        let header = [&width.to_be_bytes()[..], &1_u32.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
        let chunks = [chunk(b"IHDR", &header), chunk(b"IDAT", &[0; 9]), chunk(b"IEND", b"")].concat();
        [&b"\x89PNG\r\n\x1a\n"[..], &chunks].concat()
    }

    /// A segment with a small picture of its own, the size, the pixels with a stuffed byte, the end.
    fn jpeg(width: u16) -> Vec<u8> {
        let segment =
            |mark: u8, data: &[u8]| [&[0xff, mark], &(data.len() as u16 + 2).to_be_bytes()[..], data].concat();
        let size = [&[8][..], &1_u16.to_be_bytes(), &width.to_be_bytes(), &[1, 1, 0x11, 0]].concat();
        let parts = [segment(0xe1, b"\xff\xd8\xff\xd9"), segment(0xc0, &size), segment(0xda, &[1, 1, 0, 0, 63, 0])];
        [&[0xff, 0xd8][..], &parts.concat(), &[7, 0xff, 0, 7], &[0xff, 0xd9]].concat()
    }

    fn gif(width: u16) -> Vec<u8> {
        [b"GIF89a", &width.to_le_bytes()[..], &1_u16.to_le_bytes(), &[0, 0, 0], b";"].concat()
    }

    fn webp(width: u32) -> Vec<u8> {
        let size = [&[0; 4][..], &(width - 1).to_le_bytes()[..3], &[0; 3]].concat();
        let body = [&b"WEBPVP8X"[..], &10_u32.to_le_bytes(), &size].concat();
        [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat()
    }

    #[test]
    fn a_picture_passes_whole_and_up_to_its_pixels_and_never_cut() {
        for (name, of) in [
            ("png", &(|px| png(px)) as &dyn Fn(u32) -> Vec<u8>),
            ("jpeg", &|px| jpeg(px as u16)),
            ("gif", &|px| gif(px as u16)),
            ("webp", &|px| webp(px)),
        ] {
            let whole = of(100);
            assert_eq!(check(&whole, 100), Ok(()), "{name}");
            assert!(check(&of(101), 100).is_err_and(|why| why.contains("100 pixels")), "{name}");
            assert!(check(&of(20_000), 8_000).is_err(), "{name}");
            let end = if name == "png" { 8 } else { 1 };
            for length in 0..=whole.len() - end {
                assert!(check(&whole[..length], 100).is_err(), "{name}, {length} of {}", whole.len());
            }
        }
    }

    #[test]
    fn bytes_that_are_no_picture_are_refused() {
        for bytes in [&b""[..], b"text", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xd9", b"GIF89a"] {
            assert!(check(bytes, 100).is_err(), "{bytes:?}");
        }
    }
}
