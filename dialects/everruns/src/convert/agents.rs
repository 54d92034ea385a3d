//! Agents.

use domain::{AgentId, Error, Map, Result, agent, codes, model};
use engine::app::{
    agents::{Described, Draft},
    models::Models,
};

use super::{
    controls::model_named,
    extras::Extras,
    tools::{defined, keep_unknown, shown},
};
use crate::{ids, wire};

/// The only harness, by the name that the vendor's clients use.
pub const HARNESS_NAME: &str = "generic";

/// # Errors
/// `harness_not_found` for an unknown harness; `invalid` if both id and name are given.
pub fn check_harness(id: Option<&str>, name: Option<&str>) -> Result<()> {
    let unknown = |field: &str| Error { code: codes::HARNESS_NOT_FOUND, ..Error::field(field, "must name a harness") };
    match (id, name) {
        (Some(_), Some(_)) => Err(Error::field("harness_name", "must not be combined with `harness_id`")),
        (Some(id), None) if !ids::is_harness(id) => Err(unknown("harness_id")),
        (None, Some(name)) if name != HARNESS_NAME => Err(unknown("harness_name")),
        _ => Ok(()),
    }
}

/// The error for an agent that takes no new sessions.
pub fn agent_archived() -> Error {
    Error::invalid(codes::AGENT_ARCHIVED, "The agent is archived and takes no new sessions")
}

pub fn model_not_found() -> Error {
    Error::not_found(codes::MODEL_NOT_FOUND, "Model")
}

/// # Errors
/// `invalid` for a malformed agent id.
pub fn agent_named(field: &str, id: &str) -> Result<AgentId> {
    ids::parse_agent(id).ok_or_else(|| Error::field(field, "must be agent_ and 32 hex digits"))
}

/// Tells whether the text has the form of an agent's name, so that a path may contain it.
pub fn is_name(text: &str) -> bool {
    let word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    text.split('-').all(word)
}

/// Replaces all settings that this contract can express. The script, which it cannot, stays unless another model is
/// chosen.
///
/// # Errors
/// `invalid`, `harness_not_found`, `model_not_found`.
pub fn replace(request: wire::CreateAgentRequest, models: &Models) -> Result<impl FnOnce(&mut Draft) + Send + use<>> {
    check_harness(request.harness_id.as_deref(), request.harness_name.as_deref())?;
    let model =
        request.default_model_id.as_deref().map(|id| model_named("default_model_id", id, models)).transpose()?;
    Ok(move |draft: &mut Draft| {
        let settings = &mut draft.settings;
        draft.name = request.name;
        settings.instructions = request.system_prompt;
        settings.display_name = request.display_name;
        settings.description = request.description;
        settings.tags = request.tags;
        settings.max_steps = request.max_iterations;
        if model.is_none() && settings.model.as_deref() != Some(model::SCRIPTED) {
            settings.model = None;
        }
        choose(settings, model);
        let (tools, unknown) = defined(request.tools, &settings.tools);
        settings.tools = tools;
        draft.extras.clear();
        keep_unknown(&mut draft.extras, &unknown);
        let extras = Extras {
            capabilities: Some(request.capabilities),
            initial_files: Some(request.initial_files),
            parallel_tool_calls: request.parallel_tool_calls,
            mcp_servers: Some(request.mcp_servers),
            network_access: request.network_access,
        };
        extras.write(&mut draft.extras);
    })
}

/// # Errors
/// `invalid`, `harness_not_found`, `model_not_found`.
pub fn patch(request: wire::UpdateAgentRequest, models: &Models) -> Result<impl FnOnce(&mut Draft) + Send + use<>> {
    check_harness(request.harness_id.as_deref(), request.harness_name.as_deref())?;
    if request.status == Some(wire::AgentStatus::Deleted) {
        return Err(Error::field("status", "must be `active` or `archived`"));
    }
    let model =
        request.default_model_id.as_deref().map(|id| model_named("default_model_id", id, models)).transpose()?;
    Ok(move |draft: &mut Draft| {
        let settings = &mut draft.settings;
        set(&mut draft.name, request.name);
        set(&mut settings.instructions, request.system_prompt);
        settings.display_name = request.display_name.or(settings.display_name.take());
        settings.description = request.description.or(settings.description.take());
        set(&mut settings.tags, request.tags);
        settings.max_steps = request.max_iterations.or(settings.max_steps);
        choose(settings, model);
        if let Some(definitions) = request.tools {
            let (tools, unknown) = defined(definitions, &settings.tools);
            settings.tools = tools;
            keep_unknown(&mut draft.extras, &unknown);
        }
        let extras = Extras {
            capabilities: request.capabilities,
            initial_files: request.initial_files,
            parallel_tool_calls: request.parallel_tool_calls,
            mcp_servers: request.mcp_servers,
            network_access: request.network_access,
        };
        extras.write(&mut draft.extras);
        set(&mut draft.archived, request.status.map(|status| status == wire::AgentStatus::Archived));
    })
}

fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// Only the model `scripted` reads a script.
fn choose(settings: &mut agent::Settings, chosen: Option<String>) {
    if let Some(name) = chosen {
        settings.model = Some(name);
        settings.script.clear();
    }
}

pub fn counted(described: &Described) -> wire::CountedAgent {
    let agent = agent(&described.agent, &described.extras);
    wire::CountedAgent { agent, session_count: described.threads, app_count: 0 }
}

pub fn agent(agent: &agent::Agent, extras: &Map) -> wire::Agent {
    let settings = &agent.settings;
    let Extras { capabilities, initial_files, parallel_tool_calls, mcp_servers, network_access } = Extras::read(extras);
    let id = ids::agent(agent.id);
    let url = format!("/v1/agents/{id}");
    wire::Agent {
        id,
        name: agent.name.clone(),
        system_prompt: settings.instructions.clone(),
        harness_id: ids::HARNESS.into(),
        status: match agent.archived_at {
            Some(_) => wire::AgentStatus::Archived,
            None => wire::AgentStatus::Active,
        },
        created_at: agent.created_at,
        updated_at: agent.updated_at,
        archived_at: agent.archived_at,
        display_name: settings.display_name.clone(),
        description: settings.description.clone(),
        default_model_id: settings.model.as_deref().and_then(ids::model_named),
        tags: settings.tags.clone(),
        capabilities: capabilities.unwrap_or_default(),
        tools: shown(&settings.tools, extras),
        initial_files: initial_files.unwrap_or_default(),
        max_iterations: settings.max_steps,
        parallel_tool_calls,
        mcp_servers: mcp_servers.unwrap_or_default(),
        network_access,
        self_url: url.clone(),
        view_url: url.clone(),
        ui_link: url,
    }
}

/// Renames the fields of an engine's error to those of this contract. An unknown model is a 404.
pub fn named_as_sent(error: Error) -> Error {
    if error.code == codes::MODEL_NOT_FOUND {
        return model_not_found();
    }
    let Some(field) = error.fields.first() else { return error };
    let name = match field.path.as_str() {
        "instructions" => "system_prompt",
        "model" => "default_model_id",
        "max_steps" => "max_iterations",
        "controls.locale" => "locale",
        "controls.hints" => "hints",
        _ => return error,
    };
    Error { code: error.code, ..Error::field(name, field.message.clone()) }
}
