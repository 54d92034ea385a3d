//! The turns of a thread: how long each waited and ran, and what it used.

use askama::Template;
use axum::extract::State;
use dialect_kit::{Answer, Authed, Params, Query};
use domain::{
    Timestamp,
    turn::{State as TurnState, Turn},
};
use engine::App;
use serde::Deserialize;

use super::{
    ROWS,
    state::Word,
    thread::{self, Head},
};
use crate::{
    answer,
    frame::{Frame, Place},
    texts as t,
    times::{self, Time},
};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct TurnsQuery {
    before: Option<i64>,
}

/// A turn with its bars, in thousandths of the axis.
pub struct Row {
    pub id: String,
    pub state: Word,
    pub may_retry: bool,
    pub at: Time,
    pub facts: Vec<String>,
    pub reason: Option<String>,
    pub queue: i64,
    pub run: i64,
    pub queue_text: String,
    pub run_text: String,
}

#[derive(Template)]
#[template(path = "pages/turns.html")]
struct Turns {
    frame: Frame,
    head: Head,
    tab: &'static str,
    rows: Vec<Row>,
    axis: String,
    earlier: Option<String>,
}

pub async fn show(
    State(app): State<App>,
    Authed(caller): Authed,
    params: Params,
    Query(query): Query<TurnsQuery>,
) -> Answer {
    let (found, head) = thread::head_of(&app, &caller, &params).await?;
    let turns = app.list_turns(&caller, found.id, query.before, ROWS + 1).await?;
    let more = turns.len() as i64 > ROWS;
    let turns = &turns[..turns.len().min(ROWS as usize)];
    let earlier =
        turns.last().filter(|_| more).map(|(seq, _)| format!("/console/threads/{}/turns?before={seq}", head.id));
    let now = app.clock().now();
    let longest = turns.iter().map(|(_, turn)| lengths(turn, now)).map(|(queue, run)| queue + run).max();
    let longest = longest.unwrap_or(0).max(1);
    let rows = turns.iter().map(|(_, turn)| row(turn, longest, head.may_write, now)).collect();
    let frame = Frame::of(&app, &caller, Place::Threads, head.title.clone()).await?;
    answer::page(&Turns { frame, head, tab: t::TURNS, rows, axis: times::length(longest), earlier })
}

/// Microseconds in which the turn waited for a worker, and in which it ran.
fn lengths(turn: &Turn, now: Timestamp) -> (i64, i64) {
    let ended = turn.ended_at.unwrap_or(now);
    let started = turn.started_at.unwrap_or(ended);
    (started.since_us(turn.created_at).max(0), ended.since_us(started).max(0))
}

fn row(turn: &Turn, longest: i64, may_write: bool, now: Timestamp) -> Row {
    let (queue_us, run_us) = lengths(turn, now);
    let (text, class) = match turn.state {
        TurnState::Queued => (t::QUEUED, "is-wait"),
        TurnState::Running => (t::RUNNING, "is-agent"),
        TurnState::Waiting => (t::WAITING, "is-wait"),
        TurnState::Completed => (t::COMPLETED, "is-quiet"),
        TurnState::Failed => (t::FAILED, "is-bad"),
        TurnState::Cancelled => (t::CANCELLED, "is-over"),
    };
    let mut facts = Vec::new();
    if turn.attempt > 1 {
        facts.push(format!("{} {}", t::ATTEMPT, turn.attempt));
    }
    if let Some(spent) = turn.spent.any() {
        let usage = spent.usage;
        let input = usage.input + usage.cache_read + usage.cache_write + usage.cache_write_1h;
        facts.push(format!("{} {}", spent.calls, t::CALLS_OF_MODEL));
        facts.push(format!("{} {}", times::grouped(input), t::TOKENS_IN));
        facts.push(format!("{} {}", times::grouped(usage.output), t::TOKENS_OUT));
        facts.push(format!("${}", spent.cost));
    }
    let share = |us: i64| i64::try_from(i128::from(us) * 1_000 / i128::from(longest)).unwrap_or(1_000).max(2);
    Row {
        id: turn.id.to_string(),
        state: Word { text, class },
        may_retry: may_write && matches!(turn.state, TurnState::Failed | TurnState::Cancelled),
        at: Time::of(turn.created_at, now),
        facts,
        reason: turn.reason.clone(),
        queue: share(queue_us),
        run: share(run_us),
        queue_text: times::length(queue_us),
        run_text: times::length(run_us),
    }
}
