//! A list of the inbox that goes on: the rows of threads whose heads moved, and how many wait.

use std::collections::VecDeque;

use dialect_kit::Frame;
use domain::{Caller, Result, Timestamp, thread::Thread};
use engine::{App, app::threads::heads::Heads};
use futures_util::{Stream, stream};

use super::frame;
use crate::{
    html::Html,
    pages::{
        inbox::{self, Tab, Waiting},
        row::Rows,
    },
};

struct Live {
    app: App,
    caller: Caller,
    tab: Tab,
    topic: String,
    heads: Heads,
    waiting: Option<Waiting>,
    ready: VecDeque<Frame>,
}

/// The events of a list from a time on.
///
/// # Errors
/// `forbidden` without `read`.
pub async fn frames(
    app: &App,
    caller: &Caller,
    (tab, after): (Tab, Timestamp),
) -> Result<impl Stream<Item = Frame> + Send + use<>> {
    let heads = app.follow_heads(caller, Some(after)).await?;
    let topic = format!("i:{}", tab.word());
    let (app, caller) = (app.clone(), caller.clone());
    let live = Live { app, caller, tab, topic, heads, waiting: None, ready: VecDeque::new() };
    Ok(stream::unfold(Some(live), async |live| {
        let mut live = live?;
        while live.ready.is_empty() {
            if let Err(error) = live.next().await {
                tracing::debug!(?error, "a live list is cut off, and resumes");
                let frame = live.frame("again", "", "");
                return Some((frame, None));
            }
        }
        let frame = live.ready.pop_front()?;
        Some((frame, Some(live)))
    }))
}

impl Live {
    async fn next(&mut self) -> Result<()> {
        let moved = self.heads.next().await?;
        if moved.reset {
            self.send("stale", "", "");
        }
        for thread in moved.gone {
            self.send("row", &format!("t-{thread}"), "");
        }
        let rows = Rows::new(&self.app, &self.caller).of(&moved.heads).await?;
        for (thread, row) in moved.heads.iter().zip(rows) {
            let html = Html::of(&row)?;
            let event = if self.belongs(thread) { "row" } else { "left" };
            self.send(event, &row.id, html.text());
        }
        let waiting = inbox::waiting(&self.app, &self.caller).await?;
        if self.waiting != Some(waiting) {
            self.waiting = Some(waiting);
            self.send("waiting", "", &waiting.text());
        }
        Ok(())
    }

    /// Tells whether the thread stands in the list.
    fn belongs(&self, thread: &Thread) -> bool {
        let overdue = self.app.overdue(true);
        match self.tab {
            Tab::Needs => thread.people.wanted.is_some() || thread.people.is_overdue(overdue.now, overdue.idle_s),
            Tab::Mine => thread.people.assignee.is_some() && thread.people.assignee == self.caller.member(),
            Tab::All => true,
        }
    }

    fn frame(&self, event: &'static str, id: &str, html: &str) -> Frame {
        frame(event, &self.topic, &self.heads.position().0.to_string(), id, html)
    }

    fn send(&mut self, event: &'static str, id: &str, html: &str) {
        let frame = self.frame(event, id, html);
        self.ready.push_back(frame);
    }
}
