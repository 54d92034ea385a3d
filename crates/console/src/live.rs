//! Threads that go on: fragments of their pages over one stream a browser. Each event has its thread and its position, from
//! which a page that lost the connection resumes.

mod onlookers;
mod rows;

use std::{collections::VecDeque, sync::Arc, time::Duration};

use axum::{Extension, extract::State};
use dialect_kit::{Answer, Authed, Frame, Query, Streams, sse::Keep};
use domain::{
    Caller, Error, Kind, MessageId, Position, Result, ThreadId, Timestamp,
    event::{Delta, DeltaKind, Event, Item},
};
use engine::{
    App,
    app::messages::follow::{Reader, Start},
};
use futures_util::{
    Stream, StreamExt,
    stream::{self, SelectAll},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    blocks::Blocks,
    html::Html,
    markdown,
    pages::{
        acting::Acting,
        band::Band,
        happened,
        inbox::Tab,
        names::Names,
        said::{self, Speakers},
        thread::{self, Saying},
    },
};

/// Pieces of a message that arrive within this time become one event.
const GATHER: Duration = Duration::from_millis(60);
/// A tail beyond this is shown as plain text until its block is closed, because each event renders the tail anew.
const TAIL_BYTES: usize = 8_192;

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct LiveQuery {
    /// `t:<thread>@<position>` for a thread, `i:<list>@<time>` for a list of the inbox.
    topics: Vec<String>,
}

/// The threads of all pages of a browser over one stream.
pub async fn follow(
    State(app): State<App>,
    Authed(caller): Authed,
    Query(query): Query<LiveQuery>,
    Extension(blocks): Extension<Arc<Blocks>>,
    streams: Streams,
) -> Answer {
    let most = app.limits().live_topics;
    if query.topics.is_empty() || query.topics.len() as u64 > most {
        return Err(Error::field("topics", format!("must be 1 to {most} threads")).into());
    }
    let mut all = SelectAll::new();
    for text in &query.topics {
        if let Some(list) = list_of(text) {
            all.push(rows::frames(&app, &caller, list).await?.boxed());
            continue;
        }
        let (thread, position) = topic(text).ok_or_else(not_a_topic)?;
        match Live::open(&app, &caller, &blocks, (thread, position)).await {
            Ok(live) => {
                all.push(frames(live).boxed());
                all.push(onlookers::frames(&app, &caller, thread).await?.boxed());
            }
            // The other pages go on without this one.
            Err(error) if matches!(error.kind, Kind::NotFound | Kind::Invalid) => {
                all.push(stream::iter([of_thread("gone", thread, position, "", "")]).boxed());
            }
            Err(error) => return Err(error.into()),
        }
    }
    let watch = app.watch(&caller, None);
    // An empty list ends, and the stream must not: its reader would come again at once.
    let all = all.chain(stream::pending());
    streams.open(&caller, watch, all, Keep::alive("alive"))
}

fn topic(text: &str) -> Option<(ThreadId, Position)> {
    let (thread, position) = text.strip_prefix("t:")?.split_once('@')?;
    Some((ThreadId::parse(thread)?, Position::parse(position)?))
}

/// A list of the inbox, and up to which time the page has it.
fn list_of(text: &str) -> Option<(Tab, Timestamp)> {
    let (tab, after) = text.strip_prefix("i:")?.split_once('@')?;
    Some((Tab::parse(tab)?, Timestamp(after.parse().ok()?)))
}

fn not_a_topic() -> Error {
    Error::field("topics", "must have the form `t:<thread>@<position>` or `i:<list>@<time>`")
}

/// An event of a topic: a thread, or a list of the inbox.
fn frame(event: &'static str, topic: &str, position: &str, id: &str, html: &str) -> Frame {
    let data = json!({ "thread": topic, "position": position, "id": id, "html": html }).to_string();
    Frame { event: Some(event.into()), data: Some(data), ..Frame::default() }
}

fn of_thread(event: &'static str, thread: ThreadId, position: Position, id: &str, html: &str) -> Frame {
    frame(event, &thread.to_string(), &position.to_string(), id, html)
}

/// One reader's stream.
struct Live {
    app: App,
    caller: Caller,
    blocks: Arc<Blocks>,
    thread: ThreadId,
    reader: Reader,
    acting: Acting,
    /// The message that is being said.
    growing: Option<Growing>,
    ready: VecDeque<Frame>,
}

struct Growing {
    message: MessageId,
    text: String,
    /// The bytes that stand in closed blocks, which the page has.
    shown: usize,
}

fn frames(live: Live) -> impl Stream<Item = Frame> + Send {
    stream::unfold(Some(live), async |live| {
        let mut live = live?;
        while live.ready.is_empty() {
            match live.reader.next().await {
                Ok(Some(items)) => {
                    let position = live.reader.position();
                    if let Err(error) = live.take(items, position).await {
                        tracing::warn!(?error, "a live page is cut off, and resumes");
                        return Some((of_thread("again", live.thread, position, "", ""), None));
                    }
                    if live.growing.is_some() {
                        tokio::time::sleep(GATHER).await;
                    }
                }
                Ok(None) => return Some((of_thread("gone", live.thread, live.reader.position(), "", ""), None)),
                Err(_) => return Some((of_thread("again", live.thread, live.reader.position(), "", ""), None)),
            }
        }
        let frame = live.ready.pop_front()?;
        Some((frame, Some(live)))
    })
}

impl Live {
    /// # Errors
    /// `not_found` for an unknown or foreign thread; `invalid` for a position after the newest entry.
    async fn open(
        app: &App,
        caller: &Caller,
        blocks: &Arc<Blocks>,
        (thread, position): (ThreadId, Position),
    ) -> Result<Self> {
        let reader = app.follow(caller, thread, Start::Beyond(position)).await?;
        let acting = Acting::of(app, caller).await?;
        let (app, caller, blocks) = (app.clone(), caller.clone(), Arc::clone(blocks));
        let mut live = Self { app, caller, blocks, thread, reader, acting, growing: None, ready: VecDeque::new() };
        live.catch_up(position).await?;
        Ok(live)
    }

    /// The text of the unfinished message up to the position, which the page may have only in part.
    async fn catch_up(&mut self, position: Position) -> Result<()> {
        let deltas = self.app.unfinished(&self.caller, self.thread).await?;
        let known = deltas.iter().filter(|delta| Position::delta(delta.seq, delta.n) <= position);
        for delta in known {
            self.grow(delta);
        }
        if self.growing.is_some() {
            self.put_growing(position).await?;
        }
        Ok(())
    }

    async fn take(&mut self, items: Vec<Arc<Item>>, position: Position) -> Result<()> {
        let (mut entries, mut grew) = (false, false);
        for item in items {
            match &*item {
                Item::Delta(delta) => {
                    let is_new = self.growing.as_ref().is_none_or(|growing| growing.message != delta.message);
                    self.grow(delta);
                    grew = true;
                    if is_new {
                        self.put_growing(item.position()).await?;
                    }
                }
                Item::Entry(entry) => {
                    entries = true;
                    if ends_growth(&entry.event) {
                        self.growing = None;
                        self.send("drop", item.position(), "", "");
                    }
                    let now = self.app.clock().now();
                    let from = (&self.app, &self.caller);
                    if let Some(line) = happened::shown(from, &mut Names::default(), entry, now).await? {
                        self.send("put", item.position(), &happened::element(entry.seq), line.text());
                    }
                    if let Some(message) = entry.message.clone() {
                        self.growing = self.growing.take().filter(|growing| growing.message != message.id);
                        let said = Speakers::new(&self.app, &self.caller).said(message, now).await?;
                        let html = Html::of(&said)?;
                        self.send("put", item.position(), &said.id, html.text());
                    }
                }
            }
        }
        if grew {
            self.send_growth(position);
        }
        if entries {
            self.send_band(position).await?;
        }
        Ok(())
    }

    fn grow(&mut self, delta: &Delta) {
        let growing = self.growing.take().filter(|growing| growing.message == delta.message);
        let mut growing = growing.unwrap_or(Growing { message: delta.message, text: String::new(), shown: 0 });
        if delta.kind == DeltaKind::Text {
            growing.text.push_str(&delta.text);
        }
        self.growing = Some(growing);
    }

    /// Sends the whole element of the message that is being said.
    async fn put_growing(&mut self, position: Position) -> Result<()> {
        let head = self.app.thread(&self.caller, self.thread).await?;
        let speaker = Names::default().of(&self.app, &self.caller, head.agent).await?;
        let Some(growing) = &mut self.growing else { return Ok(()) };
        growing.shown = markdown::closed(&growing.text);
        let id = said::element(growing.message);
        let html = Html::of(&Saying::of(id.clone(), speaker, &growing.text))?;
        self.send("put", position, &id, html.text());
        Ok(())
    }

    /// Sends the blocks that are closed since the last time, and the open rest.
    fn send_growth(&mut self, position: Position) {
        let Some(growing) = &mut self.growing else { return };
        let rest = &growing.text[growing.shown..];
        let closed = markdown::closed(rest);
        let at = (growing.message, growing.shown);
        let block = (closed > 0).then(|| self.blocks.html(at.0, at.1, &rest[..closed]));
        let tail = match &rest[closed..] {
            tail if tail.len() > TAIL_BYTES => Html::made(format!("<pre>{}</pre>", escaped(tail))),
            tail => markdown::html(held_back(tail)),
        };
        growing.shown += closed;
        let id = said::element(growing.message);
        if let Some(block) = block {
            self.send("block", position, &id, block.text());
        }
        self.send("tail", position, &id, tail.text());
    }

    async fn send_band(&mut self, position: Position) -> Result<()> {
        let (app, caller) = (&self.app, &self.caller);
        let found = app.thread(caller, self.thread).await?;
        let agent = Names::default().of(app, caller, found.agent).await?;
        let head = thread::head(app, caller, &found, agent, &self.acting).await?;
        let html = Html::of(&Band { head: &head, acting: &self.acting, problem: None })?;
        self.send("band", position, "band", html.text());
        Ok(())
    }

    fn send(&mut self, event: &'static str, position: Position, id: &str, html: &str) {
        self.ready.push_back(of_thread(event, self.thread, position, id, html));
    }
}

/// Tells whether no unfinished message of the page goes on. The page may show one that this stream did not send:
/// its server died.
fn ends_growth(event: &Event) -> bool {
    matches!(
        event,
        Event::TurnAttempt { .. } | Event::TurnCompleted(_) | Event::TurnFailed(_) | Event::TurnCancelled(_)
    )
}

/// The text without a last line that may become a fence, which would flicker.
fn held_back(tail: &str) -> &str {
    let start = tail.rfind('\n').map_or(0, |end| end + 1);
    let last = &tail[start..];
    let is_marker = !last.is_empty() && last.bytes().all(|b| b == b'`' || b == b'~');
    if is_marker { &tail[..start] } else { tail }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_may_become_a_fence_is_held_back() {
        for (tail, shown) in [("a\n`", "a\n"), ("a\n```", "a\n"), ("``", ""), ("a `", "a `"), ("a\n```js", "a\n```js")]
        {
            assert_eq!(held_back(tail), shown, "{tail:?}");
        }
    }
}
