//! The turns of a thread: how long each waited and ran, and what it used.

use askama::Template;
use axum::extract::State;
use dialect_kit::{Answer, Authed, Params, Query};
use domain::{
    Timestamp,
    turn::{State as TurnState, Turn},
};
use engine::{
    App,
    app::turns::{Stage, StageKind},
};
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
    pub bars: Vec<Bar>,
    pub queue: String,
    pub run: String,
    /// How long model and tools took in all.
    pub model: String,
    pub tools: String,
}

/// A part of the turn's time.
pub struct Bar {
    pub class: &'static str,
    pub x: i64,
    pub width: i64,
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
    let first = turns.iter().map(|(_, turn)| turn.first_seq).min();
    let stages = match first {
        Some(first) => app.turn_stages(&caller, found.id, first).await?,
        None => Vec::new(),
    };
    let row = |turn| row(turn, &spans(turn, &stages, now), longest, head.may_write, now);
    let rows = turns.iter().map(|(_, turn)| row(turn)).collect();
    let frame = Frame::of(&app, &caller, Place::Threads, head.title.clone()).await?;
    answer::page(&Turns { frame, head, tab: t::TURNS, rows, axis: times::length(longest), earlier })
}

/// Microseconds in which the turn waited for a worker, and in which it ran.
fn lengths(turn: &Turn, now: Timestamp) -> (i64, i64) {
    let ended = turn.ended_at.unwrap_or(now);
    let started = turn.started_at.unwrap_or(ended);
    (started.since_us(turn.created_at).max(0), ended.since_us(started).max(0))
}

/// A time in which the model or a tool was at work, from the turn's beginning.
struct Span {
    is_tool: bool,
    from_us: i64,
    to_us: i64,
}

/// The times of the turn's model calls and tool calls. One that has no end ends with the next one, or with the turn.
fn spans(turn: &Turn, stages: &[Stage], now: Timestamp) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let (mut model, mut tools) = (None, Vec::new());
    let end_us = turn.ended_at.unwrap_or(now).since_us(turn.created_at);
    for stage in stages.iter().filter(|stage| stage.turn == turn.id) {
        let at_us = stage.at.since_us(turn.created_at);
        match stage.kind {
            StageKind::ModelCalled => {
                spans.extend(model.map(|from_us| Span { is_tool: false, from_us, to_us: at_us }));
                model = Some(at_us);
            }
            StageKind::ModelAnswered => {
                spans.extend(model.take().map(|from_us| Span { is_tool: false, from_us, to_us: at_us }));
            }
            StageKind::ToolCalled => tools.push(at_us),
            StageKind::ToolAnswered if tools.is_empty() => {}
            StageKind::ToolAnswered => spans.push(Span { is_tool: true, from_us: tools.remove(0), to_us: at_us }),
        }
    }
    spans.extend(model.map(|from_us| Span { is_tool: false, from_us, to_us: end_us }));
    spans.extend(tools.into_iter().map(|from_us| Span { is_tool: true, from_us, to_us: end_us }));
    spans
}

fn row(turn: &Turn, spans: &[Span], longest: i64, may_write: bool, now: Timestamp) -> Row {
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
    let share = |us: i64| i64::try_from(i128::from(us) * 1_000 / i128::from(longest)).unwrap_or(1_000);
    let bar = |class, from_us: i64, to_us: i64| Bar { class, x: share(from_us), width: share(to_us - from_us).max(2) };
    let mut bars = vec![bar("bar-queue", 0, queue_us), bar("bar-run", queue_us, queue_us + run_us)];
    let of = |span: &Span| if span.is_tool { "bar-tool" } else { "bar-model" };
    bars.extend(spans.iter().map(|span| bar(of(span), span.from_us, span.to_us)));
    let sum = |is_tool| spans.iter().filter(|span| span.is_tool == is_tool).map(|span| span.to_us - span.from_us).sum();
    Row {
        id: turn.id.to_string(),
        state: Word { text, class },
        may_retry: may_write && matches!(turn.state, TurnState::Failed | TurnState::Cancelled),
        at: Time::of(turn.created_at, now),
        facts,
        reason: turn.reason.clone(),
        bars,
        queue: times::length(queue_us),
        run: times::length(run_us),
        model: times::length(sum(false)),
        tools: times::length(sum(true)),
    }
}
