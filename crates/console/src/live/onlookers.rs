//! Who else looks at a thread and types in it, on the thread's stream.

use dialect_kit::Frame;
use domain::{Caller, Result, ThreadId};
use engine::App;
use futures_util::{Stream, stream};

use super::frame;
use crate::{
    html::Html,
    pages::presence::{Present, lines},
};

/// The events of those who are present. They have no position, because presence is not stored.
///
/// # Errors
/// `not_found` for an unknown or foreign thread.
pub async fn frames(app: &App, caller: &Caller, thread: ThreadId) -> Result<impl Stream<Item = Frame> + Send + use<>> {
    let onlookers = app.follow_present(caller, thread).await?;
    Ok(stream::unfold((onlookers, caller.member()), async |(mut onlookers, own)| {
        // The thread's own events tell that the sign-in has ended.
        let present = onlookers.next().await.ok()?;
        let html = Html::of(&Present { lines: lines(present, own) }).ok()?;
        Some((frame("present", &onlookers.thread().to_string(), "", "present", html.text()), (onlookers, own)))
    }))
}
