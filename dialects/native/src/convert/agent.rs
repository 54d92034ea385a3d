//! Agents.

use dialect_kit::Given;
use domain::{agent, agent::Settings};
use engine::app::agents::{Draft, NewAgent};

use crate::wire::{
    self, Id,
    budget::{budgets, shown},
};

pub fn agent(agent: agent::Agent) -> wire::Agent {
    let settings = agent.settings;
    wire::Agent {
        id: Id(agent.id.0),
        number: agent.number,
        name: agent.name,
        display_name: settings.display_name,
        description: settings.description,
        kind: settings.kind,
        unclaimed_s: settings.unclaimed_s,
        push: settings.push.map(|push| wire::Push { url: push.url }),
        instructions: settings.instructions,
        model: settings.model,
        script: settings.script.into_iter().map(Into::into).collect(),
        tools: settings.tools.into_iter().map(Into::into).collect(),
        controls: Some(settings.controls).filter(|controls| !controls.is_empty()).map(Into::into),
        window_s: settings.window_s,
        hold_idle_s: settings.hold_idle_s,
        reopen: settings.reopen,
        ask_silent: settings.ask_silent,
        max_steps: settings.max_steps,
        budgets: shown(settings.budgets),
        guests: settings.guests.map(Into::into),
        failure_texts: settings.failure_texts,
        guest_id: agent.guest_id.map(|id| Id(id.0)),
        paused: settings.paused,
        tags: settings.tags,
        metadata: settings.metadata,
        created_at: agent.created_at,
        updated_at: agent.updated_at,
        archived_at: agent.archived_at,
    }
}

pub fn new_agent(wire: wire::NewAgent) -> NewAgent {
    let settings = Settings {
        display_name: wire.display_name,
        description: wire.description,
        kind: wire.kind.unwrap_or_default(),
        unclaimed_s: wire.unclaimed_s,
        push: wire.push.map(Into::into),
        instructions: wire.instructions.unwrap_or_default(),
        model: wire.model,
        script: wire.script.unwrap_or_default().into_iter().map(Into::into).collect(),
        tools: wire.tools.unwrap_or_default().into_iter().map(Into::into).collect(),
        controls: wire.controls.unwrap_or_default().into(),
        window_s: wire.window_s,
        hold_idle_s: wire.hold_idle_s,
        reopen: wire.reopen.unwrap_or_default(),
        ask_silent: wire.ask_silent.unwrap_or_default(),
        max_steps: wire.max_steps,
        budgets: budgets(wire.budgets.unwrap_or_default()),
        guests: wire.guests.map(Into::into),
        failure_texts: wire.failure_texts.unwrap_or_default(),
        paused: wire.paused.unwrap_or_default(),
        tags: wire.tags.unwrap_or_default(),
        metadata: wire.metadata,
        is_budgeted: false,
    };
    NewAgent { id: None, name: wire.name, settings }
}

/// Changes the draft as the patch says.
pub fn apply(patch: wire::AgentPatch, draft: &mut Draft) {
    let settings = &mut draft.settings;
    if let Some(name) = patch.name {
        draft.name = name;
    }
    set(patch.display_name, &mut settings.display_name);
    set(patch.description, &mut settings.description);
    set_or_default(patch.kind, &mut settings.kind);
    set(patch.unclaimed_s, &mut settings.unclaimed_s);
    match patch.push {
        Given::Absent => {}
        Given::Null => settings.push = None,
        Given::Value(push) => settings.push = Some(push.into()),
    }
    set_or_default(patch.instructions, &mut settings.instructions);
    set(patch.model, &mut settings.model);
    set_list(patch.script, &mut settings.script);
    set_list(patch.tools, &mut settings.tools);
    set_or_default(patch.controls, &mut settings.controls);
    set(patch.window_s, &mut settings.window_s);
    set(patch.hold_idle_s, &mut settings.hold_idle_s);
    set_or_default(patch.reopen, &mut settings.reopen);
    set_or_default(patch.ask_silent, &mut settings.ask_silent);
    set(patch.max_steps, &mut settings.max_steps);
    set_list(patch.budgets, &mut settings.budgets);
    match patch.guests {
        Given::Absent => {}
        Given::Null => settings.guests = None,
        Given::Value(guests) => settings.guests = Some(guests.into()),
    }
    set_or_default(patch.failure_texts, &mut settings.failure_texts);
    set_or_default(patch.paused, &mut settings.paused);
    set_list(patch.tags, &mut settings.tags);
    set(patch.metadata, &mut settings.metadata);
}

/// What a patch makes of a field that may be absent.
pub fn set<T>(given: Given<T>, field: &mut Option<T>) {
    match given {
        Given::Absent => {}
        Given::Null => *field = None,
        Given::Value(value) => *field = Some(value),
    }
}

fn set_or_default<T: Into<D>, D: Default>(given: Given<T>, field: &mut D) {
    match given {
        Given::Absent => {}
        Given::Null => *field = D::default(),
        Given::Value(value) => *field = value.into(),
    }
}

fn set_list<T: Into<D>, D>(given: Given<Vec<T>>, field: &mut Vec<D>) {
    match given {
        Given::Absent => {}
        Given::Null => field.clear(),
        Given::Value(values) => *field = values.into_iter().map(Into::into).collect(),
    }
}
