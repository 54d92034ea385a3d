//! Follows a thread across lost connections.

use std::time::Duration;

use serde_json::Value;

use super::told;
use crate::{
    client::{Client, Event, Events},
    failure::{Exit, Failure, Result},
    output::{self, Output, field},
};

/// Tries to reopen a lost stream, after which the server counts as gone.
const TRIES: u32 = 30;
const BETWEEN_TRIES: Duration = Duration::from_secs(1);

/// A thread's events after a position. A lost stream is reopened after the last event.
struct Reader<'a> {
    client: &'a Client,
    thread: &'a str,
    position: Option<String>,
    events: Events,
}

impl<'a> Reader<'a> {
    async fn open(client: &'a Client, thread: &'a str, after: Option<String>) -> Result<Self> {
        let events = client.events(&["threads", thread, "events"], after.as_deref()).await?;
        Ok(Self { client, thread, position: after, events })
    }

    async fn next(&mut self) -> Result<Event> {
        loop {
            if let Some(event) = self.events.next().await {
                self.position = event.id.clone().or(self.position.take());
                return Ok(event);
            }
            self.reopen().await?;
        }
    }

    async fn reopen(&mut self) -> Result<()> {
        let mut tries = 1;
        loop {
            tokio::time::sleep(BETWEEN_TRIES).await;
            match self.client.events(&["threads", self.thread, "events"], self.position.as_deref()).await {
                Ok(events) => {
                    self.events = events;
                    return Ok(());
                }
                Err(failure) if is_passing(failure.exit) && tries < TRIES => tries += 1,
                Err(failure) => return Err(failure),
            }
        }
    }
}

/// Tells whether the failure may come from a restart of the server.
fn is_passing(exit: Exit) -> bool {
    matches!(exit, Exit::Unreachable | Exit::Failed)
}

/// Prints every event after `after`, until the program is interrupted.
pub async fn tail(thread: &str, after: Option<String>, client: &Client, output: Output) -> Result<()> {
    let mut reader = Reader::open(client, thread, after).await?;
    loop {
        let event = reader.next().await?;
        if output.json {
            output::print(&line_of_json(&event));
        } else {
            output::print(&told::event(&event));
        }
    }
}

fn line_of_json(event: &Event) -> String {
    serde_json::to_string(event).expect("it is JSON, and its keys are texts") + "\n"
}

/// Prints the agent's answer to a message while it is written, until the answering turn ends.
pub async fn reply(thread: &str, sent: &Value, client: &Client, output: Output) -> Result<()> {
    let Some(turn) = sent["turn"]["id"].as_str() else {
        return Err(Failure::new(Exit::TurnEnded, "the message is stored, and no turn answers it")
            .hint("the thread's agent is paused: a person has taken over"));
    };
    let mut reader = Reader::open(client, thread, sent["message"]["seq"].as_i64().map(|seq| seq.to_string())).await?;
    let mut writing = Writing::default();
    loop {
        let event = reader.next().await?;
        if event.data["turn"] != turn {
            continue;
        }
        if output.json {
            output::print(&line_of_json(&event));
        } else {
            writing.fold_thinking(&event);
            output::print(&writing.take(&event));
        }
        match event.kind.as_str() {
            "turn.completed" => return Ok(()),
            "turn.failed" | "turn.cancelled" => {
                let ended = format!("the turn has ended: {}", event.kind.trim_start_matches("turn."));
                let reason = field(&event.data, "data.reason");
                return Err(Failure::new(Exit::TurnEnded, ended).hint(reason));
            }
            _ => {}
        }
    }
}

/// The printed part of the unfinished message.
#[derive(Default)]
struct Writing {
    chars: usize,
    /// Characters of thinking since the last text.
    thought_chars: usize,
}

impl Writing {
    /// Tells on standard error that the model thinks, and how much, in place of the thoughts.
    fn fold_thinking(&mut self, event: &Event) {
        let data = &event.data["data"];
        let is_thought = event.kind == "message.delta" && data["kind"] == "thinking";
        if is_thought {
            if self.thought_chars == 0 {
                eprint!("[thinks …");
            }
            self.thought_chars += data["text"].as_str().unwrap_or_default().chars().count();
        } else if self.thought_chars > 0 {
            eprintln!(" {} characters]", self.thought_chars);
            self.thought_chars = 0;
        }
    }

    /// The text to print for the event.
    fn take(&mut self, event: &Event) -> String {
        let data = &event.data["data"];
        match event.kind.as_str() {
            "message.delta" if data["kind"] == "text" => self.more(data["text"].as_str().unwrap_or_default()),
            "message.completed" => {
                let whole = text(&data["message"]);
                let rest: String = whole.chars().skip(self.chars).collect();
                self.chars = 0;
                if whole.is_empty() { String::new() } else { clean(&rest) + "\n" }
            }
            "turn.attempt" if self.chars > 0 => {
                self.chars = 0;
                "\n[started again, because the worker that wrote this died]\n".into()
            }
            "tool.called" => format!("[calls {}]\n", field(data, "call.name")),
            _ => String::new(),
        }
    }

    fn more(&mut self, text: &str) -> String {
        self.chars += text.chars().count();
        clean(text)
    }
}

/// The text parts of a message, joined like its deltas.
fn text(message: &Value) -> String {
    let parts = message["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    let texts = parts.iter().filter(|part| part["type"] == "text");
    texts.filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n\n")
}

/// The text without control characters, except for line ends and tabs.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}
