//! Sessions.

use domain::{
    AgentId, Error, Kind, Map, Result, codes,
    controls::Controls,
    overrides::Overrides,
    thread::{ClosedBy, Run},
};
use engine::app::{
    models::Models,
    threads::{NewThread, ThreadPatch, fork::NewFork, page::Described},
};

use super::{
    agents::{agent_archived, agent_named, check_harness, model_not_found},
    controls::model_named,
    extras::{AGENT_IDENTITY, Extras, PINNED, WORKSPACE, get, put},
    tools::{defined, keep_unknown, shown},
};
use crate::{ids, wire};

/// A new session. `agent` is the one that the request names.
///
/// # Errors
/// `invalid`, `harness_not_found`, `model_not_found`.
pub fn new_thread(request: wire::CreateSessionRequest, agent: Option<AgentId>, models: &Models) -> Result<NewThread> {
    check_harness(request.harness_id.as_deref(), request.harness_name.as_deref())?;
    let (tools, unknown) = defined(request.tools, &[]);
    let overrides = Overrides {
        instructions: request.system_prompt,
        tools,
        controls: Controls {
            model: request.model_id.as_deref().map(|id| model_named("model_id", id, models)).transpose()?,
            locale: request.locale,
            hints: request.hints.unwrap_or_default(),
            ..Controls::default()
        },
        max_steps: request.max_iterations,
        ..Overrides::default()
    };
    let mut extras = Map::new();
    keep_unknown(&mut extras, &unknown);
    put(&mut extras, AGENT_IDENTITY, request.agent_identity_id.as_ref());
    put(&mut extras, WORKSPACE, request.workspace_id.as_ref());
    let kept = Extras {
        capabilities: Some(request.capabilities),
        initial_files: Some(request.initial_files),
        parallel_tool_calls: request.parallel_tool_calls,
        mcp_servers: Some(request.mcp_servers),
        network_access: request.network_access,
    };
    kept.write(&mut extras);
    Ok(NewThread { title: request.title, agent, tags: request.tags, overrides, extras, ..NewThread::default() })
}

pub fn patch(request: wire::UpdateSessionRequest) -> ThreadPatch {
    let mut extras = Map::new();
    put(&mut extras, AGENT_IDENTITY, request.agent_identity_id.as_ref());
    ThreadPatch {
        title: request.title.map(Some),
        tags: request.tags,
        locale: request.locale.map(Some),
        extras,
        ..ThreadPatch::default()
    }
}

pub fn pinned(pinned: bool) -> ThreadPatch {
    let mut extras = Map::new();
    put(&mut extras, PINNED, Some(&pinned));
    ThreadPatch { extras, ..ThreadPatch::default() }
}

/// # Errors
/// `invalid`, `model_not_found`.
pub fn fork(request: wire::ForkSessionRequest, models: &Models) -> Result<NewFork> {
    Ok(NewFork {
        title: request.title,
        agent: request.agent_id.as_deref().map(|id| agent_named("agent_id", id)).transpose()?,
        model: request.model_id.as_deref().map(|id| model_named("model_id", id, models)).transpose()?,
        locale: request.locale,
        instructions: request.system_prompt,
        tags: request.tags,
        // A pin belongs to the session and not to its fork.
        without: &[PINNED],
        origin: None,
    })
}

pub fn session(described: Described) -> wire::Session {
    let Described { thread, own, begun_at, first, last_answer, agent_model } = described;
    let (overrides, extras) = (own.overrides, own.extras);
    let model = overrides.controls.model.or(agent_model);
    let kept = Extras::read(&extras);
    let id = ids::session(thread.id);
    let url = format!("/v1/sessions/{id}");
    wire::Session {
        id,
        organization_id: ids::organization(thread.project),
        workspace_id: get(&extras, WORKSPACE).unwrap_or_else(|| ids::workspace(thread.id)),
        harness_id: ids::HARNESS.into(),
        owner_principal_id: ids::principal(thread.project),
        status: status(thread.run, begun_at.is_some()),
        created_at: thread.created_at,
        updated_at: thread.last_at,
        started_at: begun_at,
        finished_at: thread.closed.filter(|closed| closed.by == ClosedBy::Person).map(|closed| closed.at),
        agent_id: ids::agent(thread.agent),
        agent_identity_id: get(&extras, AGENT_IDENTITY),
        model_id: model.as_deref().and_then(ids::model_named),
        title: thread.title,
        locale: overrides.controls.locale,
        tags: thread.tags.into_iter().map(|tag| tag.name).collect(),
        capabilities: kept.capabilities.unwrap_or_default(),
        tools: shown(&overrides.tools, &extras),
        initial_files: kept.initial_files.unwrap_or_default(),
        features: Vec::new(),
        system_prompt: overrides.instructions,
        max_iterations: overrides.max_steps,
        parallel_tool_calls: kept.parallel_tool_calls,
        hints: Some(overrides.controls.hints).filter(|hints| !hints.is_empty()),
        mcp_servers: kept.mcp_servers.unwrap_or_default(),
        network_access: kept.network_access,
        preview: first,
        output_preview: last_answer,
        usage: wire::TokenUsage::of_sum(thread.spent),
        is_pinned: get(&extras, PINNED).unwrap_or_default(),
        forked_from_session_id: overrides.forked_from.map(|fork| ids::session(fork.thread)),
        forked_from_sequence: overrides.forked_from.map(|fork| fork.seq),
        self_url: url.clone(),
        view_url: url.clone(),
        ui_link: url,
    }
}

/// `said` tells whether the session has a message.
fn status(run: Run, said: bool) -> wire::SessionStatus {
    match said {
        _ if run.waiting => wire::SessionStatus::WaitingForToolResults,
        _ if run.is_open() => wire::SessionStatus::Active,
        true => wire::SessionStatus::Idle,
        false => wire::SessionStatus::Started,
    }
}

/// An unknown name in a new session is a 404 in the vendor's document, and a 400 in an agent's own request.
pub fn named_as_sent(error: Error) -> Error {
    match error.code {
        codes::AGENT_NOT_FOUND => Error::not_found(codes::AGENT_NOT_FOUND, "Agent"),
        codes::AGENT_ARCHIVED => agent_archived(),
        codes::MODEL_NOT_FOUND => model_not_found(),
        codes::HARNESS_NOT_FOUND => Error::not_found(codes::HARNESS_NOT_FOUND, "Harness"),
        _ if error.kind == Kind::Invalid => super::agents::named_as_sent(error),
        _ => error,
    }
}
