//! Threads.

use domain::{
    Error, Kept, Map, Result, codes,
    controls::Policy,
    message::Body,
    participant,
    thread::{ClosedBy, Thread},
};
use engine::{
    App, Origin,
    app::{
        messages::Send,
        threads::{NewThread, begin::Beginning},
    },
};

use super::{Chosen, member, said, tag};
use crate::{
    THREAD_PREFIX,
    wire::{self, RunState, ThreadStatus, UserType, WaitingOn},
};

/// A thread with its first message, for the engine.
///
/// # Errors
/// `invalid` for a thread in Slack, an address longer than any member's, a model of another revision, or a malformed
/// snapshot id.
pub fn beginning(app: &App, body: wire::CreateThreadBody, origin: Option<Origin>) -> Result<Beginning> {
    if body.slack.is_some() {
        let unconnected = Error::field("slack", "no Slack workspace is connected to this project");
        return Err(Error { code: codes::SLACK_NOT_CONNECTED, ..unconnected });
    }
    let mut metadata = Map::new();
    if let Some(repos) = body.repos.filter(|repos| !repos.is_empty()) {
        metadata.insert("repos".into(), Kept::of(&repos)?);
    }
    if let Some(id) = body.reliability_investigation_id {
        metadata.insert("reliabilityInvestigationId".into(), id.0.into());
    }
    let chosen = Chosen {
        model: body.model,
        speed: body.speed,
        reasoning: body.reasoning,
        build_model: body.build_model,
        build_speed: body.build_speed,
        build_reasoning: body.build_reasoning,
    };
    let controls = chosen.controls(app, body.browser_snapshot_ids)?;
    let first = Body { controls, ..said(body.prompt, body.attachment_urls) };
    Ok(Beginning {
        thread: NewThread { metadata, origin, ..NewThread::default() },
        tags: body.tags.unwrap_or_default().0,
        first: Send {
            impersonate: body.impersonate_user_email.map(|email| member(email, app.limits())).transpose()?,
            default_snapshots: true,
            ..Send::first(first, Policy::Queue)
        },
    })
}

/// The coarse status.
pub fn status(thread: &Thread) -> ThreadStatus {
    match run_state(thread) {
        RunState::Archived => ThreadStatus::Archived,
        RunState::Ready => ThreadStatus::Idle,
        _ => ThreadStatus::Active,
    }
}

/// A thread runs from the transaction that stores a message. Clients need not know whether a worker has claimed the
/// turn.
fn run_state(thread: &Thread) -> RunState {
    let by_person = thread.closed.as_ref().is_some_and(|closed| closed.by == ClosedBy::Person);
    match thread.run {
        _ if by_person => RunState::Archived,
        run if run.waiting => RunState::Waiting,
        run if run.is_open() => RunState::Running,
        _ if waits_for_person(thread) => RunState::Waiting,
        _ => RunState::Ready,
    }
}

/// The agent is silent for a person, and the customer waits for an answer.
fn waits_for_person(thread: &Thread) -> bool {
    thread.people.is_silent() && thread.people.unanswered.is_some()
}

fn waiting_on(thread: &Thread) -> Vec<WaitingOn> {
    match run_state(thread) {
        RunState::Waiting if waits_for_person(thread) => vec![WaitingOn::Review],
        RunState::Waiting => vec![WaitingOn::Worker],
        _ => Vec::new(),
    }
}

/// The new thread.
pub fn begun(thread: Thread) -> wire::CreateThreadResponse {
    wire::CreateThreadResponse {
        id: thread.id.prefixed(THREAD_PREFIX),
        project_id: thread.project.to_string(),
        status: status(&thread),
        run_state: run_state(&thread),
        waiting_on: waiting_on(&thread),
        blocked_on: Vec::new(),
        pending_wakeups: thread.run.queued,
        participants: participants(&thread),
        title: thread.title,
        tags: tag::tags(thread.tags),
        slack: None,
        created_at: thread.created_at,
    }
}

/// The present thread.
pub fn thread(thread: Thread) -> wire::ThreadListItem {
    let carried = |tag: domain::tag::Tag| wire::CarriedTag { color: tag::color(tag.color), name: tag.name };
    wire::ThreadListItem {
        id: thread.id.prefixed(THREAD_PREFIX),
        project_id: thread.project.to_string(),
        status: status(&thread),
        run_state: run_state(&thread),
        waiting_on: waiting_on(&thread),
        blocked_on: Vec::new(),
        pending_wakeups: thread.run.queued,
        tasks: Vec::new(),
        participants: participants(&thread),
        pull_requests: Vec::new(),
        slack_threads: Vec::new(),
        title: thread.title,
        tags: thread.tags.into_iter().map(carried).collect(),
        created_at: thread.created_at,
        updated_at: thread.last_at,
    }
}

fn participants(thread: &Thread) -> Vec<wire::Participant> {
    let participant = |p: &participant::Participant| wire::Participant {
        user_id: p.id.to_string(),
        user_type: user_type(p.kind),
        first_participated_at: p.first_at,
        last_participated_at: p.last_at,
    };
    thread.participants.iter().map(participant).collect()
}

pub fn user_type(kind: participant::Kind) -> UserType {
    match kind {
        participant::Kind::Key => UserType::ServiceUser,
        participant::Kind::Member | participant::Kind::Customer => UserType::Human,
    }
}
