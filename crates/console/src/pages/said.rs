//! A message as it is shown: who speaks, and its parts.

use std::collections::BTreeMap;

use askama::Template;
use domain::{
    AttachmentId, Caller, Kept, MessageId, Result, Timestamp,
    message::{Message, Part, Role, ToolCall},
};
use engine::App;

use super::names::Names;
use crate::{
    html::Html,
    markdown, texts as t,
    times::{self, Time},
};

/// Longest arguments or result of a tool that a page shows, in characters. The log has the whole.
const FOLD_CHARS: usize = 20_000;

#[derive(Template)]
#[template(path = "parts/message.html")]
pub struct Said {
    /// The element's id.
    pub id: String,
    pub speaker: String,
    /// The class of the speaker's colour.
    pub class: &'static str,
    pub at: Time,
    pub subject: Option<String>,
    pub parts: Vec<Shown>,
    pub is_interrupted: bool,
    pub error_code: Option<String>,
}

/// A part of a message.
pub enum Shown {
    /// What a model wrote, from Markdown.
    Rich(Html),
    /// What a person or a program wrote, as it was written.
    Plain(String),
    Thinking(String),
    Picture {
        src: String,
        name: String,
    },
    File {
        href: String,
        name: String,
        about: String,
    },
    /// A link, or a picture elsewhere, which is not loaded.
    Link {
        url: String,
        kind: &'static str,
    },
    Call {
        name: String,
        arguments: String,
    },
    Result {
        name: String,
        text: String,
        is_error: bool,
    },
}

/// Makes messages into views. It knows the names of calls that it has seen.
pub struct Speakers<'a> {
    app: &'a App,
    caller: &'a Caller,
    pub names: Names,
    /// The name of each tool call.
    calls: BTreeMap<String, String>,
}

pub fn element(id: MessageId) -> String {
    format!("m-{id}")
}

impl Said {
    /// The same message at a second place of the page.
    pub fn beside(mut self) -> Self {
        self.id.push_str("-again");
        self
    }
}

impl<'a> Speakers<'a> {
    pub fn new(app: &'a App, caller: &'a Caller) -> Self {
        Self { app, caller, names: Names::default(), calls: BTreeMap::new() }
    }

    pub async fn said(&mut self, message: Message, now: Timestamp) -> Result<Said> {
        let (speaker, class) = self.speaker(&message).await?;
        let is_rich = message.role == Role::Agent;
        let body = message.body;
        let parts = body.content.into_iter().map(|part| self.shown(part, is_rich)).collect();
        Ok(Said {
            id: element(message.id),
            speaker,
            class,
            at: Time::of(message.at, now),
            subject: body.envelope.and_then(|envelope| envelope.subject),
            parts,
            is_interrupted: body.interrupted,
            error_code: body.error_code,
        })
    }

    async fn speaker(&mut self, message: &Message) -> Result<(String, &'static str)> {
        match message.role {
            Role::Tool => Ok((t::TOOL.into(), "by-tool")),
            _ => self.names.of_message(self.app, self.caller, message).await,
        }
    }

    fn shown(&mut self, part: Part, is_rich: bool) -> Shown {
        match part {
            Part::Text { text } if is_rich => Shown::Rich(markdown::html(&text)),
            Part::Text { text } => Shown::Plain(text),
            Part::Thinking { text, .. } => Shown::Thinking(text),
            Part::Image { attachment: Some(id), .. } => picture(id, None),
            Part::Image { url, .. } => Shown::Link { url: url.unwrap_or_default(), kind: t::PICTURE },
            Part::ImageFile { attachment, filename } => picture(attachment, filename),
            Part::File { attachment, name, media_type, size_bytes } => {
                let about = format!("{media_type}, {}", times::size(size_bytes));
                Shown::File { href: file(attachment), name, about }
            }
            Part::Link { url } => Shown::Link { url, kind: t::LINK },
            Part::ToolCall(ToolCall { id, name, arguments }) => {
                self.calls.insert(id, name.clone());
                Shown::Call { name, arguments: pretty(&arguments) }
            }
            Part::ToolResult(result) => {
                let name = self.calls.get(&result.tool_call_id).cloned().unwrap_or_else(|| t::A_TOOL.into());
                let is_error = result.error.is_some();
                let text = result.error.or_else(|| result.result.as_ref().map(pretty)).unwrap_or_default();
                Shown::Result { name, text: cut(text), is_error }
            }
        }
    }
}

fn file(id: AttachmentId) -> String {
    format!("/console/files/{id}")
}

fn picture(id: AttachmentId, name: Option<String>) -> Shown {
    Shown::Picture { src: file(id), name: name.unwrap_or_else(|| t::PICTURE.into()) }
}

/// The value with line breaks, or a text without its quotation marks.
fn pretty(value: &Kept) -> String {
    if let Some(text) = value.read::<String>() {
        return cut(text);
    }
    let read = value.read::<serde_json::Value>().and_then(|value| serde_json::to_string_pretty(&value).ok());
    cut(read.unwrap_or_else(|| value.text().to_owned()))
}

fn cut(text: String) -> String {
    match text.char_indices().nth(FOLD_CHARS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
