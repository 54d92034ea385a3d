//! A transcript in the messages of other APIs, for programs that call those.
//!
//! Thinking is left out, because no API takes it back without its signature. A file is named in brackets.

mod anthropic;
mod openai;

pub use anthropic::anthropic;
pub use openai::openai;

use domain::{
    Kept,
    message::{Part, ToolResult},
};
use serde::Serialize;

fn kept(message: &impl Serialize) -> Kept {
    Kept::of(message).expect("its keys are texts, and it holds no map of others")
}

/// The part as a text; `None` for a part that has a form of its own.
fn text(part: &Part) -> Option<String> {
    match part {
        Part::Text { text } => Some(text.clone()),
        Part::Image { url: Some(_), .. } | Part::Thinking { .. } | Part::ToolCall(_) | Part::ToolResult(_) => None,
        Part::Image { .. } => Some("[image]".into()),
        Part::ImageFile { filename, .. } => Some(format!("[{}]", filename.as_deref().unwrap_or("image"))),
        Part::File { name, .. } => Some(format!("[{name}]")),
        Part::Link { url } => Some(format!("[{url}]")),
    }
}

/// The result as a text: a text as it is, anything else as JSON.
fn outcome(result: &ToolResult) -> String {
    match (&result.error, &result.result) {
        (Some(error), _) => error.clone(),
        (None, Some(result)) => match serde_json::from_str::<String>(result.text()) {
            Ok(text) => text,
            Err(_) => result.text().to_owned(),
        },
        (None, None) => "null".into(),
    }
}
