//! Estimates of tokens. Providers count with tokenizers of their own; an estimate is mended by what they report.

use domain::{
    agent::Tool,
    message::{Message, Part, Role},
};
use providers::Said;

use super::files::picture_bytes;

/// Tokens of a message's frame.
const FRAME: u64 = 4;
/// Tokens of a picture, about those of 1,000 by 1,000 pixels.
const PICTURE: u64 = 1_600;

/// The size of a part of a transcript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) messages: u64,
    pub(crate) bytes: u64,
    pub(crate) tokens: u64,
    /// Bytes of text files.
    pub(crate) file_bytes: u64,
    pub(crate) pictures: u64,
    pub(crate) picture_bytes: u64,
}

impl Size {
    pub(crate) fn and(self, more: Self) -> Self {
        Self {
            messages: self.messages + more.messages,
            bytes: self.bytes + more.bytes,
            tokens: self.tokens + more.tokens,
            file_bytes: self.file_bytes + more.file_bytes,
            pictures: self.pictures + more.pictures,
            picture_bytes: self.picture_bytes + more.picture_bytes,
        }
    }

    pub(crate) fn of(said: &Said) -> Self {
        let blocks =
            said.blocks.iter().flat_map(|blocks| &blocks.blocks).map(|block| block.text().len()).sum::<usize>();
        let own = of_message(&said.message);
        // Blocks replace the readable parts in the prompt.
        let tokens = own.tokens.max(FRAME + of_bytes(blocks));
        Self { bytes: own.bytes + blocks as u64, tokens, ..own }
    }
}

/// Tokens of what a call sends beside its transcript.
pub(crate) fn of_frame(instructions: &str, tools: &[Tool]) -> u64 {
    let of_tool = |tool: &Tool| {
        let parameters = tool.parameters.as_ref().map_or(0, |parameters| parameters.text().len());
        FRAME + of_text(&tool.name) + tool.description.as_deref().map_or(0, of_text) + of_bytes(parameters)
    };
    FRAME + of_text(instructions) + tools.iter().map(of_tool).sum::<u64>()
}

/// Tokens of a text: one for four Latin letters, three for four characters of other scripts.
fn of_text(text: &str) -> u64 {
    let ascii = text.bytes().filter(u8::is_ascii).count() as u64;
    let others = text.chars().count() as u64 - ascii;
    (ascii + 3 * others).div_ceil(4)
}

fn of_bytes(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(4)
}

fn of_message(message: &Message) -> Size {
    let mut size = Size { messages: 1, tokens: FRAME, ..Size::default() };
    for part in &message.body.content {
        let text = match part {
            Part::Text { text } => text.as_str(),
            Part::ToolResult(result) => match (&result.result, &result.error) {
                (Some(result), _) => result.text(),
                (None, error) => error.as_deref().unwrap_or_default(),
            },
            Part::ToolCall(call) => {
                size.tokens += of_text(&call.name);
                call.arguments.text()
            }
            Part::Image { .. } | Part::ImageFile { .. } | Part::File { .. } => {
                size = size.and(of_file(part, message.role));
                ""
            }
            Part::Link { url } => url.as_str(),
            // It goes back as blocks or not at all.
            Part::Thinking { .. } => "",
        };
        size.bytes += text.len() as u64;
        size.tokens += of_text(text);
    }
    size
}

/// An agent's file is only named.
fn of_file(part: &Part, role: Role) -> Size {
    match (picture_bytes(part), part) {
        _ if role != Role::User => Size { tokens: FRAME, ..Size::default() },
        (Some(picture_bytes), _) => Size { tokens: PICTURE, pictures: 1, picture_bytes, ..Size::default() },
        (None, Part::File { size_bytes, .. }) => {
            let file_bytes = size_bytes.max(&0).unsigned_abs();
            Size { tokens: FRAME + file_bytes.div_ceil(4), file_bytes, ..Size::default() }
        }
        _ => Size::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_estimated_by_its_script() {
        assert_eq!((of_text(""), of_text("abcd"), of_text("abcde"), of_text("день")), (0, 1, 2, 3));
    }
}
